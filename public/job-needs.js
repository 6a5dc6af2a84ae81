import { h, icon, setText } from './dom.js'
import { knownName, waitsFor } from './job-row.js'

/** What a job that is queued waits for, each earlier job with a link to it; of an upload nothing where `isUploadTold` elsewhere. */
export function makeJobNeeds({ t, hub, jobs }) {
  const list = h('ul', { class: 'needs', role: 'list' })
  const element = h('div', { class: 'notice needs-notice', role: 'status', hidden: true }, icon('clock'), h('div', {}, h('strong', {}, t('page.waits')), list))
  const asked = new Map()
  let shown = ''
  let current
  let isTold = false

  return { element, show }

  function show(job, { isUploadTold = isTold } = {}) {
    current = job
    isTold = isUploadTold
    const needs = job.status === 'queued' ? (job.waiting_for ?? []).filter(({ type }) => type !== 'upload' || !isTold) : []
    element.hidden = needs.length === 0
    const wanted = JSON.stringify(needs)
    if (wanted !== shown) list.replaceChildren(...needs.map(makeNeed))
    shown = wanted
    for (const item of list.children) if (item.dataset.type === 'upload') setText(item, uploadText(job))
  }

  function makeNeed({ type, id }) {
    if (type === 'upload') return h('li', { dataset: { type } })
    const known = jobs?.jobs.get(id) ?? asked.get(id)
    if (!known) void ask(id)
    return h('li', { dataset: { type } }, h('a', { href: `#/jobs/${id}` }, knownName(known, id)))
  }

  /** Once; until then, and where it is gone, it is called by its id. */
  async function ask(id) {
    if (asked.has(id)) return
    asked.set(id, undefined)
    const job = await hub.job(id).refresh().catch(() => undefined)
    if (!job) return
    asked.set(id, job)
    shown = ''
    show(current)
  }

  function uploadText(job) {
    return job.phase === 'uploading' ? `${t('page.waits_upload')} ${waitsFor(job)}` : t('page.waits_upload')
  }
}
