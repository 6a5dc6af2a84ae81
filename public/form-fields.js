import { isSource } from './client/client/index.js'
import { h } from './dom.js'
import { makePlainControl, plainKindOf } from './field-controls.js'
import { makeRegions } from './field-regions.js'
import { makeFieldSource } from './field-source.js'
import { fieldHelp, fieldTitle } from './field-words.js'

/** So many fields of a group are in sight. */
const FIRST_IN_GROUP = 2

/**
 * The fields of a tool's JSON Schema but the one that is `without`. Each has `element`, `read()` → the value, or
 * undefined where the tool's own default is meant, and where `{ isPlan: true }` is given for what is still being typed,
 * `write(value)`, `showError(text, path)`, `ready()`, which resolves when its files have been sent, and `close()`. `read` throws a SyntaxError with a text for people. `onChange` is told
 * of what changes by itself.
 */
export function makeFields(schema, { without, path = [], ...options }) {
  return Object.entries(schema.properties).filter(([name]) => name !== without)
    .map(([name, property]) => makeField(name, property, { ...options, path: [...path, name], isRequired: schema.required?.includes(name) ?? false }))
}

function makeField(name, property, options) {
  if (property.type === 'object' && property.properties) return makeGroup(name, property, options)
  const { path, tool, isRequired } = options
  const id = `field-${path.join('-')}`
  const title = fieldTitle(tool, path)
  const made = makeControl(property, { ...options, id, title })
  const { control, body = control, isWide = false, isAdvanced = false } = made
  control.setAttribute('aria-describedby', `${id}-help ${id}-error`)
  const error = h('p', { class: 'error', id: `${id}-error`, hidden: true })
  const label = h('label', { for: id }, title)
  const element = h('div', { class: 'field', dataset: { name, ...(isWide && { wide: '' }) } },
    control.type === 'checkbox' ? h('div', { class: 'check' }, control, label) : [label, body],
    h('p', { class: 'help', id: `${id}-help` }, fieldHelp(tool, path, property)), error)
  return {
    name, element, isRequired, isAdvanced, read: made.read, write: made.write,
    ready: made.ready ?? (async () => undefined),
    close: made.close ?? (() => undefined),
    showError(text) {
      error.hidden = text === undefined
      error.textContent = text ?? ''
      control.setAttribute('aria-invalid', String(text !== undefined))
      if (text !== undefined) for (let shut = element.closest('details'); shut; shut = shut.parentElement.closest('details')) shut.setAttribute('open', '')
    },
  }
}

function makeControl(property, options) {
  if (isSource(property)) return makeFieldSource(options)
  const { items } = property
  if (items?.properties && ['x', 'y', 'width', 'height'].every((name) => name in items.properties)) return makeRegions(options)
  return makePlainControl(plainKindOf(property), property, options)
}

/** Fields that together are one. */
function makeGroup(name, property, options) {
  const { path, tool, t, isRequired } = options
  const made = makeFields(property, options)
  const fields = [...made.filter(({ isAdvanced }) => !isAdvanced), ...made.filter(({ isAdvanced }) => isAdvanced)]
  const [first, rest] = [fields.slice(0, FIRST_IN_GROUP), fields.slice(FIRST_IN_GROUP)]
  const error = h('p', { class: 'error', hidden: true })
  const list = (some) => h('div', { class: 'fields' }, some.map(({ element }) => element))
  const element = h('fieldset', { class: 'group', dataset: { name, wide: '' } }, h('legend', {}, fieldTitle(tool, path)),
    h('p', { class: 'help' }, fieldHelp(tool, path, property)), list(first),
    rest.length > 0 && h('details', { class: 'more' }, h('summary', {}, t('new.more')), list(rest)), error)
  return {
    name, element, isRequired, isAdvanced: false,
    read(options) {
      const set = fields.map((field) => [field.name, field.read(options)]).filter(([, value]) => value !== undefined)
      return set.length === 0 ? undefined : Object.fromEntries(set)
    },
    write: (value) => fields.forEach((field) => field.write(value?.[field.name])),
    ready: () => Promise.all(fields.map((field) => field.ready())),
    close: () => fields.forEach((field) => field.close()),
    showError(text, [inner, ...deeper] = []) {
      const at = fields.find((field) => field.name === inner)
      if (text === undefined) for (const field of fields) field.showError(undefined)
      at?.showError(text, deeper)
      const ownText = at ? undefined : text
      error.hidden = ownText === undefined
      error.textContent = ownText ?? ''
    },
  }
}
