import { h, icon } from '../dom.js'
import { marked } from './marked.js'
import { operationView } from './operation-view.js'

/** The reference of the API, drawn from the document that the hub tells of itself. */
const api = await (await fetch('/openapi.json')).json()
const operations = Object.entries(api.paths).flatMap(([path, methods]) => (
  Object.entries(methods).map(([method, operation]) => ({ method, path, ...operation }))
))
const groups = api.tags.map((tag) => ({ ...tag, operations: operations.filter(({ tags }) => tags.includes(tag.name)) }))
const search = h('input', { class: 'input', type: 'search', placeholder: 'Search', 'aria-label': 'Search the routes', onInput: narrow })
const links = new Map(operations.map((operation) => [operation.operationId, linkTo(operation)]))
const sections = groups.map((group) => h('section', { 'aria-labelledby': `tag-${group.name}` },
  h('h2', { id: `tag-${group.name}`, class: 'tag' }, group.name), h('p', { class: 'soft' }, ...marked(group.description)),
  ...group.operations.map((operation) => operationView(operation, api))))

document.body.append(
  h('header', { class: 'top' },
    h('a', { class: 'skip', href: '#main' }, 'Skip to the content'),
    h('a', { class: 'brand', href: '/', 'aria-label': 'reeltime' }, h('img', { src: '/favicon.svg', alt: '', width: 26, height: 26 }), h('span', {}, 'reeltime')),
    h('nav', { 'aria-label': 'Main' }, h('a', { href: '/' }, 'Jobs'), h('a', { href: '/docs', 'aria-current': 'page' }, 'API')),
    h('div', { class: 'top-end' },
      h('a', { class: 'button wide', href: '/openapi.json', download: 'openapi.json' }, icon('download'), 'OpenAPI'),
      h('a', { class: 'button wide', href: '/asyncapi.json', download: 'asyncapi.json' }, icon('download'), 'AsyncAPI'))),
  h('div', { class: 'reference' },
    h('nav', { class: 'routes', 'aria-label': 'Routes' }, h('div', { class: 'search' }, icon('search'), search),
      ...groups.map((group) => h('div', { class: 'routes-group' }, h('div', { class: 'routes-tag' }, group.name), ...group.operations.map(({ operationId }) => links.get(operationId))))),
    h('main', { id: 'main', tabindex: '-1' },
      h('h1', {}, `${api.info.title} ${api.info.version}`), h('p', { class: 'soft lead' }, api.info.summary, '. ', api.info.description), ...sections)),
)
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView()

function linkTo({ operationId, method, path, summary }) {
  return h('a', { href: `#${operationId}`, title: path }, h('span', { class: 'method', dataset: { method } }, method), h('span', {}, summary))
}

/** Leaves the links in which all words are found. */
function narrow() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
  for (const { operationId, path, method, summary, tags } of operations) {
    const text = `${method} ${path} ${summary} ${tags.join(' ')}`.toLowerCase()
    links.get(operationId).hidden = !words.every((word) => text.includes(word))
  }
  for (const group of document.querySelectorAll('.routes-group')) group.hidden = [...group.querySelectorAll('a')].every(({ hidden }) => hidden)
}
