import { chooseFile } from './chosen-source.js'
import { fill, h, icon } from './dom.js'
import * as format from './format.js'
import { brokenUploads, forgetUpload, isSameFile } from './kept-uploads.js'
import './broken-uploads-strings.js'
import { authorization } from './session.js'
import { toast } from './toast.js'

/**
 * Offers to go on with uploads that a reload or a closed tab broke off: all, or those that `isWanted` names. `onChosen`
 * is told when one goes on.
 */
export function makeBrokenUploads({ t, hub, isWanted = () => true, onChosen = () => undefined }) {
  const element = h('div', { class: 'broken-uploads', hidden: true })
  let turn = 0
  return { element, show, hide }

  /** The hub says what it has of each. */
  async function show() {
    const mine = ++turn
    const kept = brokenUploads().filter(({ id }) => isWanted(id))
    const known = await Promise.all(kept.map(async (one) => ({ ...one, state: await stateOf(one.id) })))
    if (mine !== turn) return
    for (const { id, state } of known) if (state === 'gone') forgetUpload(id)
    const offered = known.filter(({ state }) => typeof state === 'object')
    element.hidden = offered.length === 0
    fill(element, offered.map(offer))
  }

  function hide() {
    turn++
    element.hidden = true
  }

  async function stateOf(id) {
    const response = await fetch(`/api/uploads/${encodeURIComponent(id)}`, { headers: authorization() }).catch(() => undefined)
    if (response?.status === 404 || response?.status === 410) return 'gone'
    return response?.ok ? response.json() : undefined
  }

  function offer(kept) {
    const { id, name, size, state } = kept
    const values = { size: format.bytes(size), time: format.timeOf(state.expires_at) }
    // Its last bytes may have come when nobody listened any more: then it is only to be chosen.
    const text = 'received' in state ? t('broken.state', { share: format.percent(Math.min(99, (state.received / size) * 100)), ...values }) : t('broken.whole', values)
    const input = h('input', { type: 'file', class: 'visually-hidden', 'aria-label': t('broken.again', { name }), onChange: () => input.files[0] && take(input.files[0]) })
    const take = (file) => {
      if (!isSameFile(kept, file)) return toast(t('broken.other', { name, size: format.bytes(size) }), { tone: 'bad' })
      chooseFile(hub, file)
      onChosen()
    }
    return h('div', { class: 'held' }, h('span', { class: 'tile' }, icon('retry')),
      h('div', { class: 'held-text' }, h('strong', {}, name),
        h('span', { class: 'soft small numbers' }, text)),
      h('label', { class: 'button' }, t('broken.choose'), input),
      h('button', { type: 'button', class: 'button', dataset: { kind: 'quiet' }, 'aria-label': t('broken.forget', { name }), title: t('broken.forget', { name }), onClick: () => forget(id) }, icon('trash')))
  }

  /** The hub need not keep it either. */
  async function forget(id) {
    forgetUpload(id)
    await fetch(`/api/uploads/${encodeURIComponent(id)}`, { method: 'DELETE', headers: authorization() }).catch(() => undefined)
    await show()
  }
}
