import { h } from './dom.js'
import { makeNumber } from './gif-controls.js'

const LEAST_CROP = 16

/** The film with its part that is taken: when it begins, how long it is, how fast, and what of the picture. */
export function makeGifFilm({ t, film, onChange }) {
  const video = h('video', { class: 'gif-video', src: film.url, controls: true, muted: true, playsinline: true, preload: 'metadata', 'aria-label': film.name })
  video.muted = true
  const box = h('div', { class: 'gif-crop', hidden: true, 'aria-hidden': 'true' })
  const area = h('div', { class: 'gif-crop-area', hidden: true, 'aria-hidden': 'true', onPointerdown: begin, onPointermove: stretch, onPointerup: end }, box)
  const start = makeNumber(t('gif.film_start'), { id: 'gif-start', value: 0, min: 0, max: 86_400, step: 0.1, onChange: seek })
  const length = makeNumber(t('gif.film_length'), { id: 'gif-length', value: 3, min: 0.1, max: 600, step: 0.1, onChange })
  const fps = makeNumber(t('gif.film_fps'), { id: 'gif-fps', value: 12, min: 1, max: 50, onChange })
  const speed = makeNumber(t('gif.film_speed'), { id: 'gif-speed', value: 1, min: 0.1, max: 20, step: 0.1, onChange })
  const number = (name, least) => makeNumber(t(`gif.crop_${name}`), { id: `gif-crop-${name}`, min: least, max: 16_384, placeholder: t('gif.auto'), onChange: typed })
  const sides = { left: number('left', 0), top: number('top', 0), width: number('width', LEAST_CROP), height: number('height', LEAST_CROP) }
  const toggle = h('input', { type: 'checkbox', class: 'switch', role: 'switch', id: 'gif-crop-on', onChange: switchCrop })
  const cropFields = h('div', { hidden: true }, h('p', { class: 'soft small' }, t('gif.film_crop_hint')), h('div', { class: 'pair' }, Object.values(sides).map(({ element }) => element)))
  let dragged
  video.addEventListener('loadedmetadata', () => {
    if (video.duration < length.read()) length.write(Math.floor(video.duration * 10) / 10)
    showBox()
  })
  return {
    stage: h('div', { class: 'gif-stage' }, h('div', { class: 'gif-film' }, video, area)),
    element: h('section', { class: 'card gif-settings' }, h('div', { class: 'gif-group' }, h('h2', {}, t('gif.film')),
      h('div', { class: 'pair' }, start.element, length.element), h('button', { type: 'button', class: 'button', onClick: here }, t('gif.film_here')),
      h('div', { class: 'pair' }, fps.element, speed.element),
      h('div', { class: 'check' }, toggle, h('label', { for: 'gif-crop-on' }, t('gif.film_crop'))), cropFields)),
    toInput,
  }

  function toInput() {
    const crop = Object.fromEntries(Object.entries(sides).map(([name, { read }]) => [name, read()]))
    const isCut = toggle.checked && Object.values(crop).every((value) => value !== undefined)
    return {
      start_seconds: start.read() ?? 0, duration_seconds: length.read() ?? 3, fps: fps.read() ?? 12, ...(speed.read() !== undefined && speed.read() !== 1 && { speed: speed.read() }),
      ...(isCut && { crop }),
    }
  }

  function here() {
    start.write(Math.round(video.currentTime * 10) / 10)
    onChange()
  }

  function seek() {
    const seconds = start.read()
    if (seconds !== undefined && Number.isFinite(video.duration)) video.currentTime = Math.min(seconds, video.duration)
    onChange()
  }

  function switchCrop() {
    area.hidden = !toggle.checked
    cropFields.hidden = !toggle.checked
    video.controls = !toggle.checked
    onChange()
  }

  /** A point of the film's own pixels. */
  function pointOf(event) {
    const { left, top, width, height } = area.getBoundingClientRect()
    const within = (value, most) => Math.max(0, Math.min(most, Math.round(value)))
    return {
      x: within(((event.clientX - left) / width) * video.videoWidth, video.videoWidth), y: within(((event.clientY - top) / height) * video.videoHeight, video.videoHeight),
    }
  }

  function begin(event) {
    dragged = pointOf(event)
    area.setPointerCapture(event.pointerId)
  }

  function stretch(event) {
    if (!dragged) return
    const { x, y } = pointOf(event)
    const [left, top] = [Math.min(x, dragged.x), Math.min(y, dragged.y)]
    const size = { width: Math.abs(x - dragged.x), height: Math.abs(y - dragged.y) }
    for (const [name, value] of Object.entries({ left, top, ...size })) sides[name].control.value = value
    showBox()
  }

  function end() {
    dragged = undefined
    onChange()
  }

  function typed() {
    showBox()
    onChange()
  }

  function showBox() {
    const crop = Object.fromEntries(Object.entries(sides).map(([name, { control }]) => [name, Number(control.value)]))
    box.hidden = !(crop.width > 0 && crop.height > 0 && video.videoWidth > 0)
    const percent = (value, whole) => `${(value / whole) * 100}%`
    box.style.left = percent(crop.left, video.videoWidth)
    box.style.top = percent(crop.top, video.videoHeight)
    box.style.width = percent(crop.width, video.videoWidth)
    box.style.height = percent(crop.height, video.videoHeight)
  }
}
