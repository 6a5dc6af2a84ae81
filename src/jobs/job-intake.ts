import { randomInt } from 'node:crypto'
import { customAlphabet } from 'nanoid'
import { HubError } from '../errors.ts'
import { redactUrl } from '../fetch/check-url.ts'
import { findTool } from '../tools/registry.ts'
import type { Requirements, Tool } from '../tools/tool.ts'
import type { Caller } from './caller.ts'
import { isFull } from './database.ts'
import type { DiskGuard } from './disk-guard.ts'
import { isFileError } from './file-error.ts'
import type { IdempotencyKeys } from './idempotency-keys.ts'
import type { Job } from './job.ts'
import type { JobIndex } from './job-index.ts'
import type { JobLog } from './job-log.ts'
import type { JobQueue } from './job-queue.ts'
import type { JobRemoval } from './job-removal.ts'
import { parseInput } from './parse-input.ts'
import { fingerprintOf, type JobRequest, type RequestStore } from './request-store.ts'
import { placeOf } from './source-place.ts'
import type { Staging } from './stage.ts'
import type { WaitingJobs } from './waiting-jobs.ts'
import type { WebhookRequest } from './webhook-request.ts'
import type { WorkerPool } from './worker-pool.ts'

export interface JobIntakeOptions {
  readonly log: JobLog
  readonly index: JobIndex
  readonly queue: JobQueue
  readonly pool: WorkerPool
  readonly waiting: WaitingJobs
  readonly requests: RequestStore
  readonly staging: Staging
  readonly disk: DiskGuard
  readonly removal: JobRemoval
  readonly idempotencyKeys: IdempotencyKeys
  readonly assertCanRun: (requirements: Requirements) => Promise<void>
  /** All that `change` writes to the index and queue, or nothing. */
  readonly atomically: (change: () => void) => void
  /** Throws a HubError for an address that nothing may be sent to. */
  readonly checkWebhook: (webhook: WebhookRequest) => void
  readonly maxWaiting: number
}

export interface Submission {
  readonly tool: string
  readonly input: unknown
  /** Jobs that have to complete first. */
  readonly after?: readonly string[] | undefined
  /** Jobs that have to end first, in whichever way. */
  readonly afterAny?: readonly string[] | undefined
  readonly webhook?: WebhookRequest | undefined
  readonly idempotencyKey?: string | undefined
  /** Nobody in particular, who may submit anything, unless given. */
  readonly caller?: Caller | undefined
}

/** A submission that its tool can read. */
export interface AskedFor {
  readonly tool: Tool
  readonly request: JobRequest
  readonly conditions: Pick<Job, 'after' | 'after_any'>
}

/** One that can be taken in: what is kept of it, and what all may know of it. */
export interface Checked {
  readonly request: JobRequest
  readonly job: Pick<Job, 'tool' | 'batch' | 'name' | 'input' | 'after' | 'after_any' | 'waiting_for' | 'webhook'>
}

/** Takes jobs in, or says why not. */
export class JobIntake {
  readonly #options: JobIntakeOptions
  #arriving = 0

  constructor(options: JobIntakeOptions) {
    this.#options = options
  }

  /** The id of the job, which is on the disk for good. */
  async submit(submission: Submission): Promise<string> {
    const asked = this.read(submission)
    const { idempotencyKey: sentKey, caller } = submission
    if (sentKey === undefined) return this.#take(asked)
    const idempotencyKey = ownKey(sentKey, caller)
    const request = { ...asked.request, idempotencyKey }
    return this.#options.idempotencyKeys.once(idempotencyKey, request.fingerprint, () => this.#take({ ...asked, request }))
  }

  /** What is asked for, as its tool reads it. Throws a HubError for what is wrong with it, and for what this caller may not ask for. */
  read({ tool: toolName, input: rawInput, after, afterAny, webhook, caller }: Submission): AskedFor {
    const tool = findTool(toolName)
    const input = parseInput(tool, rawInput)
    caller?.admit(tool.name, input)
    const owner = caller?.owner
    const conditions = { ...(after?.length && { after }), ...(afterAny?.length && { after_any: afterAny }) }
    const fingerprint = fingerprintOf(tool.name, input, conditions)
    return { tool, conditions, request: { tool: tool.name, input, fingerprint, ...(owner !== undefined && { owner }), ...(webhook && { webhook }) } }
  }

  /** Throws a HubError for what would only fail later. */
  async check({ tool, request, conditions }: AskedFor): Promise<Checked> {
    const { staging, waiting, assertCanRun, checkWebhook } = this.#options
    tool.check?.(request.input)
    const settled = tool.settle ? { ...request, input: tool.settle(request.input, (below) => randomInt(below)) } : request
    if (request.webhook) checkWebhook(request.webhook)
    this.#assertOpen()
    const names: (string | undefined)[] = []
    for (const source of tool.sources(request.input)) names.push(await staging.check(source, placeOf(source, request.input) ?? 'source'))
    const waiting_for = waiting.pending({ ...request, ...conditions })
    await assertCanRun(tool.requires?.(request.input) ?? {})
    return {
      request: settled,
      job: {
        tool: request.tool, ...(names[0] !== undefined && { name: names[0] }), input: withoutSecrets(settled.input),
        ...conditions, ...(waiting_for.length > 0 && { waiting_for }), ...(request.webhook && { webhook: true }),
      },
    }
  }

  /** Puts a job on the disk for good, to be worked on or, with `hold`, only when it is let go. Leaves nothing behind when it fails. */
  async create(id: string, { request, job }: Checked, { hold = false }: { readonly hold?: boolean } = {}): Promise<void> {
    const { log, index, queue, waiting, requests, removal, idempotencyKeys, atomically } = this.#options
    try {
      await requests.put(id, request)
      const created_at = index.nextCreatedAt()
      const writer = await log.write(id)
      try {
        this.#assertOpen()
        await soon(writer.append([{ type: 'status', data: { status: 'queued', id, ...job, created_at } }], { durable: true }))
        atomically(() => {
          if (request.idempotencyKey !== undefined) {
            idempotencyKeys.remember(request.idempotencyKey, { fingerprint: request.fingerprint, jobId: id, at: created_at })
          }
          index.insert(writer.record, { fingerprint: request.fingerprint, logBytes: writer.logBytes, owner: request.owner })
          if (hold) queue.hold(id, request.owner)
          else waiting.enter(writer.job, request.owner)
        })
      } finally {
        writer.release()
      }
    } catch (error) {
      waiting.forget(id)
      // Nobody is told of it, so it must not be found and run after a restart.
      await removal.discard(id)
      throw error
    }
  }

  /** The job that this caller has submitted with that key. */
  idOfKey(sentKey: string, caller: Caller): string | undefined {
    return this.#options.idempotencyKeys.jobOf(ownKey(sentKey, caller))
  }

  /** As it was sent. */
  keyOf(jobId: string): string | undefined {
    return this.#options.idempotencyKeys.keyOf(jobId)?.replace(/^.* /, '')
  }

  /** The newest job of this caller that was asked for the same and has not failed. */
  findSame({ tool: toolName, input, caller }: Submission): Job | undefined {
    const tool = findTool(toolName)
    return this.#options.index.findSame(fingerprintOf(tool.name, parseInput(tool, input)), { owner: caller?.owner, now: Date.now() })
  }

  /**
   * Runs `enter`, which adds so many jobs to the queue. Throws a HubError where they may not be added: `shutting_down`,
   * `queue_full`, `disk_full`. Those on their way in count, so that a crowd cannot all slip through the last place.
   */
  async admit<Result>(count: number, enter: () => Promise<Result>): Promise<Result> {
    this.#arriving += count
    try {
      this.#assertOpen()
      this.#assertQueueHasRoom()
      await this.#options.disk.assertRoomFor(RECORD_BYTES + (count - 1) * MORE_RECORD_BYTES)
      return await enter()
    } catch (error) {
      if (!isFileError(error, 'ENOSPC', 'EDQUOT') && !isFull(error)) throw error
      throw diskFull(error)
    } finally {
      this.#arriving -= count
    }
  }

  async #take(asked: AskedFor): Promise<string> {
    const checked = await this.check(asked)
    return this.admit(1, async () => {
      const id = newJobId()
      await this.create(id, checked)
      this.#options.waiting.look(id)
      this.#options.pool.wake()
      return id
    })
  }

  #assertOpen(): void {
    if (!this.#options.pool.isStopping) return
    throw new HubError('shutting_down', 'The hub is going down and takes no new jobs', { retryAfterSeconds: 10 })
  }

  #assertQueueHasRoom(): void {
    const { queue, pool, maxWaiting } = this.#options
    if (queue.waitingCount + this.#arriving <= maxWaiting + pool.freeSlots) return
    throw new HubError('queue_full', `${maxWaiting} jobs are waiting, which is the limit`, {
      hint: 'Try again when some of them are done', retryAfterSeconds: 10,
    })
  }
}

/** No header holds a space, so that nobody can send the key of another. */
function ownKey(sentKey: string, caller: Caller | undefined): string {
  return caller?.owner === undefined ? sentKey : `${caller.owner} ${sentKey}`
}

/** What the request, the first lines of the log and the rows of a job may take. */
const RECORD_BYTES = 1024 ** 2
/** What each job of a batch takes besides. */
const MORE_RECORD_BYTES = 64 * 1024
const SOON_MS = 10_000

/** The log waits for room as long as it takes; who submits a job does not. */
async function soon<Result>(appended: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(diskFull()), SOON_MS)
  })
  return Promise.race([appended, late]).finally(() => clearTimeout(timer))
}

function diskFull(cause?: unknown): HubError {
  return new HubError('disk_full', 'The disk is full', { hint: 'Wait until some jobs expire', retryAfterSeconds: 60, cause })
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** 131 random bits: who knows the id may read the job. Letters and digits only, to be typed and double-clicked. */
export const newJobId = customAlphabet(ALPHABET, 22)

/** A URL's query often holds a signature; the job's log is for all who know its id. */
function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return /^https?:\/\//i.test(value) ? redactUrl(value) : value
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withoutSecrets(field)]))
}
