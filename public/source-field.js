import { makeBrokenUploads } from './broken-uploads.js'
import { chooseAddress, chooseFile, chosenSource, clearChosen, onChosenSource } from './chosen-source.js'
import { fill, h, icon, setText } from './dom.js'
import * as format from './format.js'

/** Takes the file or the address that a job reads, and shows how far it has been sent. */
export function makeSourceField({ t, hub }) {
  const file = h('input', { type: 'file', class: 'visually-hidden', 'aria-label': t('new.drop'), onChange: () => file.files[0] && chooseFile(hub, file.files[0]) })
  const zone = h('label', { class: 'zone' }, icon('drop'), h('span', {}, t('new.drop')), file)
  const address = h('input', {
    class: 'input mono', type: 'text', inputmode: 'url', spellcheck: 'false', placeholder: t('new.link_example'), id: 'source-address',
    onInput: () => (address.value.trim() === '' ? clearChosen() : chooseAddress(address.value.trim())),
  })
  const broken = makeBrokenUploads({ t, hub })
  const empty = h('div', { class: 'field' }, zone, broken.element, h('label', { for: 'source-address', class: 'soft small' }, t('new.link')), address)
  const name = h('strong')
  const state = h('span', { class: 'soft small numbers', role: 'status' })
  const barFill = h('i')
  const bar = h('span', { class: 'bar' }, barFill)
  const picture = h('span', { class: 'tile' })
  const held = h('div', { class: 'held' }, picture, h('div', { class: 'held-text' }, name, state, bar),
    h('button', { type: 'button', class: 'button', onClick: again }, t('new.other')))
  const error = h('p', { class: 'error', role: 'alert', hidden: true })
  const element = h('section', { class: 'card', 'aria-labelledby': 'source-title' },
    h('div', { class: 'card-head' }, h('h2', { id: 'source-title' }, t('new.file'))), h('div', { class: 'card-body field' }, empty, held, error))
  const stop = onChosenSource(show)
  show()
  void broken.show()
  return { element, close: stop, showError }

  function again() {
    file.value = ''
    address.value = ''
    clearChosen()
    void broken.show()
    file.focus()
  }

  function showError(text) {
    error.hidden = text === undefined
    setText(error, text ?? '')
  }

  function show() {
    const chosen = chosenSource()
    const isFile = chosen?.kind === 'file'
    empty.hidden = isFile
    held.hidden = !isFile
    if (chosen) showError(undefined)
    if (!isFile) {
      if (chosen && document.activeElement !== address) address.value = chosen.source
      return
    }
    fill(picture, icon(pictureOf(chosen.type)))
    setText(name, chosen.name)
    setText(state, `${format.bytes(chosen.size)} · ${stateOf(chosen)}`)
    bar.hidden = chosen.isWhole
    barFill.style.transform = `scaleX(${chosen.size === 0 ? 1 : chosen.sent / chosen.size})`
    bar.dataset.status = chosen.failure ? 'failed' : 'running'
  }

  function stateOf({ source, isWhole, failure, sent, size, goesOn }) {
    if (isWhole) return t('new.uploaded')
    if (failure) return t('new.upload_failed', { detail: failure.message })
    const text = t(goesOn ? 'new.upload_goes_on' : 'new.uploading', { percent: format.percent(size === 0 ? 0 : Math.min(99, (sent / size) * 100)) })
    return source === undefined ? text : `${text} · ${t('new.need_not_wait')}`
  }
}

function pictureOf(type) {
  if (type.startsWith('image/')) return 'image'
  return type.startsWith('audio/') ? 'sound' : 'film'
}
