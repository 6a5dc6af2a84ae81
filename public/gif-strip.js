import { h, icon, setText } from './dom.js'

const THUMB = 148
const MOVED = 'application/x-reeltime-frame'

/** The frames in their order: chosen by a click, moved by drag, by buttons and by Alt with an arrow key. */
export function makeGifStrip({ t, frames }) {
  const said = h('p', { class: 'visually-hidden', role: 'status' })
  const list = h('ol', { class: 'strip', role: 'list', 'aria-label': t('gif.frames'), onDragover: over, onDrop: drop })
  const cards = new Map()
  return { element: h('div', {}, list, said), show }

  function show() {
    const { pictures } = frames
    for (const [id, card] of cards) {
      if (pictures.some((picture) => picture.id === id)) continue
      card.element.remove()
      cards.delete(id)
    }
    pictures.forEach((picture, place) => {
      if (!cards.has(picture.id)) cards.set(picture.id, makeCard(picture))
      const card = cards.get(picture.id)
      if (list.children[place] !== card.element) list.insertBefore(card.element, list.children[place] ?? null)
      card.show(picture, place)
    })
  }

  function makeCard({ id, name, canvas }) {
    const number = h('span', { class: 'strip-place numbers', 'aria-hidden': 'true' })
    const delay = h('span', { class: 'strip-delay numbers' })
    const spoken = h('span', { class: 'visually-hidden' })
    // No button: from one some browsers do not drag.
    const choose = h('div', { role: 'button', tabindex: 0, class: 'strip-choose', onClick: () => frames.select(id), onKeydown: (event) => key(event, id) },
      canvas ? thumbOf(canvas) : h('span', { class: 'strip-none', title: t('gif.no_picture') }, icon('image')), spoken, number, delay)
    const tool = (picture, label, act) => h('button', { type: 'button', class: 'strip-tool', 'aria-label': label, title: label, onClick: act }, icon(picture))
    const element = h('li', { class: 'strip-card', draggable: 'true', dataset: { id: String(id) }, onDragstart: (event) => start(event, id), onDragend: () => element.classList.remove('is-dragged') },
      choose, h('div', { class: 'strip-tools' },
        tool('back', t('gif.earlier', { name }), () => step(id, -1)), h('span', { class: 'strip-name soft', title: name }, name),
        tool('close', t('gif.remove', { name }), () => remove(id)), tool('arrow', t('gif.later', { name }), () => step(id, 1))))
    return {
      element,
      show(picture, place) {
        setText(number, String(place + 1))
        setText(delay, picture.delay === undefined ? '' : `${picture.delay} ms`)
        setText(spoken, t('gif.frame', { place: place + 1, name }))
        choose.setAttribute('aria-pressed', String(frames.selected === id))
      },
      focus: () => choose.focus(),
    }
  }

  function step(id, by) {
    const place = frames.placeOf(id)
    frames.move(id, place + by)
    tellPlace(id)
  }

  function key(event, id) {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key]
    if (by === undefined && !['Delete', 'Enter', ' '].includes(event.key)) return
    event.preventDefault()
    if (event.key === 'Delete') return remove(id)
    if (by === undefined) return frames.select(id)
    if (event.altKey) {
      step(id, by)
      cards.get(id)?.focus()
      return
    }
    const next = frames.pictures[frames.placeOf(id) + by]
    if (!next) return
    frames.select(next.id)
    cards.get(next.id)?.focus()
  }

  function remove(id) {
    frames.remove(id)
    cards.get(frames.selected)?.focus()
  }

  function tellPlace(id) {
    const place = frames.placeOf(id)
    setText(said, t('gif.moved', { name: frames.pictures[place].name, place: place + 1, count: frames.pictures.length }))
  }

  function start(event, id) {
    event.dataTransfer.setData(MOVED, String(id))
    event.dataTransfer.effectAllowed = 'move'
    cards.get(id).element.classList.add('is-dragged')
  }

  function over(event) {
    if (!event.dataTransfer.types.includes(MOVED)) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'move'
  }

  /** Before the frame whose middle is not passed yet. */
  function drop(event) {
    if (!event.dataTransfer.types.includes(MOVED)) return
    event.preventDefault()
    const id = Number(event.dataTransfer.getData(MOVED))
    const target = event.target instanceof Element ? event.target.closest('.strip-card') : null
    if (!target) return frames.move(id, frames.pictures.length - 1)
    const { left, width } = target.getBoundingClientRect()
    const [from, onto] = [frames.placeOf(id), frames.placeOf(Number(target.dataset.id))]
    const before = onto + (event.clientX > left + width / 2 ? 1 : 0)
    frames.move(id, from < before ? before - 1 : before)
    tellPlace(id)
  }
}

function thumbOf(canvas) {
  const thumb = h('canvas', { class: 'strip-thumb', width: THUMB, height: THUMB, 'aria-hidden': 'true' })
  const scale = Math.max(THUMB / canvas.width, THUMB / canvas.height)
  const [width, height] = [canvas.width * scale, canvas.height * scale]
  thumb.getContext('2d').drawImage(canvas, (THUMB - width) / 2, (THUMB - height) / 2, width, height)
  return thumb
}
