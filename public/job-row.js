import { h, icon, setText } from './dom.js'
import * as format from './format.js'
import { hasString, t } from './language.js'

const TOOL_ICONS = {
  audio: 'sound', concat: 'film', ffmpeg: 'terminal', gif: 'gif', hls: 'film', probe: 'search', sanjuuni: 'cubes', subtitles: 'file', thumbnails: 'image',
  transcode: 'film', trim: 'film', video_frame: 'image', watermark: 'image', waveform: 'sound', compose: 'film',
}

export function toolIcon(tool) {
  return icon(TOOL_ICONS[tool] ?? 'film')
}

/** What people call a job. */
export function nameOf(job) {
  return job.name ?? t('job.unnamed', { tool: job.tool })
}

export function toolName(tool) {
  return hasString(`tool.${tool}`) ? t(`tool.${tool}`) : tool
}

/** What a tool does, in the page's language where it has words for it. */
export function toolTitle({ name, title }) {
  return hasString(`title.${name}`) ? t(`title.${name}`) : title
}

/** One line of a list, made once and then shown with whichever job is in its place. `find` knows other jobs by their id. */
export function makeRow({ find = () => undefined } = {}) {
  const tile = h('span', { class: 'tile' })
  const name = h('span', { class: 'row-name' })
  const about = h('span', { class: 'row-about' })
  const fill = h('i')
  const bar = h('span', { class: 'bar' }, fill)
  const figures = h('span', { class: 'row-figures numbers' })
  const percent = h('span', { class: 'row-percent numbers' })
  const badge = h('span', { class: 'badge' })
  const link = h('a', { class: 'row' },
    tile, h('span', { class: 'row-text' }, name, about), h('span', { class: 'row-progress' }, bar, figures), percent, badge)
  const element = h('li', { class: 'row-place' }, link)
  let shownTool

  return { element, show }

  function show(job) {
    link.href = `#/jobs/${job.id}`
    if (shownTool !== job.tool) tile.replaceChildren(toolIcon(job.tool))
    shownTool = job.tool
    setText(name, nameOf(job))
    setText(about, aboutOf(job))
    about.classList.toggle('is-error', job.status === 'failed')
    showBar(bar, fill, job)
    setText(figures, figuresOf(job, find))
    setText(percent, job.status === 'running' && job.progress !== null ? format.percent(job.progress) : '')
    badge.dataset.status = job.status
    setText(badge, t(`status.${job.status}`))
    link.dataset.status = job.status
  }
}

export function showBar(bar, fill, job) {
  const { status } = job
  const progress = shownPercent(job)
  bar.dataset.status = status
  bar.toggleAttribute('data-unknown', status === 'running' && progress === null)
  const share = status === 'completed' ? 1 : (progress ?? 0) / 100
  fill.style.transform = bar.hasAttribute('data-unknown') ? '' : `scaleX(${share.toFixed(4)})`
}

function aboutOf(job) {
  const tool = toolName(job.tool)
  if (job.status === 'failed') return `${tool} · ${job.error?.message ?? t('status.failed')}`
  return `${tool} · ${format.ago(job.ended_at ?? job.started_at ?? job.created_at)}`
}

function figuresOf(job, find) {
  if (job.status === 'queued') return waitsFor(job, find)
  if (job.status === 'running') return liveFigures(job).join('   ') || t(`phase.${job.phase ?? 'starting'}`)
  if (job.started_at === undefined || job.ended_at === undefined) return ''
  return t('job.took', { time: format.took((job.ended_at - job.started_at) / 1000) })
}

/** 0 to 100 of what is done with it just now: of its upload while it waits for that. */
export function shownPercent({ status, phase, progress, bytes, total_bytes: total }) {
  return status === 'queued' && phase === 'uploading' && total ? (bytes / total) * 100 : progress
}

/** What a job that is queued waits for. */
export function waitsFor(job, find = () => undefined) {
  if (job.phase === 'uploading') return t('job.uploading', { bytes: format.bytes(job.bytes), total: job.total_bytes === undefined ? '?' : format.bytes(job.total_bytes) })
  const needs = job.waiting_for ?? []
  const [first, ...others] = needs.filter(({ type }) => type === 'job')
  if (others.length > 0) return t('job.waits_jobs', { count: format.number(others.length + 1) })
  if (first) return t('job.waits_job', { name: knownName(find(first.id), first.id) })
  if (needs.length > 0) return t('job.waits_upload')
  return job.queue_position === undefined ? '' : t('job.place', { place: format.number(job.queue_position) })
}

/** Of one that is not known here there is its id. */
export function knownName(job, id) {
  return job ? nameOf(job) : id
}

/** What is known of how fast a job goes. */
export function liveFigures({ fps, speed, eta_s: left }) {
  return [
    fps ? t('job.fps', { fps: format.number(fps) }) : '',
    speed ? format.speed(speed) : '',
    left === undefined ? '' : t('job.left', { time: format.clock(left) }),
  ].filter((text) => text !== '')
}
