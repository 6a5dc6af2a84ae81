import { HubProblem, mainSourceOf } from './client/client/index.js'
import { h, icon, setText } from './dom.js'
import { makeFields } from './form-fields.js'
import { presetSummary } from './field-words.js'
import { makePlannedCommands } from './planned-commands.js'
import { presetTitle } from './quick-actions.js'
import { submitJob } from './submit-job.js'
import { toast } from './toast.js'

/** So many fields stand in sight where there is no preset; the others are under "More settings". */
const FIRST_FIELDS = 4
/** Those that no preset can know. */
const OWN_FIELDS = { trim: ['start_seconds', 'end_seconds'], compose: ['voice', 'music', 'subtitles'], watermark: ['regions', 'text'] }

/** The settings of one tool, made from its schema: presets first, what it will run below. Begins with an `earlier` input. */
export function makeJobForm({ t, hub, navigate, tool, source, earlier = {} }) {
  const main = mainSourceOf(tool.input)
  const own = OWN_FIELDS[tool.name] ?? []
  const fields = makeFields(tool.input, { t, hub, tool: tool.name, without: main?.field, onChange: () => changed() })
  const general = h('p', { class: 'error', role: 'alert', hidden: true })
  const start = h('button', { class: 'button start', dataset: { kind: 'primary' } }, icon('play'), h('span', {}, t('new.start')))
  const waits = h('span', { class: 'soft small', role: 'status' })
  const command = h('pre', { class: 'pane command', tabindex: 0, 'aria-label': t('new.same_by_curl') })
  const presets = (tool.presets ?? []).map(makePreset)
  const [first, rest] = inOrder()
  const planned = makePlannedCommands({ t, hub, tool, onAnswer: showRefusals })
  const form = h('form', { class: 'new-form', novalidate: true, onSubmit: submit, onInput },
    presets.length > 0 && h('section', { 'aria-labelledby': 'presets-title' }, h('h2', { class: 'section-title', id: 'presets-title' }, t('new.presets')),
      h('div', { class: 'presets' }, presets.map(({ button }) => button))),
    h('section', { class: 'card settings' },
      first.length > 0 && [h('div', { class: 'card-head' }, h('h2', {}, t('new.settings'))), h('div', { class: 'card-body' }, fieldsOf(first))],
      rest.length > 0 && h('details', { class: 'more' }, h('summary', {}, t('new.more')), fieldsOf(rest))),
    general, h('div', { class: 'submit' }, start, waits),
    h('section', { class: 'card' }, h('div', { class: 'card-head' }, h('h2', {}, t('new.same_by_curl')),
      h('button', { type: 'button', class: 'button', onClick: copy }, icon('copy'), t('new.copy'))), h('div', { class: 'card-body' }, command)),
    planned.element)
  let isClosed = false
  let pressedInput = {}
  const stop = source.onChange(changed)
  for (const field of fields) if (field.name in earlier) field.write(earlier[field.name])
  // What it says is seen.
  form.querySelector('.settings > .more')?.toggleAttribute('open', rest.some((field) => field.name in earlier && field.read() !== undefined))
  changed()
  return {
    element: form,
    close() {
      isClosed = true
      stop()
      planned.stop()
      for (const field of fields) field.close()
    },
  }

  function inOrder() {
    const plain = fields.filter(({ isAdvanced }) => !isAdvanced)
    const shown = presets.length > 0 ? fields.filter(({ name }) => own.includes(name)) : plain.slice(0, FIRST_FIELDS)
    return [shown, [...plain, ...fields.filter(({ isAdvanced }) => isAdvanced)].filter((field) => !shown.includes(field))]
  }

  function fieldsOf(some) {
    return h('div', { class: 'fields' }, some.map(({ element }) => element))
  }

  function makePreset({ input, ...preset }) {
    const button = h('button', { type: 'button', class: 'card preset', 'aria-pressed': 'false', onClick: use },
      h('strong', {}, presetTitle(tool, preset)), h('span', { class: 'soft small' }, presetSummary(tool.name, input)), icon('check'))
    return { button }

    function use() {
      press(button, input)
      // What no preset can know stays as it was set.
      for (const field of fields) if (field.name in input || !own.includes(field.name)) field.write(input[field.name])
      changed()
    }
  }

  function press(button, input = {}) {
    pressedInput = input
    for (const each of presets) each.button.setAttribute('aria-pressed', String(each.button === button))
  }

  /** What is set by hand is no preset any more, but where it is what no preset knows. */
  function onInput({ target }) {
    const field = fields.find(({ element }) => element.contains(target))
    if (!own.includes(field?.name) || field.name in pressedInput) press(undefined)
    changed()
  }

  /** What the form says; undefined where a field cannot be read, which then says so. */
  function readInput(options) {
    const input = {}
    let isWhole = true
    for (const field of fields) {
      try {
        const value = field.read(options)
        if (value !== undefined) input[field.name] = value
      } catch (error) {
        isWhole = false
        field.showError(error.message)
      }
    }
    return isWhole ? input : undefined
  }

  function changed() {
    const input = readInput()
    // What the hub says of an earlier one does not say what is wrong with this.
    if (!input) return planned.stop()
    const text = JSON.stringify({ tool: tool.name, input: { ...source.shown(input), ...input } }).replaceAll("'", String.raw`'\''`)
    setText(command, `curl ${location.origin}/api/jobs -H 'content-type: application/json' \\\n  -d '${text}'`)
    planned.ask({ ...source.assumed(input), ...readInput({ isPlan: true }) })
  }

  async function submit(event) {
    event.preventDefault()
    clearErrors()
    const asked = readInput()
    if (!asked) return
    if (source.isMissing(asked)) return source.showError(missingText())
    start.disabled = true
    setText(waits, t('new.waits'))
    try {
      await Promise.all(fields.map((field) => field.ready()))
      const input = readInput()
      if (input) await submitJob({ hub, navigate, tool, input, isClosed: () => isClosed, ready: source.ready(input) })
    } catch (error) {
      if (isClosed) return
      const problems = error instanceof HubProblem ? error.errors : []
      showRefusals(problems.length > 0 ? problems : [{ path: '', message: [error.message, error.hint].filter(Boolean).join('. ') }])
      form.querySelector('[aria-invalid="true"]')?.focus()
    } finally {
      start.disabled = false
      setText(waits, '')
    }
  }

  function missingText() {
    return main.least === undefined ? t('new.source_missing') : t('new.sources_missing', { count: main.least })
  }

  function clearErrors() {
    for (const field of fields) field.showError(undefined)
    source.showError(undefined)
    showGeneral(undefined)
  }

  /** Each at its field, and what has none above the button. */
  function showRefusals(problems) {
    clearErrors()
    const unplaced = problems.filter(({ path, message }) => !showAtField(path, message))
    const text = unplaced.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
    showGeneral(text === '' ? undefined : text)
  }

  function showAtField(path, message) {
    const parts = path.split(/[./[\]]+/)
    const field = fields.find(({ name }) => name === parts[0])
    if (field) field.showError(message, parts.slice(1))
    else if (parts.includes(main?.field) || parts.at(-1) === 'source') source.showError(message)
    else return false
    return true
  }

  function showGeneral(text) {
    general.hidden = text === undefined
    setText(general, text ?? '')
  }

  async function copy() {
    await navigator.clipboard.writeText(command.textContent)
    toast(t('new.copied'))
  }
}
