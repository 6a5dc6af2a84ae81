import { applyEvent, EMPTY_JOB, hasEnded, type EventType, type Job, type JobEvent, type JobStatus } from '../jobs/job.ts'
import { readPage } from './event-page.ts'
import { follow, type FollowOptions } from './follow.ts'
import { type Frame, type FramesOptions, readFrames } from './frames.ts'
import { HubProblem } from './hub-problem.ts'
import { ask, askJson, patiently, removePatiently, type Hub } from './hub.ts'
import { jobPath, withoutOffset, type AtOffset, type Position } from './transport.ts'

/** One job at one hub. */
export class JobHandle {
  readonly id: string
  readonly #hub: Hub
  #job: Job
  /** Where on its log `#job` is; undefined where that is not known. */
  #offset: string | undefined

  constructor(hub: Hub, id: string, job: AtOffset<Job> = { ...EMPTY_JOB, id }) {
    this.id = id
    this.#hub = hub
    this.#job = withoutOffset(job)
    this.#offset = job.offset
  }

  /** The job as far as this handle has been told: the fold of what came, empty before anything has. */
  get job(): Job {
    return this.#job
  }

  get status(): JobStatus {
    return this.#job.status
  }

  /** Asks for the job as it is. */
  async refresh({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Job> {
    return this.#keep(await patiently(this.#hub, () => askJson(this.#hub, jobPath(this.id), { signal }), { signal }))
  }

  /**
   * What happens to the job, from the beginning of its log unless told otherwise, until it has ended; see `follow`.
   * Keeps `job` up to date as it goes, unless only some types are asked for; it never goes back: what the beginning of
   * the log tells is in it already where it was asked for before.
   */
  async* events(options: FollowOptions = {}): AsyncGenerator<JobEvent, void, undefined> {
    let known = options.types === undefined && (options.after ?? 'start') === 'start' ? this.#offset : undefined
    for await (const told of follow(this.#hub, this.id, options)) {
      const [event, offset] = told.type === 'snapshot' ? [{ ...told, data: withoutOffset(told.data) }, told.data.offset] : [told, told.offset]
      // What is not in the log is of now, and comes without an offset.
      if (offset === undefined && event.type !== 'snapshot') known = undefined
      if (known === undefined && !options.types) this.#apply(event, offset)
      if (offset === known && event.type !== 'snapshot') known = undefined
      yield event
    }
    // The log has lost what was known.
    if (known !== undefined) await this.refresh(options.signal && { signal: options.signal })
  }

  /** What the log holds by now, without waiting for more. */
  async* history(options: HistoryOptions = {}): AsyncGenerator<JobEvent, void, undefined> {
    const { signal } = options
    let position: Position = { channel: { type: 'job', id: this.id }, after: options.after ?? 'start', tail: options.tail, types: options.types }
    for (;;) {
      const page = await patiently(this.#hub, () => readPage(this.#hub, position, { signal }), { signal })
      yield* page.events as readonly JobEvent[]
      if (!page.more) return
      position = { ...position, after: page.offset, tail: undefined }
    }
  }

  /** Waits until the job has ended, in whichever way: a job that failed is an answer here, not an exception. */
  async done(options: Omit<FollowOptions, 'after' | 'tail' | 'types'> = {}): Promise<Job> {
    for await (const event of this.events({ ...options, after: 'now' })) {
      if (event.type === 'snapshot' && hasEnded(event.data.status)) break
    }
    return this.#job
  }

  /** The pictures of a job as they are made, from the first one unless told otherwise; see `readFrames`. */
  frames(options: FramesOptions = {}): AsyncGenerator<Frame, void, undefined> {
    return readFrames(this.#hub, this.id, options)
  }

  /** Ends the job. One that has ended already stays as it is. */
  cancel({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Job> {
    return patiently(this.#hub, () => this.#post('cancel', signal), { signal })
  }

  /** Puts an ended job into the queue again. */
  retry({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Job> {
    return this.#post('retry', signal)
  }

  /** Removes the job with all it made; a running one is cancelled first. */
  remove({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return removePatiently(this.#hub, jobPath(this.id), { signal })
  }

  /** The bytes of an artifact, the first one without a name; `range` as in the header, `bytes=100-`. */
  async download(name?: string, { range, ifRange, signal }: DownloadOptions = {}): Promise<Response> {
    const wanted = name ?? (this.#job.artifacts[0] ?? (await this.refresh({ ...(signal && { signal }) })).artifacts[0])?.name
    if (wanted === undefined) {
      throw new HubProblem(404, { code: 'artifact_not_found', detail: 'this job has no artifact' })
    }
    return ask(this.#hub, `${jobPath(this.id)}/artifacts/${encodeURIComponent(wanted)}`, {
      headers: { ...(range && { range }), ...(ifRange && { 'if-range': ifRange }) }, signal,
    })
  }

  async #post(action: 'cancel' | 'retry', signal: AbortSignal | undefined): Promise<Job> {
    return this.#keep(await askJson(this.#hub, `${jobPath(this.id)}/${action}`, { method: 'POST', signal }))
  }

  #keep(job: AtOffset<Job>): Job {
    this.#offset = job.offset
    return this.#job = withoutOffset(job)
  }

  #apply(event: JobEvent, offset: string | undefined): void {
    this.#job = applyEvent(this.#job, event)
    if (event.type === 'snapshot' || offset !== undefined) this.#offset = offset
  }
}

export interface HistoryOptions {
  readonly after?: string
  readonly tail?: number
  readonly types?: readonly EventType[]
  readonly signal?: AbortSignal
}

export interface DownloadOptions {
  readonly range?: string | undefined
  /** The entity tag of the bytes held already. */
  readonly ifRange?: string | undefined
  readonly signal?: AbortSignal | undefined
}
