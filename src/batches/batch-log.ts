import { hasEnded, type Job } from '../jobs/job.ts'
import type { Turns } from '../jobs/turns.ts'
import type { NewEvent } from '../streams/entry.ts'
import type { EventLog } from '../streams/event-log.ts'
import type { BatchFold } from './batch-fold.ts'
import type { BatchIndex } from './batch-index.ts'
import { itemOf, progressOf, statusOf, type Batch, type BatchItem } from './batch.ts'

export interface BatchLogOptions {
  readonly events: EventLog<BatchFold>
  readonly index: BatchIndex
  readonly turns: Turns
  /** undefined where the job is gone. */
  readonly findJob: (id: string) => Job | undefined
  readonly retentionMs: number
  /** Told of each change that is in the log. */
  readonly onChange: (batchId: string) => void
  readonly onError: (batchId: string, error: unknown) => void
}

const PROGRESS_EACH_MS = 500
const AGAIN_AFTER_MS = 1000

/**
 * Keeps the logs of batches up with those of their jobs. What is to be written follows from comparing the two, so that
 * nothing is lost or said twice when the hub goes down between them.
 */
export class BatchLog {
  readonly #options: BatchLogOptions
  /** The jobs of a batch that are to be looked at. */
  readonly #changed = new Map<string, Set<string>>()
  readonly #running = new Map<string, Map<number, Job>>()
  readonly #timers = new Map<string, NodeJS.Timeout>()
  readonly #retries = new Map<string, NodeJS.Timeout>()
  readonly #writing = new Set<Promise<void>>()

  constructor(options: BatchLogOptions) {
    this.#options = options
  }

  /** The first event of a batch, on the disk for good when it resolves. */
  async begin(id: string, { created_at, items }: Pick<Batch, 'created_at' | 'items'>): Promise<void> {
    await this.#append(id, [{ type: 'status', data: { status: 'queued', id, created_at, items } }], { durable: true })
  }

  /** A job is another than before. */
  jobChanged({ id, batch, status }: Pick<Job, 'id' | 'batch' | 'status'>): void {
    if (!batch) return
    if (status !== 'running') this.#running.get(batch.id)?.delete(batch.index)
    const changed = this.#changed.get(batch.id)
    if (changed) return void changed.add(id)
    this.#changed.set(batch.id, new Set([id]))
    this.#catchUpSoon(batch.id)
  }

  jobProgressed(job: Job): void {
    if (!job.batch) return
    const { id, index } = job.batch
    const running = this.#running.get(id) ?? new Map<number, Job>()
    this.#running.set(id, running.set(index, job))
    if (this.#timers.has(id)) return
    this.#timers.set(id, setTimeout(() => {
      this.#timers.delete(id)
      void this.#tellProgress(id)
    }, PROGRESS_EACH_MS).unref())
  }

  /** Compares the batch with all of its jobs, as after a restart. Resolves when its log tells what theirs do. */
  async catchUp(id: string): Promise<void> {
    const { batch } = (await this.#open(id)).stream.fold
    await this.#take(id, new Set(batch.items.map(({ job }) => job)))
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    for (const timer of [...this.#timers.values(), ...this.#retries.values()]) clearTimeout(timer)
    while (this.#writing.size > 0) await Promise.all(this.#writing)
  }

  forget(id: string): void {
    clearTimeout(this.#timers.get(id))
    clearTimeout(this.#retries.get(id))
    for (const map of [this.#timers, this.#retries, this.#running, this.#changed]) map.delete(id)
  }

  #catchUpSoon(id: string): void {
    this.#track(this.#take(id).catch((error: unknown) => {
      this.#options.onError(id, error)
      this.#againSoon(id)
    }))
  }

  /** It could not be written, as on a full disk. */
  #againSoon(id: string): void {
    clearTimeout(this.#retries.get(id))
    this.#retries.set(id, setTimeout(() => {
      this.#retries.delete(id)
      this.#track(this.catchUp(id).catch(() => this.#againSoon(id)))
    }, AGAIN_AFTER_MS).unref())
  }

  #track(writing: Promise<void>): void {
    const tracked = writing.finally(() => this.#writing.delete(tracked))
    this.#writing.add(tracked)
  }

  #take(id: string, jobs?: ReadonlySet<string>): Promise<void> {
    return this.#options.turns.take(id, async () => {
      const changed = jobs ?? this.#changed.get(id) ?? new Set()
      if (!jobs) this.#changed.delete(id)
      if (this.#options.index.get(id)) await this.#write(id, changed)
    })
  }

  async #write(id: string, changed: ReadonlySet<string>): Promise<void> {
    const { findJob, retentionMs } = this.#options
    const { stream } = await this.#open(id)
    const { batch } = stream.fold
    const items = batch.items.map((item) => (changed.has(item.job) ? asOfNow(item, findJob(item.job)) : item))
    const events: NewEvent[] = items.filter((item, at) => item !== batch.items[at] && !isSame(item, batch.items[at]!)).map((item) => ({ type: 'item', data: { item } }))
    const status = statusOf(items)
    const isOver = hasEnded(status)
    if (events.length === 0 && status === batch.status && stream.isClosed === isOver) return
    const now = Date.now()
    if (isOver || status !== batch.status) {
      events.push({ type: 'status', data: { status, ...(isOver && { ended_at: Math.max(now, batch.created_at), expires_at: now + retentionMs }) } })
    }
    if (isOver) events.push({ type: 'end', data: { status } })
    await this.#append(id, events, { durable: isOver, reopen: stream.isClosed })
    if (isOver) this.#running.delete(id)
  }

  async #append(id: string, events: readonly NewEvent[], options: { readonly durable: boolean; readonly reopen?: boolean }): Promise<void> {
    const { index, onChange } = this.#options
    const open = await this.#options.events.pin(id)
    try {
      await open.stream.append(events, options)
      index.update(id, { expiresAt: open.stream.fold.batch.expires_at, logBytes: open.stream.head })
    } finally {
      open.release()
    }
    onChange(id)
  }

  async #tellProgress(id: string): Promise<void> {
    const { stream } = (await this.#options.events.open(id)) ?? {}
    if (!stream || stream.isClosed) return
    const running = this.#running.get(id) ?? new Map<number, Job>()
    const progress = progressOf(stream.fold.batch.items, new Map([...running].map(([index, job]) => [index, job.progress])))
    const told = [...running].map(([index, { id: job, progress: each, eta_s }]) => ({ index, job, progress: each, ...(eta_s !== undefined && { eta_s }) }))
    stream.setLast('progress', { progress, running: told })
  }

  async #open(id: string) {
    const open = await this.#options.events.open(id)
    if (!open) throw new Error('A batch that was accepted has no log')
    return open
  }
}

/** Of one whose job was removed before it told its end, that is all there is to say. */
function asOfNow(item: BatchItem, job: Job | undefined): BatchItem {
  if (job) return itemOf(item.index, job)
  return hasEnded(item.status) ? item : { ...item, status: 'cancelled' }
}

function isSame(a: BatchItem, b: BatchItem): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
