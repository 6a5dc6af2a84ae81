import type { NewEvent } from '../streams/entry.ts'
import type { EventLog, OpenStream } from '../streams/event-log.ts'
import type { AppendOptions } from '../streams/stream.ts'
import { applyEvent, type EventDataByType, type EventType, type Job } from './job.ts'
import type { JobFeed } from './job-feed.ts'
import type { JobFold } from './job-fold.ts'
import type { JobIndex } from './job-index.ts'

/** An event that goes into a job's log. */
export type LoggedEvent = {
  [Type in Exclude<EventType, 'snapshot' | 'progress' | 'ping' | 'reset'>]: { readonly type: Type; readonly data: EventDataByType[Type] }
}[Exclude<EventType, 'snapshot' | 'progress' | 'ping' | 'reset'>]

/** The single way in which a job changes: append to its log. The index and the feed follow from what was appended. */
export class JobLog {
  readonly #events: EventLog<JobFold>
  readonly #index: JobIndex
  readonly #feed: JobFeed

  constructor({ events, index, feed }: { events: EventLog<JobFold>; index: JobIndex; feed: JobFeed }) {
    this.#events = events
    this.#index = index
    this.#feed = feed
  }

  /** Writes a little, once. */
  async record(id: string, events: readonly LoggedEvent[], options: AppendOptions = {}): Promise<Job> {
    const writer = await this.write(id)
    try {
      return await writer.append(events, options)
    } finally {
      writer.release()
    }
  }

  /** Opens a job's log for writing over a time; give it back with `release`. */
  async write(id: string): Promise<JobWriter> {
    const open = await this.#events.pin(id)
    return new JobWriter(open, { index: this.#index, feed: this.#feed })
  }
}

export class JobWriter {
  readonly release: () => void
  readonly #open: OpenStream<JobFold>
  readonly #index: JobIndex
  readonly #feed: JobFeed

  constructor(open: OpenStream<JobFold> & { readonly release: () => void }, { index, feed }: { index: JobIndex; feed: JobFeed }) {
    this.#open = open
    this.release = open.release
    this.#index = index
    this.#feed = feed
  }

  /** As of all that has been written. */
  get job(): Job {
    return this.#open.stream.fold.job
  }

  get interruptions(): number {
    return this.#open.stream.fold.interruptions
  }

  /** Bytes handed over and not yet on the disk. */
  get backlogBytes(): number {
    return this.#open.stream.backlogBytes
  }

  /** Resolves when it is in the log and told to the readers. Throws StreamClosedError, StaleAttemptError. */
  async append(events: readonly LoggedEvent[], options: AppendOptions = {}): Promise<Job> {
    const { stream } = this.#open
    const told = stream.append(events satisfies readonly NewEvent[], options)
    const changesState = events.some(({ type }) => type !== 'new_logs')
    if (events.some(({ type }) => type === 'status')) stream.clearLast()
    await told
    const { job } = stream.fold
    if (changesState) {
      this.#index.update(job)
      await this.#feed.changed(job)
    }
    return job
  }

  progress(data: Omit<EventDataByType['progress'], 'rev'>): void {
    const { stream } = this.#open
    stream.setLast('progress', data)
    void this.#feed.progressed(applyEvent(stream.fold.job, { type: 'progress', data: { rev: 0, ...data } }))
  }
}
