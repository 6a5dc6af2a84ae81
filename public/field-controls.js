import { h } from './dom.js'
import { splitWords, joinWords } from './words.js'

/** A text that may be longer than this has lines. */
const ONE_LINE = 500

/**
 * What a field of a JSON Schema is set with, by its kind: `control`, `read()` → the value, or undefined where the tool's
 * own default is meant, and `write(value)`. `read` throws a SyntaxError with a text for people.
 */
export function makePlainControl(kind, property, options) {
  return KINDS[kind](property, options)
}

const KINDS = { boolean: makeSwitch, choice: makeChoice, number: makeNumber, words: makeWords, text: makeText, json: makeJson }

/** Which of the plain ones. */
export function plainKindOf({ type, enum: values, items }) {
  if (values) return 'choice'
  if (type === 'boolean') return 'boolean'
  if (type === 'number' || type === 'integer') return 'number'
  if (type === 'array' && items?.type === 'string') return 'words'
  return type === 'string' ? 'text' : 'json'
}

function makeSwitch(property, { id }) {
  const control = h('input', { type: 'checkbox', id, class: 'switch', role: 'switch', checked: property.default === true })
  const usual = property.default ?? false
  return { control, read: () => (control.checked === usual ? undefined : control.checked), write: (value) => { control.checked = value ?? usual } }
}

function makeNumber(property, { id, t }) {
  const control = h('input', {
    class: 'input numbers', type: 'number', id, min: property.minimum, max: property.maximum, step: property.type === 'integer' ? 1 : 'any', placeholder: placeholderOf(property, t),
  })
  return { control, read: () => (control.value === '' ? undefined : Number(control.value)), write: (value) => { control.value = unusual(value, property) } }
}

function makeWords(property, { id }) {
  const control = h('input', { class: 'input mono', type: 'text', id, spellcheck: 'false', placeholder: exampleOf(property) })
  return {
    control, isWide: true, read: () => (control.value.trim() === '' ? undefined : splitWords(control.value)),
    write: (value) => { control.value = value ? joinWords(value) : '' },
  }
}

function makeText(property, { id, t }) {
  const isLong = property.maxLength >= ONE_LINE && property.format === undefined
  const common = { class: 'input', id, maxlength: property.maxLength, placeholder: placeholderOf(property, t) }
  const control = isLong ? h('textarea', { ...common, rows: 2 }) : h('input', { ...common, type: 'text' })
  return { control, isWide: isLong, read: () => (control.value === '' ? undefined : control.value), write: (value) => { control.value = unusual(value, property) } }
}

/** Anything else is typed as it travels. */
function makeJson(property, { id, t }) {
  const control = h('textarea', { class: 'input mono', id, rows: 3, spellcheck: 'false', placeholder: 'JSON' })
  return {
    control, isWide: true, isAdvanced: true,
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

/** What the placeholder does not say already. */
function unusual(value, { default: usual }) {
  return value === undefined || value === usual ? '' : value
}

function placeholderOf({ default: usual }, t) {
  return usual === undefined ? '' : t('new.default', { value: usual })
}

/** The words that a description gives as an example, as they are typed here. */
function exampleOf({ description = '' }) {
  try {
    return joinWords(JSON.parse(/such as (\[.*?\])/.exec(description)?.[1] ?? '[]'))
  } catch {
    return ''
  }
}
