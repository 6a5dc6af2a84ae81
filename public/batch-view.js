import { HubProblem, hasEnded } from './client/client/index.js'
import './batch-strings.js'
import './job-strings.js'
import { fill, h, icon, setText, useStyles } from './dom.js'
import * as format from './format.js'
import { makeRow, showBar } from './job-row.js'
import { makeRowWindow } from './row-window.js'
import { toast } from './toast.js'

const TIMES_EACH_MS = 30_000

/** One batch, live: how far all of it is, each of its jobs, and what they made as one archive. */
export async function openView({ t, hub, jobs: store, params }) {
  await Promise.all([useStyles('/job-list.css'), useStyles('/job-view.css')])
  const handle = hub.batch(params.id)
  const closed = new AbortController()
  const title = h('h1', { class: 'job-title' })
  const badge = h('span', { class: 'badge' })
  const zip = h('a', { class: 'button', href: `/api/batches/${encodeURIComponent(params.id)}/zip`, download: '' }, icon('download'), t('batch.zip'))
  const cancel = button('stop', 'batch.cancel', () => handle.cancel())
  const retry = button('retry', 'batch.retry', async () => {
    await handle.retry()
    void follow()
  })
  const lost = h('div', { class: 'notice', dataset: { tone: 'bad' }, role: 'status', hidden: true }, icon('warning'), h('div', {}, t('page.lost')))
  const barFill = h('i')
  const bar = h('div', { class: 'bar', role: 'progressbar', 'aria-label': t('page.progress') }, barFill)
  const percent = h('strong', { class: 'job-percent numbers' })
  const counts = h('span', { class: 'soft numbers', role: 'status' })
  const rows = makeRowWindow({ makeRow: () => makeRow({ find: (id) => jobsById.get(id) ?? store.jobs.get(id) }), label: t('batch.items') })
  const element = h('section', { class: 'page job-page' },
    h('a', { class: 'back', href: '#/' }, icon('back'), t('page.back')),
    h('div', { class: 'job-head' }, h('span', { class: 'tile' }, icon('cubes')), h('div', { class: 'job-name' }, title, badge), h('div', { class: 'job-actions' }, zip, cancel, retry)),
    lost,
    h('section', { class: 'card progress-card' }, h('div', { class: 'card-body' }, h('div', { class: 'progress-head' }, percent, counts), bar)),
    h('div', { class: 'card' }, rows.element))
  const view = { element, title: params.id, close }
  let jobsById = new Map()
  let frame
  /** How far each is that runs, by the id of its job. */
  let running = new Map()
  const timer = setInterval(() => rows.updateAll(), TIMES_EACH_MS)
  // What a job waits for, and how fast it goes, the batch does not tell.
  const unsubscribe = store.subscribe((changed) => {
    if ([...changed].some((id) => jobsById.has(id))) later()
  })

  try {
    await handle.refresh({ signal: closed.signal })
  } catch (error) {
    close()
    if (!(error instanceof HubProblem)) throw error
    fill(element, h('div', { class: 'empty' }, icon('warning'), h('h1', {}, error.status === 404 || error.status === 410 ? t('batch.not_found') : error.detail),
      h('p', {}, error.hint ?? t('page.not_found_hint')), h('a', { class: 'button', href: '#/' }, t('page.back'))))
    return view
  }
  view.title = t('batch.title', { count: format.number(handle.batch.items.length) })
  // Rows are laid out where the element stands.
  later()
  void follow()
  return view

  function close() {
    closed.abort()
    unsubscribe()
    clearInterval(timer)
    cancelAnimationFrame(frame)
    rows.close()
  }

  /** Until all of it has ended. What is in the snapshot need not be told again. */
  async function follow() {
    const { signal } = closed
    const onConnection = (state) => { lost.hidden = state !== 'lost' }
    try {
      for await (const event of handle.events({ after: 'now', signal, onConnection })) {
        if (event.type === 'progress') running = new Map(event.data.running.map((each) => [each.job, each]))
        later()
        if (event.type === 'snapshot' && hasEnded(event.data.status)) break
      }
      lost.hidden = true
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof HubProblem)) throw error
      toast(error.detail, { tone: 'bad' })
    }
    later()
  }

  function later() {
    frame ??= requestAnimationFrame(() => {
      frame = undefined
      show()
    })
  }

  function show() {
    const { batch } = handle
    const { status, progress, items } = batch
    setText(title, t('batch.title', { count: format.number(items.length) }))
    badge.dataset.status = status
    setText(badge, t(`status.${status}`))
    zip.hidden = batch.counts.completed === 0
    cancel.hidden = hasEnded(status)
    retry.hidden = !hasEnded(status) || batch.counts.failed + batch.counts.cancelled === 0
    showBar(bar, barFill, batch)
    bar.setAttribute('aria-valuenow', String(Math.floor(progress)))
    setText(percent, format.percent(progress))
    const { completed, failed, cancelled } = batch.counts
    setText(counts, [t('batch.ended', { ended: format.number(completed + failed + cancelled), count: format.number(items.length) }), failed > 0 && t('batch.failed', { failed: format.number(failed) })].filter(Boolean).join(' · '))
    jobsById = new Map(items.map((item) => [item.job, asJob(item, batch)]))
    rows.show([...jobsById.keys()], jobsById)
    rows.updateAll()
  }

  /** As the rows of the list want it. */
  function asJob({ job: id, ...item }, { created_at }) {
    const known = store.jobs.get(id)
    return { progress: null, created_at, ...(known?.status === item.status && known), ...item, id, ...(item.status === 'running' && running.get(id)) }
  }

  function button(picture, key, onClick) {
    const made = h('button', { type: 'button', class: 'button', onClick: () => run(made, onClick) }, icon(picture), t(key))
    return made
  }

  async function run(made, action) {
    made.disabled = true
    try {
      await action()
      later()
    } catch (error) {
      toast(error.hint ? `${error.message}. ${error.hint}` : error.message, { tone: 'bad' })
    } finally {
      made.disabled = false
    }
  }
}
