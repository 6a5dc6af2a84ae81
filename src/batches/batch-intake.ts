import { HubError, type ErrorCode, type FieldError } from '../errors.ts'
import type { Caller } from '../jobs/caller.ts'
import type { IdempotencyKeys } from '../jobs/idempotency-keys.ts'
import { newJobId, type AskedFor, type Checked, type JobIntake } from '../jobs/job-intake.ts'
import type { JobIndex } from '../jobs/job-index.ts'
import type { WaitingJobs } from '../jobs/waiting-jobs.ts'
import { fingerprintOf, type RequestStore } from '../jobs/request-store.ts'
import type { WebhookRequest } from '../jobs/webhook-request.ts'
import type { WorkerPool } from '../jobs/worker-pool.ts'
import type { BatchIndex } from './batch-index.ts'
import type { BatchLog } from './batch-log.ts'
import type { BatchSubmission } from './batch-submission.ts'

/** What was asked for, whole: what a crash left unmade is made from it. */
export interface BatchRequest {
  readonly jobs: readonly (Checked & { readonly id: string })[]
  readonly createdAt: number
  readonly owner?: string
  readonly webhook?: WebhookRequest
  readonly idempotencyKey?: string
  readonly fingerprint: string
}

export interface BatchIntakeOptions {
  readonly intake: JobIntake
  readonly jobs: Pick<JobIndex, 'get' | 'ownerOf' | 'wasRemoved' | 'nextCreatedAt'>
  readonly waiting: WaitingJobs
  readonly pool: Pick<WorkerPool, 'wake'>
  readonly requests: RequestStore<BatchRequest>
  readonly log: BatchLog
  readonly index: BatchIndex
  readonly idempotencyKeys: IdempotencyKeys
  readonly checkWebhook: (webhook: WebhookRequest) => void
  readonly atomically: (change: () => void) => void
  /** Removes a job of a batch that is not made after all. */
  readonly discardJob: (id: string) => Promise<void>
  /** Removes what there is of a batch. */
  readonly discard: (id: string) => Promise<void>
}

const AT_ONCE = 16
const MOST_ERRORS = 50
/** These are not about one item: the whole is refused. */
const OF_ALL: ReadonlySet<ErrorCode> = new Set(['shutting_down', 'queue_full', 'disk_full', 'rate_limited', 'quota_exceeded', 'internal'])

/** Takes batches in: all of their jobs, or none. */
export class BatchIntake {
  readonly #options: BatchIntakeOptions

  constructor(options: BatchIntakeOptions) {
    this.#options = options
  }

  /** The id of the batch, all of which is on the disk for good. Throws a HubError that names each item that is wrong. */
  async submit(submission: BatchSubmission, { caller, idempotencyKey }: { caller: Caller; idempotencyKey: string | undefined }): Promise<string> {
    const { items, webhook, list } = submission
    const { intake } = this.#options
    const read = await eachItem(items, async ({ tool, input, after, after_any: afterAny }) => (
      intake.read({ tool, input, after, afterAny, webhook: webhookOfJobs(webhook), caller })
    ))
    // What else is wrong is told at once, and not when this is right.
    if (read.failures.length > 0) throw refusal(list, [...read.failures, ...(await eachItem(read.results, (one) => intake.check(one))).failures])
    const asked = read.results.filter((one) => one !== undefined)
    const fingerprint = fingerprintOf('batch', asked.map(({ request }) => request.fingerprint), { ...(webhook && { webhook: webhook.url }) })
    const make = (key?: string) => this.#take(asked, { list, caller, fingerprint, webhook, ...(key !== undefined && { idempotencyKey: key }) })
    if (idempotencyKey === undefined) return make()
    // Three words, where the key of a job has at most two.
    const key = `batch ${caller.owner ?? '-'} ${idempotencyKey}`
    return this.#options.idempotencyKeys.once(key, fingerprint, () => make(key))
  }

  /** Makes what a crash left unmade of a batch. Those of its jobs that were there and are removed stay removed. */
  async complete({ jobs }: BatchRequest): Promise<void> {
    const { intake, jobs: index } = this.#options
    for (const { id: jobId, ...checked } of jobs) {
      if (index.get(jobId) || index.wasRemoved(jobId)) continue
      await intake.create(jobId, checked)
    }
  }

  /** So that the request which made it is known when it is sent again. */
  remember(id: string, { idempotencyKey, fingerprint, createdAt }: BatchRequest): void {
    if (idempotencyKey !== undefined) this.#options.idempotencyKeys.remember(idempotencyKey, { fingerprint, jobId: id, at: createdAt })
  }

  async #take(
    asked: readonly AskedFor[],
    { list, caller, webhook, ...kept }: { list: string; caller: Caller; webhook: WebhookRequest | undefined; fingerprint: string; idempotencyKey?: string },
  ): Promise<string> {
    const { intake, checkWebhook, jobs } = this.#options
    if (webhook) checkWebhook(webhook)
    const { results, failures } = await eachItem(asked, (one) => intake.check(one))
    if (failures.length > 0) throw refusal(list, failures)
    const checked = results.filter((one) => one !== undefined)
    caller.countSubmits(checked.length - 1)
    const id = newJobId()
    const request: BatchRequest = {
      ...kept, createdAt: jobs.nextCreatedAt(), ...(caller.owner !== undefined && { owner: caller.owner }), ...(webhook && { webhook }),
      jobs: checked.map(({ request: each, job }, index) => ({ id: newJobId(), request: each, job: { ...job, batch: { id, index } } })),
    }
    await intake.admit(checked.length, () => this.#create(id, request))
    return id
  }

  /** The batch first, so that of what a crash interrupts it is known what is to be made. */
  async #create(id: string, request: BatchRequest): Promise<void> {
    const { requests, log, index, intake, waiting, pool, jobs, atomically, discard, discardJob } = this.#options
    const made: string[] = []
    try {
      await requests.put(id, request)
      const { createdAt, owner } = request
      index.insert(id, { owner, createdAt })
      await log.begin(id, {
        created_at: createdAt,
        items: request.jobs.map(({ id: job, job: { tool, name } }, at) => ({ index: at, job, tool, ...(name !== undefined && { name }), status: 'queued', attempt: 0 })),
      })
      await inTurns(request.jobs, async ({ id: jobId, ...checked }) => {
        await intake.create(jobId, checked, { hold: true })
        made.push(jobId)
      })
      atomically(() => {
        this.remember(id, request)
        for (const { id: jobId } of request.jobs) waiting.enter(jobs.get(jobId)!, owner)
      })
    } catch (error) {
      await discard(id)
      for (const jobId of made) await discardJob(jobId)
      throw error
    }
    for (const { id: jobId } of request.jobs) waiting.look(jobId)
    pool.wake()
  }
}

/** Of a webhook that is told of the jobs too, what they are to tell it. */
function webhookOfJobs(webhook: WebhookRequest | undefined): WebhookRequest | undefined {
  const events = webhook?.events?.filter((type) => type.startsWith('job.'))
  return webhook && events?.length ? { ...webhook, events } : undefined
}

interface ItemFailure {
  readonly index: number
  readonly error: HubError
}

/** Goes on after an item that is wrong; what is not about one item is thrown. Passes over items that are undefined. */
async function eachItem<Item, Result>(
  items: readonly (Item | undefined)[], action: (item: Item) => Promise<Result>,
): Promise<{ readonly results: readonly (Result | undefined)[]; readonly failures: readonly ItemFailure[] }> {
  const results: (Result | undefined)[] = items.map(() => undefined)
  const failures: ItemFailure[] = []
  for (const [index, item] of items.entries()) {
    if (item === undefined) continue
    try {
      results[index] = await action(item)
    } catch (error) {
      if (!(error instanceof HubError) || OF_ALL.has(error.code)) throw error
      failures.push({ index, error })
      if (failures.length >= MOST_ERRORS) break
    }
  }
  return { results, failures }
}

/** Names each item that is wrong, by its place in the request. */
function refusal(list: string, failures: readonly ItemFailure[]): HubError {
  const inOrder = [...failures].sort((a, b) => a.index - b.index)
  const [{ error: first, index: at }] = inOrder as [ItemFailure]
  const code = inOrder.every(({ error }) => error.code === first.code) ? first.code : 'invalid_input'
  const errors = inOrder.flatMap(({ index, error }): FieldError[] => (
    error.errors?.map(({ path, message }) => ({ path: path === '' ? `${list}[${index}]` : `${list}[${index}].${path}`, message }))
    ?? [{ path: `${list}[${index}]`, message: error.message }]
  ))
  return new HubError(code, `${list}[${at}]: ${first.message}${inOrder.length > 1 ? `, and ${inOrder.length - 1} more are wrong` : ''}`, {
    errors, hint: first.hint ?? 'None of the batch has been taken in; send it again without these',
  })
}

/** So many at a time; after a failure no more are begun, and it is thrown when all that were have ended. */
async function inTurns<Item>(items: readonly Item[], action: (item: Item) => Promise<void>): Promise<void> {
  let next = 0
  let failure: { readonly error: unknown } | undefined
  const work = async () => {
    while (next < items.length && !failure) await action(items[next++]!).catch((error: unknown) => (failure ??= { error }))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  if (failure) throw (failure as { readonly error: unknown }).error
}
