import { fill, h, icon, setText } from './dom.js'
import * as format from './format.js'
import './job-stream-strings.js'
import { mainPlaylist, PLAYLIST } from './job-result.js'
import { toast } from './toast.js'

/** Apple's own player does more of HLS than this page, and is there where this is. */
const HAS_OWN_PLAYER = 'ManagedMediaSource' in globalThis || !('MediaSource' in globalThis)

/** A film in pieces: one player from its first piece on, which the end of its job does not break off. */
export function makeJobStream({ t }) {
  const place = h('div')
  const made = h('span', { class: 'soft small numbers stream-made', role: 'status' })
  const notice = h('p', { class: 'soft small', role: 'status', hidden: true })
  const name = h('strong')
  const about = h('span', { class: 'soft small numbers' })
  const element = h('section', { class: 'card', hidden: true, 'aria-label': t('stream.title') },
    h('div', { class: 'card-head' }, h('h2', {}, t('stream.title')), made),
    h('div', { class: 'card-body' }, h('div', { class: 'artifact' }, place, notice, h('div', { class: 'artifact-foot' },
      h('span', { class: 'tile' }, icon('film')), h('div', { class: 'artifact-name' }, name, about),
      h('button', { type: 'button', class: 'button', onClick: copy }, icon('copy'), t('stream.copy'))))))
  let shown = ''
  let sizes = ''
  let address
  let player
  return { element, show, close }

  function show(job) {
    const playlist = job.status === 'running' || job.status === 'completed' ? mainPlaylist(job) : undefined
    const wanted = playlist ? `${job.id} ${job.attempt}` : ''
    if (wanted !== shown) {
      shown = wanted
      open(playlist)
    }
    if (!playlist) return
    const { renditions = [] } = job.result ?? {}
    setText(about, renditions.map(({ width, height }) => `${width} × ${height}`).join(', '))
    // Playlists grow while they are made, and once more when they end.
    const all = job.artifacts.filter(({ content_type: type }) => type === playlist.content_type).map(({ size }) => size).join()
    if (all !== sizes) player?.update()
    sizes = all
  }

  function open(playlist) {
    close()
    element.hidden = !playlist
    fill(place)
    setText(made, '')
    say()
    if (!playlist) return
    address = new URL(playlist.url, location.href).href
    setText(name, playlist.name)
    const video = h('video', { class: 'shown', controls: true, preload: 'metadata', playsinline: true, 'aria-label': playlist.name })
    fill(place, video)
    if (HAS_OWN_PLAYER) return playItself(video)
    const isOpen = shown
    void import('./hls-player.js').then(({ playHls }) => {
      if (isOpen === shown) player = playHls(video, address, { onState: (state) => onState(state, video) })
    }, () => say(t('stream.broken', { detail: '' })))
  }

  function onState({ type, reason, detail = '', seconds, isWhole }, video) {
    if (type === 'failed' && reason === 'pieces' && video.canPlayType(PLAYLIST) !== '') return playItself(video)
    if (type === 'going') setText(made, isWhole ? format.clock(seconds) : t('stream.so_far', { time: format.clock(seconds) }))
    if (type === 'failed') fill(place)
    say(type === 'going' ? undefined : type === 'waiting' ? t('stream.waiting') : t(`stream.${reason}`, { detail }))
  }

  function playItself(video) {
    video.addEventListener('error', () => {
      fill(place)
      say(t('stream.codec'))
    }, { once: true })
    video.src = address
  }

  function say(text) {
    notice.hidden = text === undefined
    setText(notice, text ?? '')
  }

  async function copy() {
    await navigator.clipboard.writeText(address)
    toast(t('page.copied'))
  }

  function close() {
    player?.close()
    player = undefined
    sizes = ''
  }
}
