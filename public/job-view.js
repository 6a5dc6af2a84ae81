import { makeBrokenUploads } from './broken-uploads.js'
import { handOverChosen } from './chosen-source.js'
import { HubProblem, hasEnded } from './client/client/index.js'
import { fill, h, icon, setText, useStyles } from './dom.js'
import * as format from './format.js'
import { makeJobActions } from './job-actions.js'
import { makeJobNeeds } from './job-needs.js'
import { makeJobPicture } from './job-picture.js'
import { showArtifacts } from './job-result.js'
import { liveFigures, nameOf, shownPercent, showBar, toolIcon, toolName, waitsFor } from './job-row.js'
import { makeJobStream } from './job-stream.js'
import './job-strings.js'
import { makeLogPane } from './log-pane.js'
import { makeSpeedPlot } from './speed-plot.js'

const TICK_MS = 1000

/** One job, live: how it goes, what it says, what it makes. */
export async function openView({ t, hub, jobs, navigate, params }) {
  await useStyles('/job-view.css')
  const handle = hub.job(params.id)
  const closed = new AbortController()
  const tile = h('span', { class: 'tile' })
  const title = h('h1', { class: 'job-title' })
  const badge = h('span', { class: 'badge' })
  const actions = makeJobActions({ t, handle, navigate })
  const lost = h('div', { class: 'notice', dataset: { tone: 'bad' }, role: 'status', hidden: true }, icon('warning'), h('div', {}, t('page.lost')))
  const broken = makeBrokenUploads({ t, hub, isWanted: (id) => JSON.stringify(handle.job.input).includes(`upload:${id}`), onChosen: () => {
    handOverChosen()
    setAwaited(false)
  } })
  const awaited = h('section', { class: 'card', hidden: true }, h('div', { class: 'card-body field' }, h('p', {}, t('broken.on_job')), broken.element))
  const barFill = h('i')
  const bar = h('div', { class: 'bar', role: 'progressbar', 'aria-label': t('page.progress') }, barFill)
  const percent = h('strong', { class: 'job-percent numbers' })
  const phase = h('span', { class: 'soft' })
  const figures = h('span', { class: 'job-figures numbers' })
  const progress = h('section', { class: 'card progress-card' },
    h('div', { class: 'card-body' }, h('div', { class: 'progress-head' }, percent, phase, figures), bar))
  const needs = makeJobNeeds({ t, hub, jobs })
  const failure = h('div')
  const picture = makeJobPicture({ t })
  const stream = makeJobStream({ t })
  const result = h('div')
  const details = h('dl', { class: 'details' })
  const asked = h('pre', { class: 'pane asked', tabindex: 0, 'aria-label': t('page.asked') })
  const commands = h('ol', { class: 'ran', role: 'list' })
  const commandsPart = h('div', { hidden: true }, h('h3', { class: 'asked-title' }, t('page.ran_commands')), commands)
  const plot = makeSpeedPlot({ t })
  const log = makeLogPane({ t })
  const aside = h('aside', { class: 'job-aside', 'aria-label': t('page.details') }, plot.element,
    h('section', { class: 'card' }, h('div', { class: 'card-head' }, h('h2', {}, t('page.details'))),
      h('div', { class: 'card-body' }, details, h('h3', { class: 'asked-title' }, t('page.asked')), asked, commandsPart)))
  const element = h('section', { class: 'page job-page' },
    h('a', { class: 'back', href: '#/' }, icon('back'), t('page.back')),
    h('div', { class: 'job-head' }, tile, h('div', { class: 'job-name' }, title, badge), actions.element),
    lost,
    h('div', { class: 'job-columns' }, h('div', { class: 'job-main' }, progress, needs.element, awaited, failure, picture.element, stream.element, result, log.element), aside))
  const view = { element, title: params.id, close }
  let frame
  let shownTool
  let shownResult = ''
  let shownDetails = ''
  let shownInput
  let isAwaiting = false
  const timer = setInterval(later, TICK_MS)

  // The first answer decides whether there is a page to show.
  try {
    await handle.refresh({ signal: closed.signal })
  } catch (error) {
    close()
    if (!(error instanceof HubProblem)) throw error
    fill(element, h('div', { class: 'empty' }, icon('warning'), h('h1', {}, error.status === 404 || error.status === 410 ? t('page.not_found') : error.detail),
      h('p', {}, error.hint ?? t('page.not_found_hint')), h('a', { class: 'button', href: '#/' }, t('page.back'))))
    return view
  }
  view.title = nameOf(handle.job)
  show()
  void follow()
  return view

  function close() {
    closed.abort()
    clearInterval(timer)
    cancelAnimationFrame(frame)
    plot.close()
    log.close()
    picture.close()
    stream.close()
  }

  /** Until the job has ended, and again from there when it is run again. */
  async function follow(after = 'start') {
    const { signal } = closed
    const onConnection = (state) => { lost.hidden = state !== 'lost' }
    let offset = after
    try {
      for await (const event of handle.events({ after, signal, onConnection })) {
        offset = event.offset ?? offset
        if (event.type === 'new_logs') {
          log.add(event.data.lines)
          addCommands(event.data.lines)
        }
        else if (event.type === 'progress' && event.data.speed) plot.add(event.data.speed)
        else if (event.type === 'status' && event.data.status === 'queued') {
          plot.clear()
          clearCommands()
        } else if (event.type === 'reset') log.clear()
        later()
      }
      actions.onRetried = () => {
        later()
        void follow(offset)
      }
      lost.hidden = true
      later()
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof HubProblem && (error.status === 404 || error.status === 410)) return navigate('#/')
      throw error
    }
  }

  function later() {
    frame ??= requestAnimationFrame(() => {
      frame = undefined
      show()
    })
  }

  function show() {
    const { job } = handle
    if (shownTool !== job.tool) fill(tile, toolIcon(job.tool))
    shownTool = job.tool
    setText(title, nameOf(job))
    badge.dataset.status = job.status
    setText(badge, t(`status.${job.status}`))
    actions.show(job)
    showProgress(job)
    needs.show(job)
    showAwaited(job)
    picture.show(job)
    stream.show(job)
    showEnd(job)
    showDetails(job)
  }

  function showProgress(job) {
    progress.hidden = hasEnded(job.status)
    showBar(bar, barFill, job)
    const share = shownPercent(job)
    if (share === null) bar.removeAttribute('aria-valuenow')
    else bar.setAttribute('aria-valuenow', String(Math.floor(share)))
    setText(percent, share === null || (job.status === 'queued' && job.phase !== 'uploading') ? t(`status.${job.status}`) : format.percent(share))
    setText(phase, job.status === 'queued' ? waitsFor(job, (id) => jobs?.jobs.get(id)) : t(`phase.${job.phase ?? 'starting'}`))
    setText(figures, job.status === 'running' ? liveFigures(job).join('   ') : '')
  }

  /** A job that waits for an upload which nobody sends any more says how it goes on. */
  function showAwaited({ status, phase }) {
    if (isAwaiting === (status === 'queued' && phase === 'uploading')) return
    isAwaiting = !isAwaiting
    setAwaited(false)
    if (isAwaiting) void broken.show().then(() => setAwaited(isAwaiting && !broken.element.hidden))
  }

  function setAwaited(isShown) {
    awaited.hidden = !isShown
    needs.show(handle.job, { isUploadTold: isShown })
  }

  /** The hub writes each command into the log as it starts it. */
  function addCommands(lines) {
    for (const { source, level, text } of lines) {
      if (source !== 'hub' || level !== 'debug' || !text.startsWith('$ ')) continue
      commands.append(h('li', {}, h('pre', { class: 'pane asked', tabindex: 0, 'aria-label': t('page.ran_commands') }, text.slice(2))))
      commandsPart.hidden = false
    }
  }

  function clearCommands() {
    commands.replaceChildren()
    commandsPart.hidden = true
  }

  function showEnd(job) {
    const made = job.artifacts.map(({ sha256 }) => sha256).join()
    const state = `${job.status} ${job.attempt} ${job.status === 'completed' ? made : ''} ${job.error?.message ?? ''}`
    if (state === shownResult) return
    shownResult = state
    fill(failure, job.error && hasEnded(job.status) && showFailure(job.error, t))
    const part = job.status === 'completed' && job.artifacts.length > 0 && showArtifacts({ job, t })
    fill(result, part && h('section', { class: 'card' }, h('div', { class: 'card-head' }, h('h2', {}, t('page.result'))), h('div', { class: 'card-body' }, part)))
  }

  /** Only what has changed: it is called in every frame while a job talks. */
  function showDetails(job) {
    const ran = job.started_at === undefined ? undefined : ((job.ended_at ?? Date.now()) - job.started_at) / 1000
    const rows = [
      ['page.tool', toolName(job.tool)],
      ['page.batch', job.batch ? t('page.batch_item', { number: format.number(job.batch.index + 1) }) : '', job.batch && `#/batch/${job.batch.id}`],
      ['page.created', format.timeOf(job.created_at)],
      ['page.ran', ran === undefined ? '' : job.ended_at === undefined ? format.clock(ran) : format.took(ran)],
      ['page.attempt', job.attempt > 1 ? format.number(job.attempt) : ''],
      ['page.expires', job.expires_at === undefined ? '' : format.timeOf(job.expires_at)],
    ].filter(([, text]) => text !== '')
    const shown = JSON.stringify(rows)
    if (shown !== shownDetails) fill(details, rows.map(([key, text, href]) => h('div', {}, h('dt', {}, t(key)), h('dd', { class: 'numbers' }, href ? h('a', { href }, text) : text))))
    shownDetails = shown
    if (job.input !== shownInput) setText(asked, JSON.stringify(job.input, null, 2))
    shownInput = job.input
  }
}

function showFailure({ message, hint, exit_code: code, job: needed, log_tail: tail = [] }, t) {
  return h('div', { class: 'notice failure', dataset: { tone: 'bad' }, role: 'alert' }, icon('warning'), h('div', {},
    h('strong', {}, message), hint && h('span', {}, hint), needed && h('a', { href: `#/jobs/${needed}` }, t('page.needed')), code !== undefined && !message.includes(`code ${code}`) && h('span', { class: 'soft small' }, t('page.exit', { code })),
    tail.length > 0 && h('pre', { class: 'tail', tabindex: 0, 'aria-label': t('page.log') }, tail.join('\n'))))
}
