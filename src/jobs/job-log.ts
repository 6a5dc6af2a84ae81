import type { NewEvent } from '../streams/entry.ts'
import type { EventLog, OpenStream } from '../streams/event-log.ts'
import type { AppendOptions } from '../streams/stream.ts'
import { applyEvent, type EventDataByType, type EventType, type Job, type StatusData } from './job.ts'
import type { JobFeed } from './job-feed.ts'
import type { JobFold } from './job-fold.ts'
import type { JobIndex } from './job-index.ts'

/** An event that goes into a job's log. */
export type LoggedEvent = {
  [Type in Exclude<EventType, 'snapshot' | 'progress' | 'ping' | 'reset'>]: { readonly type: Type; readonly data: EventDataByType[Type] }
}[Exclude<EventType, 'snapshot' | 'progress' | 'ping' | 'reset'>]

const CATCH_UP_EACH_MS = 1000
/** A row that takes longer to write belongs to a job that has made much. */
const LONG_WRITE_MS = 2
/** For so many times as long as a long write took none is made again, but of a change of status; for a second at most. */
const REST = 20

export interface JobLogOptions {
  readonly events: EventLog<JobFold>
  readonly index: JobIndex
  readonly feed: JobFeed
  /** Told once a second while the index cannot be written. */
  readonly onIndexError: (error: unknown) => void
  /** Told of each change of a job's status that is in the log. */
  readonly onStatus?: (change: StatusChange) => void
  /** Told of each change that is in the log and is more than log lines; the job is as it is then. */
  readonly onChange?: (job: Job) => void
  /** Told how far a job is, as often as it tells. */
  readonly onProgress?: (job: Job) => void
}

export interface StatusChange {
  /** As it is then. */
  readonly job: Job
  readonly status: StatusData
  /** What it told last, by the writer that told it. */
  readonly speed: number | undefined
}

/** The single way in which a job changes: append to its log. The index and the feed follow from what was appended. */
export class JobLog {
  readonly #options: JobLogOptions
  /** Jobs whose rows are not written yet: they wait a little, or there was no room for them; the log goes on without them. */
  readonly #behind = new Map<string, { readonly job: Job; readonly logBytes: number }>()
  #timer: NodeJS.Timeout | undefined
  /** Until when a row that may wait is not written; on the clock of `performance.now`. */
  #restUntil = 0

  constructor(options: JobLogOptions) {
    this.#options = options
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
    const open = await this.#options.events.pin(id)
    return new JobWriter(open, {
      feed: this.#options.feed,
      onStatus: (change) => this.#options.onStatus?.(change),
      onProgress: (job) => this.#options.onProgress?.(job),
      onChange: (job, { logBytes, isOfStatus }) => {
        this.#behind.set(job.id, { job, logBytes })
        const restMs = isOfStatus ? 0 : this.#restUntil - performance.now()
        if (restMs > 0) this.#catchUpIn(restMs)
        else this.#catchUp()
        this.#options.onChange?.(job)
      },
    })
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#behind.clear()
  }

  #catchUp(): void {
    const began = performance.now()
    try {
      for (const [id, { job, logBytes }] of this.#behind) {
        this.#options.index.update(job, { logBytes })
        this.#behind.delete(id)
      }
    } catch (error) {
      if (this.#timer) return
      this.#options.onIndexError(error)
      this.#catchUpIn(CATCH_UP_EACH_MS)
    }
    const ended = performance.now()
    this.#restUntil = ended - began < LONG_WRITE_MS ? 0 : ended + Math.min(CATCH_UP_EACH_MS, REST * (ended - began))
  }

  #catchUpIn(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#catchUp()
    }, ms).unref()
  }
}

interface WriterObservers {
  readonly onChange: (job: Job, written: { readonly logBytes: number; readonly isOfStatus: boolean }) => void
  readonly onStatus: (change: StatusChange) => void
  readonly onProgress: (job: Job) => void
}

export class JobWriter {
  readonly release: () => void
  readonly #open: OpenStream<JobFold>
  readonly #feed: JobFeed
  readonly #onChange: WriterObservers['onChange']
  readonly #onStatus: (change: StatusChange) => void
  readonly #onProgress: (job: Job) => void
  #speed: number | undefined

  constructor(
    open: OpenStream<JobFold> & { readonly release: () => void },
    { feed, onChange, onStatus, onProgress }: WriterObservers & { readonly feed: JobFeed },
  ) {
    this.#open = open
    this.release = open.release
    this.#feed = feed
    this.#onChange = onChange
    this.#onStatus = onStatus
    this.#onProgress = onProgress
  }

  /** As of all that has been written. */
  get job(): Job {
    return this.#open.stream.fold.job
  }

  /** The same with the offset to follow it from. */
  get record(): Job {
    return this.#open.stream.fold.record
  }

  /** The number last told, which is not in the log. */
  get progressSoFar(): number | null {
    const { last, fold } = this.#open.stream
    return last?.type === 'progress' ? (last.data as EventDataByType['progress']).progress : fold.job.progress
  }

  /** How often the job went back to the queue since the machine was short of something. */
  get shortages(): number {
    return this.#open.stream.fold.shortages
  }

  /** Bytes of the log so far. */
  get logBytes(): number {
    return this.#open.stream.head
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
    const isOfStatus = events.some(({ type }) => type === 'status')
    if (isOfStatus) stream.clearLast()
    await told
    const { job } = stream.fold
    if (changesState) {
      this.#onChange(stream.fold.record, { logBytes: stream.head, isOfStatus })
      for (const { type, data } of events) if (type === 'status') this.#onStatus({ job, status: data, speed: this.#speed })
      await this.#feed.changed(job)
    }
    return job
  }

  progress(data: Omit<EventDataByType['progress'], 'rev'>): void {
    const { stream } = this.#open
    this.#speed = data.speed ?? this.#speed
    stream.setLast('progress', data)
    const job = applyEvent(stream.fold.job, { type: 'progress', data: { rev: 0, ...data } })
    this.#onProgress(job)
    void this.#feed.progressed(job)
  }
}
