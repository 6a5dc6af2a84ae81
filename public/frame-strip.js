import { h } from './dom.js'
import * as format from './format.js'

/** So many are shown of however many there are. */
const MOST_SHOWN = 60
/** Names that a browser shows. */
const SHOWN_FORMATS = ['png', 'jpeg', 'webp']

/** The frames of a job as a strip that grows while they come, evenly spread over the film. */
export function makeFrameStrip({ t, job: first }) {
  const strip = h('ul', { class: 'frame-strip', role: 'list', tabindex: 0, 'aria-label': t('page.frames') })
  const element = h('section', { class: 'card', 'aria-labelledby': 'strip-title' }, h('div', { class: 'card-head' }, h('h2', { id: 'strip-title' }, t('page.frames'))), strip)
  const shown = new Set()
  show(first)
  return { element, show, close() {} }

  function show(job) {
    const { current_frames: made = 0, total_frames: total = 0, fps } = job.result
    const step = Math.max(1, Math.ceil(total / MOST_SHOWN))
    for (let number = 1; number <= made; number += step) if (!shown.has(number)) add(job, number, fps)
  }

  function add({ id, result }, number, fps) {
    shown.add(number)
    const url = `/frames/${encodeURIComponent(id)}/${number}.${result.format}`
    const text = t('page.frame_number', { frame: format.number(number) })
    strip.append(h('li', {}, h('a', { href: url, target: '_blank', rel: 'noopener', 'aria-label': text },
      h('img', { src: url, alt: '', width: result.width, height: result.height, loading: 'lazy', decoding: 'async' })),
    h('span', { class: 'soft small numbers', 'aria-hidden': 'true' }, format.clock((number - 1) / (Number(fps) || 1)))))
  }
}

export function isShownFormat(name) {
  return SHOWN_FORMATS.includes(name)
}
