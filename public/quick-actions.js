import { chosenKind, chosenSource, onChosenSource } from './chosen-source.js'
import { fill, h, icon, setText } from './dom.js'
import { toolIcon, toolName, toolTitle } from './job-row.js'
import { hasString, t } from './language.js'
import { submitJob } from './submit-job.js'
import { toast } from './toast.js'

/** What people mostly want of each kind of file, the likeliest first: a tool, and which of its presets. */
const WANTED = {
  video: ['transcode 480p-copy', 'transcode chat-8-mb', 'audio mp3', 'gif', 'trim', 'sanjuuni'],
  audio: ['audio mp3', 'audio podcast', 'waveform player', 'audio small-opus', 'trim', 'audio lossless'],
  image: ['gif', 'sanjuuni', 'ffmpeg'],
}

/** Big buttons for what has been chosen: each makes a job at once, or opens the tool where something has to be said first. */
export function makeQuickActions({ hub, navigate, tools }) {
  const list = h('ul', { class: 'quick-list', role: 'list' })
  const waits = h('p', { class: 'soft small', role: 'status' })
  const element = h('section', { class: 'quick', 'aria-labelledby': 'quick-title' }, h('h2', { id: 'quick-title' }, t('new.what')), list, waits)
  let shown
  let isClosed = false
  const stop = onChosenSource(show)
  show()
  return {
    element,
    close() {
      isClosed = true
      stop()
    },
  }

  function show() {
    const kind = chosenSource() && chosenKind()
    element.hidden = kind === undefined
    if (kind === shown || kind === undefined) return
    shown = kind
    fill(list, WANTED[kind].flatMap((wanted) => {
      const [name, presetName] = wanted.split(' ')
      const tool = tools.find((one) => one.name === name)
      if (!tool) return []
      const preset = tool.presets?.find((one) => one.name === presetName)
      return [h('li', {}, preset ? startButton(tool, preset) : toolLink(tool))]
    }))
  }

  function startButton(tool, preset) {
    return h('button', { type: 'button', class: 'card quick-action', onClick: (event) => start(event.currentTarget, tool, preset) },
      ...contents(tool, presetTitle(tool, preset), toolName(tool.name), 'play'))
  }

  function toolLink(tool) {
    const title = hasString(`invite.${tool.name}`) ? t(`invite.${tool.name}`) : hasString(`quick.${tool.name}`) ? t(`quick.${tool.name}`) : toolTitle(tool)
    return h('a', { class: 'card quick-action', href: tool.name === 'gif' ? '#/gif' : `#/new/${tool.name}` }, ...contents(tool, title, toolName(tool.name), 'arrow'))
  }

  async function start(button, tool, preset) {
    const buttons = list.querySelectorAll('button')
    for (const each of buttons) each.disabled = true
    button.dataset.busy = ''
    setText(waits, chosenSource()?.source === undefined ? t('new.waits') : t('new.starting'))
    try {
      await submitJob({ hub, navigate, tool, input: preset.input, isClosed: () => isClosed })
    } catch (error) {
      if (!isClosed) toast([error.message, error.hint].filter(Boolean).join('. '), { tone: 'bad' })
    } finally {
      for (const each of buttons) each.disabled = false
      delete button.dataset.busy
      setText(waits, '')
    }
  }
}

/** Its own words where the page has some, else those of the hub. */
export function presetTitle({ name }, preset) {
  const key = `preset.${name}.${preset.name}`
  return hasString(key) ? t(key) : preset.title
}

function contents({ name }, title, about, sign) {
  return [h('span', { class: 'tile' }, toolIcon(name)), h('span', { class: 'quick-text' }, h('strong', {}, title), h('span', { class: 'soft small' }, about)), icon(sign)]
}
