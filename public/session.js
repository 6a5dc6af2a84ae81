import { HubClient } from './client/client/index.js'

const KEY = 'reeltime.key'
const OWN_JOBS = 'reeltime.jobs'
const MOST_OWN_JOBS = 200

/** The hub that this page came from, with the key of this tab; jobs submitted through it are remembered. */
export function openHub() {
  const key = sessionStorage.getItem(KEY) ?? undefined
  // A browser opens only six connections to one place, among which WebSockets do not count; but these cannot carry a key.
  return new PageHub({ url: location.origin, patienceMs: 10_000, firstTransport: key === undefined ? 'websocket' : 'sse', ...(key !== undefined && { key }) })
}

class PageHub extends HubClient {
  async submit(tool, input, options) {
    const job = await super.submit(tool, input, options)
    rememberJob(job.id)
    return job
  }
}

/** Kept for this tab only; an empty one is forgotten. */
export function keepKey(key) {
  if (key) sessionStorage.setItem(KEY, key)
  else sessionStorage.removeItem(KEY)
}

/** What the hub wants sent with a request that the SDK has no method for. */
export function authorization() {
  const key = sessionStorage.getItem(KEY)
  return key === null ? {} : { authorization: `Bearer ${key}` }
}

/** Ids of the jobs that this browser has submitted, newest first. */
export function ownJobs() {
  try {
    const ids = JSON.parse(localStorage.getItem(OWN_JOBS) ?? '[]')
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : []
  } catch {
    return []
  }
}

export function rememberJob(id) {
  const ids = [id, ...ownJobs().filter((known) => known !== id)].slice(0, MOST_OWN_JOBS)
  localStorage.setItem(OWN_JOBS, JSON.stringify(ids))
}

export function forgetJob(id) {
  localStorage.setItem(OWN_JOBS, JSON.stringify(ownJobs().filter((known) => known !== id)))
}
