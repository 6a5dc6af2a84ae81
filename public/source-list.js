import { chosenKind, chosenSource, kindOf, onChosenSource } from './chosen-source.js'
import { fill, h, icon } from './dom.js'
import * as format from './format.js'
import { sendFile } from './kept-uploads.js'

/** Takes the files and addresses that a job reads, in an order that can be changed; each file is sent at once. */
export function makeSourceList({ t, hub, addresses = [] }) {
  const file = h('input', { type: 'file', multiple: true, class: 'visually-hidden', 'aria-label': t('new.drop_several'), onChange: () => {
    addFiles(file.files)
    file.value = ''
  } })
  const zone = h('label', { class: 'zone', onDragover: (event) => event.preventDefault(), onDrop }, icon('drop'), h('span', {}, t('new.drop_several')), file)
  const address = h('input', { class: 'input mono', type: 'text', inputmode: 'url', spellcheck: 'false', placeholder: t('new.link_example'), id: 'source-address', onKeydown: onEnter })
  const list = h('ol', { class: 'source-list', role: 'list' })
  const error = h('p', { class: 'error', role: 'alert', hidden: true })
  const element = h('section', { class: 'card', 'aria-labelledby': 'source-title' },
    h('div', { class: 'card-head' }, h('h2', { id: 'source-title' }, t('new.files'))),
    h('div', { class: 'card-body field' }, list, zone, h('label', { for: 'source-address', class: 'soft small' }, t('new.link')),
      h('div', { class: 'add-link' }, address, h('button', { type: 'button', class: 'button', onClick: addAddress }, icon('plus'), t('new.add'))), error))
  const entries = []
  const listeners = new Set()
  const added = new WeakSet()
  const stop = onChosenSource(addChosen)
  for (const source of addresses) addSource(source)
  // What was chosen for something else is not meant where there are some.
  if (addresses.length === 0) addChosen()
  else if (chosenSource()) added.add(chosenSource())
  return {
    element, entries,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    showError(text) {
      error.hidden = text === undefined
      error.textContent = text ?? ''
    },
    /** What has not been sent by then is not needed. */
    close() {
      stop()
      for (const { source, stop } of entries) if (source === undefined) stop?.abort()
    },
  }

  function onDrop(event) {
    if (event.dataTransfer.files.length === 0) return
    event.preventDefault()
    addFiles(event.dataTransfer.files)
  }

  function onEnter(event) {
    if (event.key !== 'Enter') return
    event.preventDefault()
    addAddress()
  }

  function addAddress() {
    const source = address.value.trim()
    if (source === '') return
    address.value = ''
    addSource(source)
  }

  function addSource(source) {
    add({ name: source, source, kind: kindOf({ name: source }), ready: Promise.resolve(source) })
  }

  /** What was chosen before the tool was is the first; what is dropped elsewhere on the page comes behind the others. */
  function addChosen() {
    const chosen = chosenSource()
    if (!chosen || added.has(chosen)) return
    added.add(chosen)
    const entry = { name: chosen.name ?? chosen.source, size: chosen.size, kind: chosenKind(), source: chosen.isWhole ? chosen.source : undefined, ready: chosen.whole }
    settle(entry)
    add(entry)
  }

  function addFiles(files) {
    for (const one of files) {
      const stop = new AbortController()
      const entry = { name: one.name, size: one.size, sent: 0, kind: kindOf(one), stop }
      const onProgress = (sent) => {
        entry.sent = sent
        show()
      }
      entry.ready = sendFile(hub, one.name, one, { signal: stop.signal, onProgress }).then(({ source }) => source)
      settle(entry)
      add(entry)
    }
  }

  function settle(entry) {
    entry.ready.then((source) => {
      entry.source = source
      changed()
    }, (failure) => {
      entry.failure = failure
      changed()
    })
  }

  function add(entry) {
    entries.push(entry)
    changed()
  }

  function move(index, by) {
    entries.splice(index + by, 0, ...entries.splice(index, 1))
    changed()
    list.children[index + by]?.querySelector('button:not(:disabled)')?.focus()
  }

  function remove(index) {
    const [entry] = entries.splice(index, 1)
    if (entry.source === undefined) entry.stop?.abort()
    changed()
  }

  function changed() {
    show()
    for (const listener of listeners) listener()
  }

  function show() {
    fill(list, entries.map((entry, index) => h('li', { class: 'held' },
      h('span', { class: 'tile numbers' }, String(index + 1)),
      h('div', { class: 'held-text' }, h('strong', {}, entry.name), h('span', { class: 'soft small numbers' }, stateOf(entry))),
      quiet('up', t('new.up', { name: entry.name }), () => move(index, -1), index === 0),
      quiet('down', t('new.down', { name: entry.name }), () => move(index, 1), index === entries.length - 1),
      quiet('close', t('new.remove', { name: entry.name }), () => remove(index), false))))
  }

  function quiet(picture, label, onClick, isDisabled) {
    return h('button', { type: 'button', class: 'button', dataset: { kind: 'quiet' }, 'aria-label': label, title: label, disabled: isDisabled, onClick }, icon(picture))
  }

  function stateOf({ size, sent, source, failure }) {
    if (failure) return t('new.upload_failed', { detail: failure.message })
    if (size === undefined) return ''
    if (source !== undefined) return `${format.bytes(size)} · ${t('new.uploaded')}`
    return `${format.bytes(size)} · ${t('new.uploading', { percent: format.percent(size === 0 ? 0 : Math.min(99, ((sent ?? 0) / size) * 100)) })}`
  }
}
