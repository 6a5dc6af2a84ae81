import { HubProblem } from './client/client/index.js'
import { chooseAddress, chosenSource, clearChosen, onChosenSource } from './chosen-source.js'
import { h, icon, setText, useStyles } from './dom.js'
import { makeFields, sourceNameOf } from './form-fields.js'
import { toolIcon, toolName } from './job-row.js'
import './new-job-strings.js'
import { makeSourceField } from './source-field.js'
import { toast } from './toast.js'

/** So many fields stand in sight; the others are under "More settings". */
const FIRST_FIELDS = 4
/** Which tools come first, by what was chosen. */
const FITTING = { image: ['gif', 'transcode', 'sanjuuni', 'ffmpeg'], audio: ['audio', 'waveform', 'trim', 'ffmpeg'], video: ['transcode', 'gif', 'audio', 'trim', 'video_frame', 'sanjuuni'] }

/** Makes a job: what it reads, which tool, with which settings. */
export async function openView({ t, hub, navigate, params }) {
  await useStyles('/new-job.css')
  if (params.source) chooseAddress(params.source)
  const tools = await hub.tools()
  const tool = tools.find(({ name }) => name === params.tool)
  const source = makeSourceField({ t, hub })
  const body = tool ? makeForm({ t, hub, navigate, tool, source }) : makeToolChoice({ t, tools, isUnknown: params.tool !== undefined })
  const title = tool ? tool.title : t('new.title')
  const element = h('section', { class: 'page new-page' },
    h('div', { class: 'new-head' }, h('a', { class: 'back', href: tool ? '#/new' : '#/' }, icon('back'), t(tool ? 'new.title' : 'app.jobs')), h('h1', {}, title)),
    source.element, body.element)
  return {
    element, title,
    close() {
      source.close()
      body.close()
    },
  }
}

function makeToolChoice({ t, tools, isUnknown }) {
  const list = h('ul', { class: 'tool-cards', role: 'list' })
  const stop = onChosenSource(show)
  show()
  return { element: h('section', {}, h('h2', { class: 'tools-title' }, t(isUnknown ? 'new.no_tool' : 'new.what')), list), close: stop }

  function show() {
    const kind = (chosenSource()?.type ?? '').split('/')[0]
    const first = FITTING[kind] ?? []
    const rank = ({ name }) => (first.includes(name) ? first.indexOf(name) : first.length)
    const sorted = tools.toSorted((a, b) => rank(a) - rank(b))
    list.replaceChildren(...sorted.map(({ name, title }) => h('li', {}, h('a', { class: 'card tool-card', href: name === 'gif' ? '#/gif' : `#/new/${name}` },
      h('span', { class: 'tile' }, toolIcon(name)), h('strong', {}, toolName(name)), h('span', { class: 'soft small' }, title)))))
  }
}

function makeForm({ t, hub, navigate, tool, source }) {
  const fields = makeFields(tool.input, { t })
  const general = h('p', { class: 'error', role: 'alert', hidden: true })
  const start = h('button', { class: 'button start', dataset: { kind: 'primary' } }, icon('play'), h('span', {}, t('new.start')))
  const waits = h('span', { class: 'soft small', role: 'status' })
  const command = h('pre', { class: 'pane command', tabindex: 0, 'aria-label': t('new.same_by_curl') })
  const presets = (tool.presets ?? []).map((preset) => h('button', { type: 'button', class: 'chip', 'aria-pressed': 'false', onClick: (event) => usePreset(preset, event.currentTarget) }, preset.title))
  const plain = fields.filter(({ isAdvanced }) => !isAdvanced)
  const [first, rest] = [plain.slice(0, FIRST_FIELDS), [...plain.slice(FIRST_FIELDS), ...fields.filter(({ isAdvanced }) => isAdvanced)]]
  const elementsOf = (some) => h('div', { class: 'fields' }, some.map(({ element }) => element))
  const form = h('form', { class: 'new-form', novalidate: true, onSubmit: submit, onInput: () => showCommand() },
    h('section', { class: 'card' }, h('div', { class: 'card-head' }, h('h2', {}, t('new.settings')),
      presets.length > 0 && h('div', { class: 'chips', role: 'group', 'aria-label': t('new.presets') }, presets)),
    h('div', { class: 'card-body' }, elementsOf(first), rest.length > 0 && h('details', { class: 'more' }, h('summary', {}, t('new.more')), elementsOf(rest)))),
    general, h('div', { class: 'submit' }, start, waits),
    h('section', { class: 'card' }, h('div', { class: 'card-head' }, h('h2', {}, t('new.same_by_curl')),
      h('button', { type: 'button', class: 'button', onClick: copy }, icon('copy'), t('new.copy'))), h('div', { class: 'card-body' }, command)))
  const stop = onChosenSource(showCommand)
  let isClosed = false
  showCommand()
  return {
    element: form,
    close() {
      isClosed = true
      stop()
    },
  }

  function usePreset({ input }, chip) {
    for (const other of presets) other.setAttribute('aria-pressed', String(other === chip))
    for (const field of fields) field.write(input[field.name])
    // What a preset sets is not hidden.
    const hidden = rest.find(({ name }) => name in input)
    hidden?.element.closest('details').setAttribute('open', '')
    showCommand()
  }

  /** What the form says; undefined where a field cannot be read, which then says so. */
  function readInput() {
    const input = {}
    let isWhole = true
    for (const field of fields) {
      try {
        const value = field.read()
        if (value !== undefined) input[field.name] = value
      } catch (error) {
        isWhole = false
        field.showError(error.message)
      }
    }
    return isWhole ? input : undefined
  }

  async function submit(event) {
    event.preventDefault()
    for (const field of fields) field.showError(undefined)
    showGeneral(undefined)
    const input = readInput()
    const sourceName = sourceNameOf(tool.input)
    const chosen = chosenSource()
    if (sourceName && !chosen && !('inputs' in (input ?? {}))) return source.showError(t('new.source_missing'))
    if (!input) return
    start.disabled = true
    setText(waits, chosen && chosen.source === undefined ? t('new.waits') : '')
    try {
      const address = chosen && (await chosen.ready)
      if (isClosed) return
      const job = await hub.submit(tool.name, { ...(sourceName && address && { [sourceName]: address }), ...input })
      clearChosen()
      navigate(`#/jobs/${job.id}`)
    } catch (error) {
      if (isClosed) return
      showProblem(error)
    } finally {
      start.disabled = false
      setText(waits, '')
    }
  }

  function showProblem(error) {
    const problems = error instanceof HubProblem ? error.errors : []
    const unplaced = problems.filter(({ path, message }) => !showAtField(path, message))
    const text = problems.length === 0 ? [error.message, error.hint].filter(Boolean).join('. ') : unplaced.map(({ path, message }) => `${path}: ${message}`).join('; ')
    showGeneral(text === '' ? undefined : text)
    form.querySelector('[aria-invalid="true"]')?.focus()
  }

  function showAtField(path, message) {
    const parts = path.split(/[./[\]]+/)
    if (parts.includes(sourceNameOf(tool.input))) {
      source.showError(message)
      return true
    }
    const field = fields.find(({ name }) => parts.includes(name))
    field?.showError(message)
    return field !== undefined
  }

  function showGeneral(text) {
    general.hidden = text === undefined
    setText(general, text ?? '')
  }

  function showCommand() {
    const sourceName = sourceNameOf(tool.input)
    let input = {}
    try {
      input = Object.fromEntries(fields.map((field) => [field.name, field.read()]).filter(([, value]) => value !== undefined))
    } catch {
      return
    }
    const whole = { ...(sourceName && { [sourceName]: chosenSource()?.source ?? 'upload:…' }), ...input }
    const text = JSON.stringify({ tool: tool.name, input: whole }).replaceAll("'", String.raw`'\''`)
    setText(command, `curl ${location.origin}/api/jobs -H 'content-type: application/json' \\\n  -d '${text}'`)
  }

  async function copy() {
    await navigator.clipboard.writeText(command.textContent)
    toast(t('new.copied'))
  }
}
