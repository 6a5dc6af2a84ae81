import { h, setText } from './dom.js'
import * as format from './format.js'

const WIDTH = 640
const HEIGHT = 120
const MOST_POINTS = 600

/** A small plot of how fast a job goes over the time that it is watched. */
export function makeSpeedPlot({ t }) {
  const canvas = h('canvas', { class: 'plot', width: WIDTH, height: HEIGHT, role: 'img', 'aria-label': t('page.speed') })
  const now = h('strong', { class: 'numbers' })
  const text = h('p', { class: 'soft small numbers' })
  const element = h('section', { class: 'card plot-card', hidden: true },
    h('div', { class: 'card-head' }, h('h2', {}, t('page.speed')), now), h('div', { class: 'card-body' }, canvas, text))
  let points = []
  let frame
  const later = () => { frame ??= requestAnimationFrame(draw) }
  addEventListener('themechange', later)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', later)

  return {
    element,
    add(speed) {
      points.push({ at: performance.now(), speed })
      // Each second one goes: the whole time stays in sight, more coarsely.
      if (points.length > MOST_POINTS) points = points.filter((_, index) => index % 2 === 0)
      if (points.length > 1) element.hidden = false
      later()
    },
    clear() {
      points = []
      element.hidden = true
    },
    close() {
      cancelAnimationFrame(frame)
      removeEventListener('themechange', later)
      matchMedia('(prefers-color-scheme: dark)').removeEventListener('change', later)
    },
  }

  function draw() {
    frame = undefined
    if (points.length < 2) return
    const speeds = points.map(({ speed }) => speed)
    const [low, high, last] = [Math.min(...speeds), Math.max(...speeds), speeds.at(-1)]
    const [begin, end] = [points[0].at, points.at(-1).at]
    const x = (at) => ((at - begin) / (end - begin || 1)) * WIDTH
    const y = (speed) => HEIGHT - 4 - (speed / (high || 1)) * (HEIGHT - 12)
    const context = canvas.getContext('2d')
    context.clearRect(0, 0, WIDTH, HEIGHT)
    context.beginPath()
    for (const { at, speed } of points) context.lineTo(x(at), y(speed))
    context.lineWidth = 2.5
    context.lineJoin = 'round'
    context.strokeStyle = getComputedStyle(now).color
    context.stroke()
    context.lineTo(WIDTH, HEIGHT)
    context.lineTo(0, HEIGHT)
    context.globalAlpha = 0.15
    context.fillStyle = context.strokeStyle
    context.fill()
    context.globalAlpha = 1
    setText(now, format.speed(last))
    const said = t('page.speed_text', { low: format.speed(low), high: format.speed(high), last: format.speed(last) })
    setText(text, said)
    canvas.setAttribute('aria-label', `${t('page.speed')}: ${said}`)
  }
}
