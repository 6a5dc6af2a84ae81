import { h } from '../dom.js'
import { marked } from './marked.js'

/** Deeper than this nobody looks at once. */
const OPEN_LEVELS = 3

/** The schema that a reference stands for. */
export function resolve(schema = {}, api) {
  if (!schema.$ref) return schema
  return schema.$ref.replace('#/', '').split('/').reduce((place, key) => place[key], api)
}

/** What a schema takes, field by field. */
export function schemaView(schema, api, level = 0) {
  const known = resolve(schema, api)
  const choices = known.anyOf ?? known.oneOf
  if (choices) return choicesView(choices, api, level)
  if (known.type === 'array') return h('div', { class: 'nested' }, h('span', { class: 'small soft' }, 'A list, of'), schemaView(known.items, api, level))
  const fields = Object.entries(known.properties ?? {})
  if (fields.length === 0) return h('p', { class: 'soft small' }, typeOf(known, api))
  return h('dl', { class: 'fields' }, ...fields.map(([name, field]) => fieldView(name, field, { isRequired: known.required?.includes(name), api, level })))
}

function choicesView(choices, api, level) {
  const named = choices.map((choice, index) => ({ title: titleOf(choice, api) ?? `Form ${index + 1}`, choice }))
  return h('div', { class: 'choices' }, ...named.map(({ title, choice }) => {
    const details = h('details', {}, h('summary', {}, title))
    // Most are never opened.
    details.addEventListener('toggle', () => details.childElementCount === 1 && details.append(schemaView(choice, api, level + 1)))
    return details
  }))
}

/** What tells a choice from the others: the tool that it is for. */
function titleOf(choice, api) {
  const { properties = {} } = resolve(choice, api)
  return Object.values(properties).find((field) => field.const !== undefined)?.const
}

function fieldView(name, field, { isRequired, api, level }) {
  const known = resolve(field, api)
  const inner = known.type === 'array' ? resolve(known.items, api) : known
  const hasMore = (inner.properties || inner.anyOf?.some((choice) => resolve(choice, api).properties)) && level < OPEN_LEVELS
  const facts = [
    typeOf(known, api), isRequired && 'required', known.default !== undefined && `${JSON.stringify(known.default)} unless given`,
    known.minimum > Number.MIN_SAFE_INTEGER && `at least ${known.minimum}`, known.maximum < Number.MAX_SAFE_INTEGER && `at most ${known.maximum}`,
  ].filter(Boolean)
  return [
    h('dt', {}, h('code', {}, name), h('span', { class: 'small soft' }, facts.join(', '))),
    h('dd', {}, ...marked(known.description ?? field.description), hasMore && h('details', {}, h('summary', {}, 'Fields'), schemaView(known, api, level + 1))),
  ]
}

function typeOf(known, api) {
  if (known.const !== undefined) return JSON.stringify(known.const)
  if (known.enum) return known.enum.join(' | ')
  if (known.format === 'binary') return 'bytes'
  if (known.type === 'array') return `list of ${typeOf(resolve(known.items, api), api)}`
  const choices = known.anyOf ?? known.oneOf
  if (choices) return [...new Set(choices.map((choice) => typeOf(resolve(choice, api), api)))].join(' or ')
  return known.type ?? 'anything'
}
