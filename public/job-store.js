import { HubProblem, hasEnded } from './client/client/index.js'
import { forgetJob, ownJobs } from './session.js'

const PAGE = 500
const MOST_JOBS = 5000
const ASK_EACH_MS = 2000

/**
 * The jobs that may be seen, as they are now: followed over the feed of the hub or, where that is not for this caller,
 * asked for again and again. Listeners hear once in a frame which jobs have changed.
 */
export class JobStore {
  /** By id. */
  jobs = new Map()
  /** Ids of those that wait, the next one first. */
  waiting = []
  /** Why not all jobs may be seen; undefined while nothing was refused. */
  refusal
  /** The first answer is there. */
  isLoaded = false
  #hub
  #onConnection
  #closed = new AbortController()
  #listeners = new Set()
  #changed = new Set()
  #frame

  constructor({ hub, onConnection }) {
    this.#hub = hub
    this.#onConnection = onConnection
    void this.#run()
  }

  /** Calls `listener` with the ids that have changed; returns what stops it. */
  subscribe(listener) {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close() {
    this.#closed.abort()
    cancelAnimationFrame(this.#frame)
    this.#listeners.clear()
  }

  async #run() {
    const { signal } = this.#closed
    try {
      await this.#follow(signal)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof HubProblem)) throw error
      this.refusal = error
      await this.#askAgainAndAgain(signal)
    }
  }

  async #follow(signal) {
    const onConnection = (state, { transport }) => this.#onConnection({ state, transport })
    for await (const event of this.#hub.feed({ signal, onConnection })) {
      if (event.type === 'snapshot') {
        for (const job of event.data.jobs) this.#put(job)
        this.waiting = waitingOf(event.data.jobs)
        this.#loaded()
        void this.#loadAll(signal)
      } else if (event.type === 'job') this.#put(event.data)
      else if (event.type === 'job_removed') this.#remove(event.data.id)
      else if (event.type === 'queue') this.#placeWaiting(event.data.waiting)
    }
  }

  /** The older ones too, page by page; what is held and is on no page has gone while the connection was away. */
  async #loadAll(signal) {
    const began = Date.now()
    const found = new Set()
    try {
      for (let cursor; found.size < MOST_JOBS; ) {
        const page = await this.#hub.jobs({ limit: PAGE, signal, ...(cursor !== undefined && { cursor }) })
        for (const job of page.jobs) {
          found.add(job.id)
          if (!this.jobs.has(job.id)) this.#put(job)
        }
        cursor = page.next_cursor
        if (cursor === null) break
      }
    } catch {
      return
    }
    for (const [id, job] of this.jobs) if (!found.has(id) && job.created_at < began - 5000) this.#remove(id)
  }

  /** What a key that is not an admin's may list, and the jobs that this browser has submitted. */
  async #askAgainAndAgain(signal) {
    let mayList = true
    for (;;) {
      let state = 'live'
      const listed = mayList ? await this.#hub.jobs({ limit: PAGE, signal }).catch((error) => error) : { jobs: [] }
      if (signal.aborted) return
      if (listed instanceof HubProblem) mayList = false
      else if (listed instanceof Error) state = 'lost'
      else for (const job of listed.jobs) this.#put(job)
      const unsure = ownJobs().filter((id) => !this.jobs.has(id) || !hasEnded(this.jobs.get(id).status))
      for (const id of state === 'live' ? unsure : []) await this.#ask(id, signal)
      if (signal.aborted) return
      this.#onConnection({ state, transport: 'poll' })
      this.#loaded()
      await new Promise((resolve) => setTimeout(resolve, ASK_EACH_MS))
    }
  }

  async #ask(id, signal) {
    try {
      this.#put(await this.#hub.job(id).refresh({ signal }))
    } catch (error) {
      if (!(error instanceof HubProblem) || (error.status !== 404 && error.status !== 410)) return
      forgetJob(id)
      this.#remove(id)
    }
  }

  #put(job) {
    this.jobs.set(job.id, job)
    this.#touch(job.id)
  }

  #remove(id) {
    if (this.jobs.delete(id)) this.#touch(id)
  }

  #placeWaiting(waiting) {
    for (const id of this.waiting) this.#touch(id)
    this.waiting = waiting
    for (const [index, id] of waiting.entries()) {
      const job = this.jobs.get(id)
      if (job?.status === 'queued' && job.queue_position !== index + 1) this.#put({ ...job, queue_position: index + 1 })
    }
  }

  #loaded() {
    this.isLoaded = true
    this.#touch('')
  }

  #touch(id) {
    this.#changed.add(id)
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined
      const changed = this.#changed
      this.#changed = new Set()
      for (const listener of this.#listeners) listener(changed)
    })
  }
}

function waitingOf(jobs) {
  const queued = jobs.filter(({ status, queue_position }) => status === 'queued' && queue_position !== undefined)
  return queued.sort((a, b) => a.queue_position - b.queue_position).map(({ id }) => id)
}
