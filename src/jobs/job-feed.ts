import type { Fold, SnapshotContext } from '../streams/stream.ts'
import { EventLog, type OpenStream } from '../streams/event-log.ts'
import { MemoryLogStorage } from '../streams/log-storage.memory.ts'
import type { Job, JobSummary } from './job.ts'

const KEEP_BYTES = 4 * 1024 * 1024
const PROGRESS_EACH_MS = 500
const QUEUE_EACH_MS = 500
const MOST_WAITING = 100
const STREAM = 'jobs'

/**
 * One small event for each change of state of any job, its progress and the order of those that wait at most twice a second. Kept in memory: a
 * reader from before a restart is told so by `reset`, and the snapshot holds the newest jobs as they are.
 */
export class JobFeed {
  readonly #log: EventLog
  readonly #progressAt = new Map<string, number>()
  readonly #waiting: () => readonly string[]
  #queueTimer: NodeJS.Timeout | undefined

  constructor({ newestJobs, waiting = () => [] }: { newestJobs: () => readonly Job[]; waiting?: () => readonly string[] }) {
    this.#waiting = waiting
    this.#log = new EventLog({
      storage: new MemoryLogStorage({ keepBytes: KEEP_BYTES }),
      fold: () => new FeedFold(newestJobs),
      firstEpoch: Math.floor(Date.now() / 1000),
    })
  }

  async open(): Promise<OpenStream> {
    const open = await this.#log.open(STREAM, { create: true })
    return open!
  }

  async changed(job: Job): Promise<void> {
    this.#progressAt.delete(job.id)
    await this.#append('job', summarise(job))
    this.#tellQueueSoon()
  }

  async removed(id: string): Promise<void> {
    this.#progressAt.delete(id)
    await this.#append('job_removed', { id })
  }

  /** Tells a job's progress unless it has told some within the last half second. */
  async progressed(job: Job): Promise<void> {
    const now = performance.now()
    if (now - (this.#progressAt.get(job.id) ?? Number.NEGATIVE_INFINITY) < PROGRESS_EACH_MS) return
    this.#progressAt.set(job.id, now)
    await this.#append('job', summarise(job))
  }

  cutFollowers(): void {
    this.#log.cutFollowers()
  }

  get followerCount(): number {
    return this.#log.followerCount
  }

  countFollowers(): ReturnType<EventLog['countFollowers']> {
    return this.#log.countFollowers()
  }

  async close(): Promise<void> {
    clearTimeout(this.#queueTimer)
    await this.#log.close()
  }

  /** Any change of a job's status may move the others up. */
  #tellQueueSoon(): void {
    this.#queueTimer ??= setTimeout(() => {
      this.#queueTimer = undefined
      void this.#append('queue', { waiting: this.#waiting().slice(0, MOST_WAITING) })
    }, QUEUE_EACH_MS).unref()
  }

  async #append(type: string, data: unknown): Promise<void> {
    const { stream } = await this.open()
    await stream.append([{ type, data }])
  }
}

export function summarise(job: Job): JobSummary {
  const { id, tool, name, status, attempt, created_at, progress, phase, bytes, total_bytes, queue_position, waiting_for, fps, speed, eta_s, started_at, ended_at, error } = job
  const optional = {
    name, phase, queue_position, waiting_for, fps, speed, eta_s, started_at, ended_at, error: error && { code: error.code, message: error.message },
    ...(phase === 'uploading' && { bytes, total_bytes }),
  }
  const present = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
  return { id, tool, status, attempt, created_at, progress, ...present }
}

class FeedFold implements Fold {
  readonly #newestJobs: () => readonly Job[]

  constructor(newestJobs: () => readonly Job[]) {
    this.#newestJobs = newestJobs
  }

  apply(): void {}

  snapshotAt(_: number, { offset }: SnapshotContext): unknown {
    return { jobs: this.#newestJobs().map(summarise), offset }
  }

  startOfLastLines(): number {
    return 0
  }
}
