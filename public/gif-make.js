import { hasEnded } from './client/client/index.js'
import { fill, h, icon, setText } from './dom.js'
import * as format from './format.js'
import { sendFile } from './kept-uploads.js'

/** Sends what has not been sent, makes the job, and shows how it goes and what comes out. */
export function makeGifMaker({ t, hub, frames, toInput }) {
  const start = h('button', { type: 'button', class: 'button start', dataset: { kind: 'primary' }, onClick: make }, icon('gif'), h('span', {}, t('gif.make')))
  const cancel = h('button', { type: 'button', class: 'button', hidden: true, onClick: () => stop() }, t('gif.cancel'))
  const state = h('span', { class: 'soft small numbers', role: 'status' })
  const barFill = h('i')
  const bar = h('div', { class: 'bar', role: 'progressbar', 'aria-label': t('gif.making', { percent: '' }).trim(), 'aria-valuemin': 0, 'aria-valuemax': 100, hidden: true }, barFill)
  const element = h('div', { class: 'gif-make' }, h('div', { class: 'gif-make-row' }, start, cancel, state), bar)
  const result = h('div', { class: 'gif-result' })
  let stop = () => undefined
  return { element, result, show: () => { start.disabled = frames.isEmpty || !cancel.hidden }, close: () => stop() }

  async function make() {
    const stopped = new AbortController()
    let job
    stop = () => {
      stopped.abort()
      void job?.cancel().catch(() => undefined)
    }
    isBusy(true)
    fill(result)
    try {
      const sources = await sendAll(stopped.signal)
      job = await hub.submit('gif', { sources, ...toInput() })
      for await (const event of job.events({ signal: stopped.signal })) {
        void event
        showProgress(job.job)
        if (hasEnded(job.job.status)) break
      }
      showResult(job)
    } catch (error) {
      if (!stopped.signal.aborted) showFailure([error.detail ?? error.message, ...(error.errors ?? []).map(({ path, message }) => `${path}: ${message}`)].join('; '), error.hint)
    } finally {
      isBusy(false)
    }
  }

  function isBusy(busy) {
    start.disabled = busy || frames.isEmpty
    cancel.hidden = !busy
    bar.hidden = !busy
    setText(state, '')
    if (busy) showBar(0)
  }

  /** One behind the other; what was sent for an earlier animation is not sent again. */
  async function sendAll(signal) {
    const items = frames.film ? [frames.film] : frames.pictures
    const bytes = items.reduce((sum, { file }) => sum + file.size, 0)
    let done = 0
    for (const item of items) {
      item.source ??= (await sendFile(hub, item.name, item.file, { signal, onProgress: (sent) => showSent((done + sent) / bytes) })).source
      done += item.file.size
      showSent(done / bytes)
    }
    return items.map(({ source }) => source)
  }

  function showSent(part) {
    const percent = Math.min(100, part * 100)
    setText(state, t('gif.sending', { percent: format.percent(Math.min(99, percent)) }))
    showBar(percent)
  }

  function showProgress({ status, progress = 0 }) {
    setText(state, status === 'queued' ? t('gif.waiting') : t('gif.making', { percent: format.percent(Math.min(99, progress)) }))
    showBar(progress)
  }

  function showBar(percent) {
    barFill.style.transform = `scaleX(${percent / 100})`
    bar.setAttribute('aria-valuenow', String(Math.round(percent)))
  }

  function showResult({ id, job }) {
    const [artifact] = job.artifacts
    if (job.status !== 'completed' || !artifact) return showFailure(job.error?.message ?? t(`status.${job.status}`), job.error?.hint, id)
    const size = h('span', { class: 'soft numbers' }, format.bytes(artifact.size))
    const image = h('img', { class: 'gif-shown', src: artifact.url, alt: t('gif.result') })
    image.addEventListener('load', () => setText(size, t('gif.result_size', { width: image.naturalWidth, height: image.naturalHeight, size: format.bytes(artifact.size) })))
    fill(result, h('section', { class: 'card', 'aria-labelledby': 'gif-result-title' },
      h('div', { class: 'card-head' }, h('h2', { id: 'gif-result-title' }, t('gif.result')), size),
      h('div', { class: 'card-body gif-result-body' }, image, h('div', { class: 'gif-result-actions' },
        h('a', { class: 'button', dataset: { kind: 'primary' }, href: artifact.url, download: artifact.name }, icon('download'), t('gif.download')),
        h('a', { class: 'button', href: `#/jobs/${id}` }, t('gif.open_job'))))))
    result.scrollIntoView({ block: 'nearest' })
  }

  function showFailure(text, hint, id) {
    fill(result, h('div', { class: 'notice', dataset: { tone: 'bad' }, role: 'alert' }, icon('warning'), h('div', {}, h('strong', {}, t('gif.failed')),
      h('span', {}, text), hint && h('span', { class: 'soft' }, hint), id && h('a', { href: `#/jobs/${id}` }, t('gif.open_job')))))
  }
}
