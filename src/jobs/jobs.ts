import { customAlphabet } from 'nanoid'
import { z } from 'zod'
import { HubError, type FieldError } from '../errors.ts'
import { redactUrl } from '../fetch/check-url.ts'
import type { EventLog, OpenStream } from '../streams/event-log.ts'
import { StreamClosedError } from '../streams/stream.ts'
import { findTool } from '../tools/registry.ts'
import type { Requirements, Tool } from '../tools/tool.ts'
import type { ArtifactStore } from './artifact-store.ts'
import type { DiskGuard } from './disk-guard.ts'
import type { IdempotencyKeys } from './idempotency-keys.ts'
import { hasEnded, type Job } from './job.ts'
import type { JobFeed } from './job-feed.ts'
import type { JobFold } from './job-fold.ts'
import type { JobFilter, JobIndex, JobPage } from './job-index.ts'
import type { JobLog } from './job-log.ts'
import type { JobQueue } from './job-queue.ts'
import type { JobRemoval } from './job-removal.ts'
import { fingerprintOf, type RequestStore } from './request-store.ts'
import type { Staging } from './stage.ts'
import { end } from './worker.ts'
import type { WorkerPool } from './worker-pool.ts'

export interface JobsOptions {
  readonly events: EventLog<JobFold>
  readonly log: JobLog
  readonly index: JobIndex
  readonly queue: JobQueue
  readonly pool: WorkerPool
  readonly feed: JobFeed
  readonly requests: RequestStore
  readonly artifacts: ArtifactStore
  readonly staging: Staging
  readonly disk: DiskGuard
  readonly removal: JobRemoval
  readonly idempotencyKeys: IdempotencyKeys
  readonly checkRequirements: (requirements: Requirements) => Promise<void>
  readonly maxWaiting: number
  readonly retentionMs: number
}

export interface Submission {
  readonly tool: string
  readonly input: unknown
  readonly idempotencyKey?: string | undefined
}

/** The face of this folder: what can be asked of jobs. Every method throws HubErrors. */
export class Jobs {
  readonly #options: JobsOptions
  #arriving = 0

  constructor(options: JobsOptions) {
    this.#options = options
  }

  /** Resolves when the job is on the disk for good. */
  async submit({ tool: toolName, input: rawInput, idempotencyKey }: Submission): Promise<Job> {
    const tool = findTool(toolName)
    const input = parseInput(tool, rawInput)
    const fingerprint = fingerprintOf(tool.name, input)
    const create = () => this.#create(tool, { input, fingerprint })
    if (idempotencyKey === undefined) return create()
    const id = await this.#options.idempotencyKeys.once(idempotencyKey, fingerprint, async () => (await create()).id)
    return this.get(id)
  }

  /** The newest job that was asked for the same and has not failed: its result serves. */
  findSame({ tool: toolName, input }: Submission): Job | undefined {
    const tool = findTool(toolName)
    const same = this.#options.index.findSame(fingerprintOf(tool.name, parseInput(tool, input)))
    return same && this.get(same.id)
  }

  /** As of now: with its progress while it runs, its place while it waits, and the offset to follow from. */
  get(id: string): Job {
    const live = this.#options.events.peek(id)
    if (live && live.stream.head > 0) return this.#placed(live.broadcast.snapshotData(live.stream.head) as Job)
    const job = this.#options.index.get(id)
    if (job) return this.#placed(job)
    throw this.#unknown(id)
  }

  list(filter: JobFilter): JobPage {
    const page = this.#options.index.list(filter)
    return { ...page, jobs: page.jobs.map((job) => (hasEnded(job.status) ? job : this.get(job.id))) }
  }

  /** A job that has ended stays as it is. */
  async cancel(id: string): Promise<Job> {
    const { queue, pool } = this.#options
    const job = this.get(id)
    if (hasEnded(job.status)) return job
    if (queue.withdraw(id)) {
      await this.#endCancelled(id)
      pool.placeWaiting()
    } else await pool.cancel(id)
    return this.get(id)
  }

  /** Queues an ended job again; its log goes on where it ended. */
  async retry(id: string): Promise<Job> {
    const { log, queue, pool, requests, artifacts, disk } = this.#options
    const job = this.get(id)
    if (!hasEnded(job.status)) {
      throw new HubError('job_active', `The job is ${job.status} and can be retried when it has ended`, { hint: 'Cancel it first' })
    }
    if (!(await requests.get(id))) throw new HubError('job_expired', 'What the job was asked for is no longer kept')
    this.#assertOpen()
    await disk.assertRoomFor(0)
    await artifacts.remove(id)
    await log.record(id, [{ type: 'status', data: { status: 'queued', reason: 'retried' } }], { reopen: true, durable: true })
    queue.enqueue(id)
    pool.wake()
    return this.get(id)
  }

  /** A job that still runs is cancelled first. */
  async remove(id: string): Promise<void> {
    await this.cancel(id)
    await this.#options.removal.remove(id)
  }

  /** The job's stream, to be followed. */
  async openStream(id: string): Promise<OpenStream<JobFold>> {
    const { events, index, queue } = this.#options
    const open = index.get(id) ? await events.open(id) : undefined
    if (!open) throw this.#unknown(id)
    const position = open.stream.fold.job.status === 'queued' ? queue.position(id) : undefined
    if (position !== undefined) this.#options.pool.place(open, position)
    return open
  }

  /** The job once it has ended. Rejects with the signal's reason. */
  async untilEnded(id: string, signal: AbortSignal): Promise<Job> {
    const { stream } = await this.openStream(id)
    const watch = stream.watch()
    try {
      while (!stream.isClosed) {
        await watch.changed(signal)
        signal.throwIfAborted()
      }
    } finally {
      watch.stop()
    }
    return this.get(id)
  }

  openFeed(): Promise<OpenStream> {
    return this.#options.feed.open()
  }

  get readerCount(): number {
    return this.#options.events.followerCount + this.#options.feed.followerCount
  }

  counts(): { readonly running: number; readonly waiting: number } {
    return { running: this.#options.pool.runningCount, waiting: this.#options.queue.waitingCount }
  }

  async #create(tool: Tool, { input, fingerprint }: { input: unknown; fingerprint: string }): Promise<Job> {
    const { log, index, queue, pool, requests, staging, disk, checkRequirements } = this.#options
    tool.check?.(input)
    this.#assertOpen()
    for (const [position, source] of tool.sources(input).entries()) await staging.check(source, `inputs[${position}].source`)
    this.#arriving++
    try {
      this.#assertQueueHasRoom()
      await disk.assertRoomFor(0)
      await checkRequirements(tool.requires?.(input) ?? {})
      const id = newJobId()
      await requests.put(id, { tool: tool.name, input, fingerprint })
      const created: Job['created_at'] = Date.now()
      const data = { status: 'queued', id, tool: tool.name, input: withoutSecrets(input), created_at: created } as const
      const writer = await log.write(id)
      try {
        const job = await writer.append([{ type: 'status', data }], { durable: true })
        index.insert(job, { fingerprint })
      } finally {
        writer.release()
      }
      queue.enqueue(id)
      pool.wake()
      return this.get(id)
    } finally {
      this.#arriving--
    }
  }

  #assertOpen(): void {
    if (!this.#options.pool.isStopping) return
    throw new HubError('shutting_down', 'The hub is going down and takes no new jobs', { retryAfterSeconds: 10 })
  }

  /** Counts those on their way in, so that a crowd cannot all slip through the same last place. */
  #assertQueueHasRoom(): void {
    const { queue, pool, maxWaiting } = this.#options
    if (queue.waitingCount + this.#arriving <= maxWaiting + pool.freeSlots) return
    throw new HubError('queue_full', `${maxWaiting} jobs are waiting, which is the limit`, {
      hint: 'Try again when some of them are done', retryAfterSeconds: 10,
    })
  }

  async #endCancelled(id: string): Promise<void> {
    const { log, retentionMs } = this.#options
    const writer = await log.write(id)
    try {
      await end(writer, { status: 'cancelled', attempt: writer.job.attempt, retentionMs })
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error
    } finally {
      writer.release()
    }
  }

  #placed(job: Job): Job {
    const position = job.status === 'queued' ? this.#options.queue.position(job.id) : undefined
    return position === undefined ? job : { ...job, queue_position: position }
  }

  #unknown(id: string): HubError {
    if (this.#options.index.wasRemoved(id)) {
      return new HubError('job_expired', 'The job has been removed; jobs are kept for a time after they end')
    }
    return new HubError('job_not_found', `There is no job "${id.slice(0, 40)}"`)
  }
}

/** 131 random bits: who knows the id may read the job. Letters and digits only, to be typed and double-clicked. */
const newJobId = customAlphabet('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 22)

function parseInput(tool: Tool, rawInput: unknown): unknown {
  const parsed = tool.input.safeParse(rawInput)
  if (parsed.success) return parsed.data
  const errors: FieldError[] = parsed.error.issues.map(({ path, message }) => ({ path: pathOf(path), message }))
  const [first] = errors
  throw new HubError('invalid_input', first ? `${first.path || 'input'}: ${first.message}` : 'The input is not valid', {
    errors, hint: `GET /api/tools/${tool.name} tells what it takes`,
  })
}

function pathOf(path: z.core.$ZodIssue['path']): string {
  return path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)), '')
}

/** A URL's query often holds a signature; the job's log is for all who know its id. */
function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return /^https?:\/\//i.test(value) ? redactUrl(value) : value
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withoutSecrets(field)]))
}
