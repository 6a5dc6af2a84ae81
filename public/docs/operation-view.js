import { h, icon } from '../dom.js'
import { curlOf } from './curl.js'
import { marked } from './marked.js'
import { resolve, schemaView } from './schema-view.js'

/** One route: what it takes, what it answers, and how to call it. */
export function operationView(operation, api) {
  const { operationId, method, path, summary, description, parameters = [], requestBody, responses } = operation
  const contents = Object.entries(requestBody?.content ?? {})
  return h('article', { id: operationId, class: 'card operation' },
    h('div', { class: 'card-head' },
      h('h3', {}, h('a', { href: `#${operationId}`, class: 'anchor' }, summary)),
      h('div', { class: 'route' }, h('span', { class: 'method', dataset: { method } }, method), h('code', {}, path))),
    h('div', { class: 'card-body' },
      description && h('p', { class: 'lead' }, ...marked(description)),
      parameters.length > 0 && part('Parameters', h('dl', { class: 'fields' }, ...parameters.map((parameter) => parameterView(parameter, api)))),
      ...contents.map(([type, { schema }]) => part(`Body, ${type}`, schemaView(schema, api))),
      part('Call it', callView(operation, contents)),
      part('Answers', h('dl', { class: 'answers' }, ...Object.entries(responses).map(([status, answer]) => answerView(status, answer, api))))))
}

function part(title, ...children) {
  return h('div', { class: 'part' }, h('h4', {}, title), ...children)
}

function parameterView({ name, in: place, required, description, schema }, api) {
  const { default: preset, enum: values, type } = resolve(schema, api)
  return [
    h('dt', {}, h('code', {}, name), h('span', { class: 'small soft' }, `${place}${required ? ', required' : ''}`)),
    h('dd', {}, ...marked(description), values && h('span', { class: 'soft' }, ` One of ${values.join(', ')}.`),
      preset !== undefined && h('span', { class: 'soft' }, ` ${String(preset)} unless given.`), !description && !values && h('span', { class: 'soft' }, type)),
  ]
}

/** A command for each example, one at a time. */
function callView(operation, contents) {
  const [type, content] = contents[0] ?? []
  const examples = Object.entries(content?.examples ?? { plain: { summary: 'curl', value: undefined } })
  const code = h('code', {})
  const show = (value) => (code.textContent = curlOf(operation, { type, value, origin: location.origin }))
  show(examples[0][1].value)
  const choice = examples.length > 1 && h('select', { class: 'input', 'aria-label': 'Example', onChange: ({ target }) => show(examples[target.selectedIndex][1].value) },
    ...examples.map(([name, { summary }]) => h('option', {}, `${name}: ${summary}`)))
  const copy = h('button', {
    type: 'button', class: 'button', dataset: { kind: 'quiet' }, 'aria-label': 'Copy the command',
    onClick: async () => {
      await navigator.clipboard.writeText(code.textContent)
      copy.replaceChildren(icon('check'))
      setTimeout(() => copy.replaceChildren(icon('copy')), 1500)
    },
  }, icon('copy'))
  return h('div', { class: 'call' }, choice, h('div', { class: 'command' }, h('pre', { tabindex: '0' }, code), copy))
}

function answerView(status, { description, content = {} }, api) {
  const bodies = Object.entries(content).filter(([, { schema }]) => resolve(schema, api).format !== 'binary')
  const isError = Number(status) >= 400
  const types = Object.keys(content).join(', ')
  return [
    h('dt', { dataset: { kind: isError ? 'bad' : 'good' } }, status),
    h('dd', {}, ...marked(description), !isError && types && h('span', { class: 'small soft' }, ` ${types}`),
      !isError && bodies.map(([, { schema }]) => h('details', {}, h('summary', {}, 'Fields'), schemaView(schema, api)))),
  ]
}
