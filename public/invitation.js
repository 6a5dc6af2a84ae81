import { chooseFile } from './chosen-source.js'
import { fill, h, icon } from './dom.js'
import { knownTools } from './known-tools.js'

const CARDS = [
  { tool: 'gif', href: '#/gif', picture: 'gif' },
  { tool: 'transcode', href: '#/new/transcode', picture: 'film' },
  { tool: 'audio', href: '#/new/audio', picture: 'sound' },
  { tool: 'sanjuuni', href: '#/new/sanjuuni', picture: 'cubes' },
  { tool: 'video_frame', href: '#/new/video_frame', picture: 'image' },
  { tool: 'ffmpeg', href: '#/new/ffmpeg', picture: 'text' },
]
const SHOWN = 4

/** What an empty list says: that a file can be dropped here, and what may become of it. */
export function makeInvitation({ hub, t, navigate }) {
  const file = h('input', { type: 'file', class: 'visually-hidden', onChange: choose })
  const cards = h('ul', { class: 'cards', role: 'list' })
  void knownTools(hub).then((tools) => {
    const offered = CARDS.filter(({ tool }) => tools.some(({ name }) => name === tool)).slice(0, SHOWN)
    fill(cards, offered.map((card) => makeCard(card, t)))
  }, () => undefined)
  return h('div', { class: 'invitation' },
    h('div', { class: 'drop-here' },
      h('span', { class: 'drop-picture' }, icon('drop')),
      h('h1', {}, t('invite.title')), h('p', {}, t('invite.text')),
      h('label', { class: 'button big', dataset: { kind: 'primary' } }, icon('plus'), t('invite.choose'), file)),
    cards)

  function choose() {
    if (!file.files[0]) return
    chooseFile(hub, file.files[0])
    navigate('#/new')
  }
}

function makeCard({ tool, href, picture }, t) {
  return h('li', {}, h('a', { class: 'card invite-card', href },
    h('span', { class: 'tile' }, icon(picture)), h('strong', {}, t(`invite.${tool}`)), h('span', { class: 'soft small' }, t(`invite.${tool}_text`))))
}
