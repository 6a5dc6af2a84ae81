import { chosenKind, chosenSource, onChosenSource } from './chosen-source.js'
import { fill, h, icon } from './dom.js'

/** A smaller one was a click, in pixels of the screen. */
const LEAST_DRAWN = 5
const EXAMPLE = '[{"x": 20, "y": 20, "width": 160, "height": 48}]'

/**
 * Rectangles, drawn on the picture of what was chosen where this browser can show it, and typed as JSON in pixels of that
 * picture, which says the same and more.
 */
export function makeRegions({ id, t }) {
  const control = h('textarea', { class: 'input mono', id, rows: 2, spellcheck: 'false', placeholder: EXAMPLE, onInput: showBoxes })
  const boxes = h('div', { class: 'region-boxes', onPointerdown: draw })
  const time = h('input', { type: 'range', class: 'region-time', min: 0, max: 1, step: 'any', value: 0, 'aria-label': t('regions.time'), onInput: seek, onChange: (event) => event.stopPropagation() })
  const hint = h('p', { class: 'soft small' }, t('regions.hint'))
  const picture = h('div', { class: 'region-picture' })
  const stage = h('div', { class: 'region-stage', hidden: true }, hint, picture, time)
  const unseen = h('p', { class: 'soft small', hidden: true }, t('regions.unseen'))
  const stop = onChosenSource(showChosen)
  let shown
  let media
  let address
  showChosen()
  return { control, body: h('div', { class: 'regions' }, stage, unseen, control), isWide: true, read, write, close }

  function read() {
    if (control.value.trim() === '') return undefined
    try {
      return JSON.parse(control.value)
    } catch {
      throw new SyntaxError(t('new.not_json'))
    }
  }

  function write(value) {
    control.value = value === undefined ? '' : JSON.stringify(value)
    showBoxes()
  }

  function close() {
    stop()
    forget()
  }

  function forget() {
    if (address) URL.revokeObjectURL(address)
    address = undefined
    media = undefined
  }

  /** A file that this browser has, or the result of an earlier job. */
  function showChosen() {
    const chosen = chosenSource()
    const from = chosen?.file ?? /^job:([\w-]+)\/(.+)$/.exec(chosen?.source ?? '')?.[0]
    if (from === shown) return
    shown = from
    forget()
    stage.hidden = true
    unseen.hidden = true
    if (from === undefined) return
    const [, job, artifact] = typeof from === 'string' ? /^job:([\w-]+)\/(.+)$/.exec(from) : []
    if (!job) address = URL.createObjectURL(from)
    const src = address ?? `/api/jobs/${job}/artifacts/${encodeURIComponent(artifact)}`
    const own = chosenKind() === 'image' ? h('img', { src, alt: '', onLoad: () => showMedia(own) }) : makeVideo(src, () => showMedia(own))
    own.addEventListener('error', () => { unseen.hidden = own !== media })
    media = own
    fill(picture, [own, boxes])
  }

  function makeVideo(src, onShown) {
    const video = h('video', { src, preload: 'auto', playsinline: true })
    video.muted = true
    video.addEventListener('loadeddata', onShown, { once: true })
    return video
  }

  function showMedia(own) {
    if (own !== media) return
    stage.hidden = false
    time.hidden = !(own.duration > 0)
    time.max = String(own.duration || 1)
    time.value = '0'
    showBoxes()
  }

  /** What is below is another moment of the film, and nothing of the form. */
  function seek(event) {
    event.stopPropagation()
    media.currentTime = Number(time.value)
  }

  /** Pixels of the picture for one of the screen. */
  function scale() {
    return (media.videoWidth ?? media.naturalWidth) / boxes.clientWidth
  }

  function draw(event) {
    // What cannot be read is not written over: its field says what is wrong with it.
    if (event.button !== 0 || event.target !== boxes || !isReadable()) return
    event.preventDefault()
    const start = placeOf(event)
    const box = h('div', { class: 'region' })
    boxes.append(box)
    boxes.setPointerCapture(event.pointerId)
    let drawn
    const move = (moved) => {
      const end = placeOf(moved)
      drawn = { x: Math.min(start.x, end.x), y: Math.min(start.y, end.y), width: Math.abs(end.x - start.x), height: Math.abs(end.y - start.y) }
      place(box, drawn)
    }
    const end = () => {
      boxes.removeEventListener('pointermove', move)
      if (drawn && drawn.width / scale() >= LEAST_DRAWN && drawn.height / scale() >= LEAST_DRAWN) change([...regions(), drawn])
      else box.remove()
    }
    boxes.addEventListener('pointermove', move)
    boxes.addEventListener('lostpointercapture', end, { once: true })
  }

  /** In whole pixels of the picture, and within it. */
  function placeOf({ clientX, clientY }) {
    const { left, top, width, height } = boxes.getBoundingClientRect()
    const within = (value, most) => Math.round(Math.min(Math.max(value, 0), most) * scale())
    return { x: within(clientX - left, width), y: within(clientY - top, height) }
  }

  function place(box, { x, y, width, height }) {
    for (const [side, value] of Object.entries({ left: x, top: y, width, height })) box.style[side] = `${((value / scale()) * 100) / (side === 'left' || side === 'width' ? boxes.clientWidth : boxes.clientHeight)}%`
  }

  function change(list) {
    control.value = list.length === 0 ? '' : JSON.stringify(list)
    control.dispatchEvent(new Event('input', { bubbles: true }))
  }

  /** Those that are said in pixels and stand still; others are not drawn. */
  function regions() {
    return isReadable() ? (read() ?? []) : []
  }

  function isReadable() {
    try {
      return Array.isArray(read() ?? [])
    } catch {
      return false
    }
  }

  function showBoxes() {
    if (stage.hidden) return
    const list = regions()
    fill(boxes, list.map((region, index) => {
      if (typeof region?.x !== 'number' || typeof region.y !== 'number') return undefined
      const label = t('regions.remove', { n: index + 1 })
      const box = h('div', { class: 'region' }, h('button', { type: 'button', 'aria-label': label, title: label, onClick: () => change(list.toSpliced(index, 1)) }, icon('close')))
      place(box, region)
      return box
    }).filter(Boolean))
  }
}
