import { fill, h, icon, setText } from './dom.js'

const MOST_SIDE = 720
const USUAL_SIDE = 640
const MARGIN = 0.04
const CAPTION_SIZE = 0.09

/** Plays the pictures as the animation will be, in a canvas. `settings()` is read for each frame. */
export function makeGifPreview({ t, frames, settings }) {
  const canvas = h('canvas', { class: 'gif-canvas', role: 'img', 'aria-label': t('gif.preview_of') })
  const toggle = h('button', { type: 'button', class: 'button', onClick: () => (isPlaying ? pause() : play()) })
  const counter = h('span', { class: 'soft small numbers' })
  const element = h('div', { class: 'gif-stage' }, canvas, h('div', { class: 'gif-transport' }, toggle, counter))
  let isPlaying = !matchMedia('(prefers-reduced-motion: reduce)').matches
  let step = 0
  let timer
  showToggle()
  return { element, show, close: () => clearTimeout(timer) }

  /** Goes on with what has changed; a frame that was chosen is shown while nothing plays. */
  function show() {
    if (frames.pictures.length === 0) return clearTimeout(timer)
    if (!isPlaying) step = Math.max(0, frames.placeOf(frames.selected))
    next()
  }

  function play() {
    isPlaying = true
    showToggle()
    next()
  }

  function pause() {
    isPlaying = false
    clearTimeout(timer)
    showToggle()
  }

  function showToggle() {
    fill(toggle, icon(isPlaying ? 'pause' : 'play'), h('span', {}, t(isPlaying ? 'gif.pause' : 'gif.play')))
  }

  function next() {
    clearTimeout(timer)
    const order = orderOf(frames.pictures, settings())
    if (order.length === 0) return
    const picture = order[step % order.length]
    draw(picture)
    const seconds = order.reduce((sum, { delay = settings().delay_ms }) => sum + delay, 0) / 1000
    setText(counter, t('gif.count', { count: order.length, time: Math.round(seconds * 100) / 100 }))
    if (!isPlaying) return
    timer = setTimeout(() => {
      step = (step + 1) % order.length
      next()
    }, picture.delay ?? settings().delay_ms)
  }

  function draw(picture) {
    const wanted = settings()
    const { width, height } = shownSize(frames.pictures[0], wanted)
    if (canvas.width !== width) canvas.width = width
    if (canvas.height !== height) canvas.height = height
    const context = canvas.getContext('2d')
    context.fillStyle = wanted.background
    context.fillRect(0, 0, width, height)
    if (picture.canvas) {
      const { x, y, w, h: high } = placed(picture.canvas, { width, height, fit: wanted.fit })
      context.drawImage(picture.canvas, x, y, w, high)
    }
    drawCaption(context, picture.caption || wanted.caption, { width, height, wanted })
  }
}

/** Forwards and, where it is to be so, backwards without the ends. */
export function orderOf(pictures, { ping_pong }) {
  return ping_pong ? [...pictures, ...pictures.slice(1, -1).reverse()] : pictures
}

function shownSize({ width: own = 4, height: high = 3 }, { width, height }) {
  const usual = Math.min(1, USUAL_SIDE / Math.max(own, high))
  const wide = width ?? (height === undefined ? own * usual : (own * height) / high)
  const tall = height ?? (width === undefined ? high * usual : (high * width) / own)
  const scale = Math.min(1, MOST_SIDE / Math.max(wide, tall))
  return { width: Math.max(1, Math.round(wide * scale)), height: Math.max(1, Math.round(tall * scale)) }
}

function placed(picture, { width, height, fit }) {
  if (fit === 'stretch') return { x: 0, y: 0, w: width, h: height }
  const scales = [width / picture.width, height / picture.height]
  const scale = fit === 'cover' ? Math.max(...scales) : Math.min(...scales)
  const [w, h] = [picture.width * scale, picture.height * scale]
  return { x: (width - w) / 2, y: (height - h) / 2, w, h }
}

function drawCaption(context, text, { width, height, wanted }) {
  if (!text) return
  const size = Math.max(6, Math.round(height * CAPTION_SIZE))
  context.font = `${size}px sans-serif`
  context.textAlign = 'center'
  context.textBaseline = 'top'
  context.lineJoin = 'round'
  context.lineWidth = Math.max(2, size / 6)
  context.strokeStyle = '#000000'
  context.fillStyle = wanted.caption_color
  const lines = linesOf(context, text, width * (1 - 2 * MARGIN))
  const step = size * 1.2
  const tall = step * lines.length
  const top = { top: height * MARGIN, middle: (height - tall) / 2, bottom: height - tall - height * MARGIN }[wanted.caption_position]
  lines.forEach((line, index) => {
    context.strokeText(line, width / 2, top + step * index)
    context.fillText(line, width / 2, top + step * index)
  })
}

function linesOf(context, text, most) {
  const lines = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && context.measureText(longer).width > most) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}
