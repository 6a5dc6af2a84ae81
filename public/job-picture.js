import { makeCellPlayer } from './cell-player.js'
import { fill, h } from './dom.js'
import { isShownFormat, makeFrameStrip } from './frame-strip.js'
import { mainPlaylist } from './job-result.js'

/**
 * What is to be seen of a job's making: cells as the game shows them, frames as a strip, and of anything else the picture
 * at which its encode stands, while it runs; but not of a stream, which is played itself.
 */
export function makeJobPicture({ t }) {
  const element = h('div', { class: 'job-picture' })
  let shown = { key: '', part: undefined }
  return {
    element,
    show(job) {
      const key = keyOf(job, shown.key)
      if (key === shown.key) return shown.part?.show?.(job)
      clear()
      shown = { key, part: key === '' ? undefined : makePart(job, key) }
      fill(element, shown.part?.element)
    },
    close: clear,
  }

  function makePart(job, key) {
    if (key.startsWith('cells')) return makeCellPlayer({ t, job })
    return key.startsWith('frames') ? makeFrameStrip({ t, job }) : makeLivePicture(job)
  }

  function makeLivePicture(job) {
    const image = h('img', { class: 'shown moving', alt: t('page.live'), onError: clear })
    image.src = `/api/jobs/${encodeURIComponent(job.id)}/preview.mjpeg?w=960`
    return {
      element: h('section', { class: 'card' }, h('div', { class: 'card-head' }, h('h2', {}, t('page.live'))), image),
      // The hub makes a moving picture for as long as somebody takes it.
      close: () => image.removeAttribute('src'),
    }
  }

  function clear() {
    shown.part?.close()
    element.replaceChildren()
  }
}

/** Which of them, of which attempt; the same as long as it stays the same. */
function keyOf(job, before) {
  const { status, phase, attempt, frame = 0, result } = job
  if (status === 'queued') return ''
  const isMade = Number(result.current_frames ?? 0) > 0
  if (isMade && result.format === 'cells') return `cells ${attempt}`
  if (isMade && isShownFormat(result.format)) return `frames ${attempt}`
  if (status !== 'running' || mainPlaylist(job)) return ''
  const live = `live ${attempt}`
  return (phase === 'running' && frame > 0) || before === live ? live : ''
}
