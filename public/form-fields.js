import { h } from './dom.js'
import { splitWords, joinWords } from './words.js'

/** Names that say what a job reads; they are chosen as a file or an address, not typed into the form. */
const SOURCE_NAMES = ['source', 'input_url', 'sources']

export function sourceNameOf(schema) {
  return SOURCE_NAMES.find((name) => name in schema.properties)
}

/**
 * The fields of a tool's JSON Schema. Each has `element`, `read()` → the value, or undefined where the tool's own
 * default is meant, `write(value)` and `showError(text)`. `read` throws a SyntaxError with a text for people.
 */
export function makeFields(schema, { t }) {
  const source = sourceNameOf(schema)
  return Object.entries(schema.properties).filter(([name]) => name !== source)
    .map(([name, property]) => makeField(name, property, { t, isRequired: schema.required?.includes(name) ?? false }))
}

function makeField(name, property, { t, isRequired }) {
  const id = `field-${name}`
  const errorId = `${id}-error`
  const helpId = `${id}-help`
  const { control, read, write, isWide } = makeControl(property, { id, t, isRequired })
  control.setAttribute('aria-describedby', `${helpId} ${errorId}`)
  const error = h('p', { class: 'error', id: errorId, hidden: true })
  const label = h('label', { for: id }, titleOf(name))
  const element = h('div', { class: 'field', dataset: { name, ...(isWide && { wide: '' }) } },
    control.type === 'checkbox' ? h('div', { class: 'check' }, control, label) : [label, control],
    h('p', { class: 'help', id: helpId }, property.description ?? ''), error)
  return {
    name, element, read, write, isRequired,
    isAdvanced: isWide && control.tagName === 'TEXTAREA',
    showError(text) {
      error.hidden = text === undefined
      error.textContent = text ?? ''
      control.setAttribute('aria-invalid', String(text !== undefined))
      if (text !== undefined) element.closest('details')?.setAttribute('open', '')
    },
  }
}

function makeControl(property, { id, t, isRequired }) {
  const kind = kindOf(property)
  if (kind === 'choice') return makeChoice(property, { id, t, isRequired })
  if (kind === 'boolean') {
    const control = h('input', { type: 'checkbox', id, class: 'switch', role: 'switch', checked: property.default === true })
    const usual = property.default ?? false
    return { control, read: () => (control.checked === usual ? undefined : control.checked), write: (value) => { control.checked = value ?? usual } }
  }
  if (kind === 'number') {
    const control = h('input', {
      class: 'input numbers', type: 'number', id, min: property.minimum, max: property.maximum, step: property.type === 'integer' ? 1 : 'any',
      placeholder: property.default === undefined ? '' : t('new.default', { value: property.default }),
    })
    return { control, read: () => (control.value === '' ? undefined : Number(control.value)), write: (value) => { control.value = value ?? '' } }
  }
  if (kind === 'words') {
    const control = h('input', { class: 'input mono', type: 'text', id, spellcheck: 'false', placeholder: exampleOf(property) })
    return {
      control, isWide: true, read: () => (control.value.trim() === '' ? undefined : splitWords(control.value)),
      write: (value) => { control.value = value ? joinWords(value) : '' },
    }
  }
  if (kind === 'text') {
    const control = h('input', {
      class: 'input', type: 'text', id, maxlength: property.maxLength, placeholder: property.default === undefined ? '' : t('new.default', { value: property.default }),
    })
    return { control, read: () => (control.value === '' ? undefined : control.value), write: (value) => { control.value = value ?? '' } }
  }
  return makeJson({ id, t })
}

/** The words that a description gives as an example, as they are typed here. */
function exampleOf({ description = '' }) {
  try {
    return joinWords(JSON.parse(/such as (\[.*?\])/.exec(description)?.[1] ?? '[]'))
  } catch {
    return ''
  }
}

/** Anything else is typed as it travels. */
function makeJson({ id, t }) {
  const control = h('textarea', { class: 'input mono', id, rows: 3, spellcheck: 'false', placeholder: 'JSON' })
  return {
    control, isWide: true,
    read() {
      if (control.value.trim() === '') return undefined
      try {
        return JSON.parse(control.value)
      } catch {
        throw new SyntaxError(t('new.not_json'))
      }
    },
    write: (value) => { control.value = value === undefined ? '' : JSON.stringify(value, null, 2) },
  }
}

function makeChoice({ enum: values, default: usual }, { id, t, isRequired }) {
  const none = usual === undefined && !isRequired ? [h('option', { value: '' }, t('new.unset'))] : []
  const control = h('select', { class: 'input', id }, none, values.map((value) => h('option', { value, selected: value === usual }, String(value))))
  return {
    control,
    read: () => (control.value === '' || control.value === String(usual) ? undefined : values.find((value) => String(value) === control.value)),
    write: (value) => { control.value = value ?? usual ?? '' },
  }
}

function kindOf({ type, enum: values, items }) {
  if (values) return 'choice'
  if (type === 'boolean') return 'boolean'
  if (type === 'number' || type === 'integer') return 'number'
  if (type === 'array' && items?.type === 'string') return 'words'
  return type === 'string' ? 'text' : 'json'
}

function titleOf(name) {
  const words = name.replaceAll('_', ' ')
  return words[0].toUpperCase() + words.slice(1)
}
