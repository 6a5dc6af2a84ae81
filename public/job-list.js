import { makeRow, nameOf } from './job-row.js'
import { fill, h, icon, setText, useStyles } from './dom.js'
import { makeInvitation } from './invitation.js'
import { makeKeyNotice } from './key-notice.js'
import { makeRowWindow } from './row-window.js'

const FILTERS = {
  all: () => true,
  running: ({ status }) => status === 'running',
  queued: ({ status }) => status === 'queued',
  completed: ({ status }) => status === 'completed',
  failed: ({ status }) => status === 'failed' || status === 'cancelled',
}
const TIMES_EACH_MS = 30_000

/** The jobs of the hub, live: those that run, those that wait as they will be taken, then those that have ended, newest first. */
export async function openView({ t, jobs: store, hub, navigate, useKey }) {
  await useStyles('/job-list.css')
  let filter = 'all'
  let wanted = ''
  const order = { ids: [], places: new Map() }
  const rows = makeRowWindow({ makeRow: () => makeRow({ find: (id) => store.jobs.get(id) }), label: t('app.jobs') })
  const chips = Object.keys(FILTERS).map(makeChip)
  const search = h('input', {
    class: 'input', type: 'search', placeholder: t('list.search'), 'aria-label': t('list.search'), onInput: ({ target }) => {
      wanted = target.value.trim().toLowerCase()
      showOrder()
    },
  })
  const tools = h('div', { class: 'list-tools' },
    h('div', { class: 'chips', role: 'group', 'aria-label': t('list.filter') }, chips.map(({ element }) => element)),
    h('div', { class: 'search' }, icon('search'), search))
  const notice = h('div', { class: 'list-notice' })
  const nothing = h('p', { class: 'empty', hidden: true }, t('list.nothing'))
  const card = h('div', { class: 'card' }, rows.element, nothing)
  const summary = h('p', { class: 'soft numbers', role: 'status' })
  const list = h('div', { hidden: true }, h('div', { class: 'page-head' }, h('h1', {}, t('app.jobs')), summary), tools, card)
  const invitation = h('div', { hidden: true }, makeInvitation({ hub, t, navigate }))
  const element = h('section', { class: 'page' }, notice, list, invitation)
  const unsubscribe = store.subscribe(onChange)
  const timer = setInterval(() => rows.updateAll(), TIMES_EACH_MS)
  // Rows are laid out where the element stands.
  requestAnimationFrame(showAll)

  return {
    element, title: t('app.jobs'),
    close() {
      unsubscribe()
      clearInterval(timer)
      rows.close()
    },
  }

  function onChange(changed) {
    const isSameOrder = [...changed].every((id) => id !== '' && order.places.get(id) === placeOf(store.jobs.get(id)))
    if (isSameOrder) rows.update(changed)
    else {
      rows.update([...changed].filter((id) => store.jobs.has(id)))
      showAll()
    }
  }

  function showAll() {
    order.places = new Map([...store.jobs].map(([id, job]) => [id, placeOf(job)]))
    order.ids = [...store.jobs.values()].sort(byPlace).map(({ id }) => id)
    const counts = Object.fromEntries(Object.keys(FILTERS).map((name) => [name, [...store.jobs.values()].filter(FILTERS[name]).length]))
    for (const chip of chips) chip.show(counts)
    setText(summary, counts.running + counts.queued > 0 ? t('list.summary', counts) : '')
    list.hidden = !store.isLoaded || store.jobs.size === 0
    invitation.hidden = !store.isLoaded || store.jobs.size > 0
    if (store.refusal && notice.childElementCount === 0) fill(notice, makeKeyNotice({ t, problem: store.refusal, useKey }))
    showOrder()
  }

  function showOrder() {
    const isWanted = (job) => FILTERS[filter](job) && (wanted === '' || `${nameOf(job)} ${job.tool} ${job.id}`.toLowerCase().includes(wanted))
    const ids = order.ids.filter((id) => isWanted(store.jobs.get(id)))
    nothing.hidden = ids.length > 0
    rows.show(ids, store.jobs)
  }

  function makeChip(name) {
    const count = h('span', { class: 'count' })
    const chip = h('button', { type: 'button', class: 'chip', 'aria-pressed': String(name === filter), onClick: choose }, t(`list.${name}`), count)
    return { element: chip, name, show: (counts) => setText(count, counts[name] > 0 ? String(counts[name]) : '') }

    function choose() {
      filter = name
      for (const other of chips) other.element.setAttribute('aria-pressed', String(other.name === name))
      showOrder()
    }
  }
}

const RANKS = { running: 0, queued: 1, completed: 2, failed: 2, cancelled: 2 }

/** What moves a job in the list when it changes. */
function placeOf(job) {
  return job && `${job.status} ${job.queue_position ?? ''}`
}

function byPlace(a, b) {
  const rank = RANKS[a.status] - RANKS[b.status]
  if (rank !== 0) return rank
  const order = RANKS[a.status] === 1 ? (a.queue_position ?? Infinity) - (b.queue_position ?? Infinity) || a.created_at - b.created_at : timeOf(b) - timeOf(a)
  return order || (a.id < b.id ? 1 : -1)
}

function timeOf({ ended_at, started_at, created_at }) {
  return ended_at ?? started_at ?? created_at
}
