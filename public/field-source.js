import { isWholeSource } from './chosen-source.js'
import { h, icon, setText } from './dom.js'
import * as format from './format.js'
import { sendFile } from './kept-uploads.js'

/** Takes a file, which is sent at once, or the address of one, for a field beside what the job mainly reads. */
export function makeFieldSource({ id, t, hub, title, onChange }) {
  const control = h('input', { class: 'input mono', type: 'text', id, inputmode: 'url', spellcheck: 'false', placeholder: t('new.link_example') })
  const file = h('input', { type: 'file', class: 'visually-hidden', 'aria-label': t('new.choose_file_for', { field: title }), onChange: () => file.files[0] && take(file.files[0]) })
  const asked = h('div', { class: 'add-link' }, control, h('label', { class: 'button', title: t('new.choose_file') }, icon('drop'), file))
  const name = h('strong')
  const state = h('span', { class: 'soft small numbers', role: 'status' })
  const drop = h('button', { type: 'button', class: 'button', dataset: { kind: 'quiet' }, onClick: leaveOut }, icon('close'))
  const held = h('div', { class: 'held', hidden: true }, h('div', { class: 'held-text' }, name, state), drop)
  const body = h('div', { class: 'field-source', onDragover: (event) => event.preventDefault(), onDrop }, asked, held)
  let entry
  return {
    control, body,
    read,
    /** What somebody has chosen stays where nothing else is meant. */
    write(value) {
      if (value === undefined) return
      leaveOut()
      control.value = value
    },
    ready: async () => void (await entry?.whole),
    close: leaveOut,
  }

  /** Nothing is said of an address while it is being typed. */
  function read({ isPlan = false } = {}) {
    const typed = control.value.trim()
    if (entry) return entry.source
    return typed === '' || (isPlan && !isWholeSource(typed)) ? undefined : typed
  }

  function onDrop(event) {
    const [dropped] = event.dataTransfer.files
    if (!dropped) return
    event.preventDefault()
    take(dropped)
  }

  function take(chosen) {
    leaveOut()
    const stop = new AbortController()
    const own = { name: chosen.name, size: chosen.size, sent: 0, isWhole: false, stop }
    entry = own
    own.whole = sendFile(hub, chosen.name, chosen, {
      signal: stop.signal,
      onStarted: ({ source }) => change(own, { source }),
      onProgress: (sent) => change(own, { sent }),
    }).then(({ source }) => change(own, { source, isWhole: true }), (failure) => {
      change(own, { failure })
      throw failure
    })
    // Whoever submits hears of it.
    own.whole.catch(() => undefined)
    show()
  }

  function leaveOut() {
    if (entry && !entry.isWhole) entry.stop.abort()
    entry = undefined
    file.value = ''
    show()
  }

  function change(own, values) {
    const isNews = values.source !== own.source && 'source' in values
    Object.assign(own, values)
    if (entry !== own) return
    show()
    if (isNews) onChange()
  }

  function show() {
    asked.hidden = entry !== undefined
    held.hidden = entry === undefined
    if (!entry) return
    setText(name, entry.name)
    setText(state, `${format.bytes(entry.size)} · ${stateOf(entry)}`)
    drop.setAttribute('aria-label', t('new.without', { name: entry.name }))
    drop.title = t('new.without', { name: entry.name })
  }

  function stateOf({ failure, isWhole, sent, size }) {
    if (failure) return t('new.upload_failed', { detail: failure.message })
    return isWhole ? t('new.uploaded') : t('new.uploading', { percent: format.percent(size === 0 ? 0 : Math.min(99, (sent / size) * 100)) })
  }
}
