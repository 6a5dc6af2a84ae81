import { HubError } from '../errors.ts'
import type { AddressPolicy } from '../fetch/address-policy.ts'
import { checkUrl } from '../fetch/check-url.ts'
import type { Database } from '../jobs/database.ts'
import type { Job } from '../jobs/job.ts'
import { WEBHOOK_EVENTS, type WebhookEvent, type WebhookRequest } from '../jobs/webhook-request.ts'
import type { Entry } from '../streams/entry.ts'
import type { OpenStream } from '../streams/event-log.ts'
import { Deliverer, type DeliveryOutcome, type Target } from './deliverer.ts'
import { secretsAt, type Endpoint, type Endpoints } from './endpoints.ts'
import { LogReader, type Subscriber } from './log-reader.ts'
import { Outbox, type Delivery, type DeliveryFilter } from './outbox.ts'
import { makeSecret } from './signature.ts'

export interface WebhooksOptions {
  readonly database: Database
  readonly endpoints: Endpoints
  readonly policy: AddressPolicy
  readonly retriesMs: readonly number[]
  readonly retentionMs: number
  readonly openJob: (id: string) => Promise<OpenStream | undefined>
  readonly openBatch: (id: string) => Promise<OpenStream | undefined>
  /** The webhook that a job or a batch was submitted with. */
  readonly requestOf: (id: string) => Promise<WebhookRequest | undefined>
  readonly onAttempt: (outcome: DeliveryOutcome) => void
  readonly onDisabled: (webhook: string) => void
  readonly onError: (error: unknown) => void
}

/** A job or batch whose log may hold something to tell. */
export interface Told {
  readonly id: string
  readonly logBytes: number
}

const UNLESS_ASKED: ReadonlySet<WebhookEvent> = new Set(WEBHOOK_EVENTS.filter((type) => type !== 'job.artifact'))
const KEPT_AT_LEAST_MS = 3 * 86_400_000

/** Tells others what becomes of jobs and batches: readers of the logs, whose place is kept, and an outbox that is emptied by and by. */
export class Webhooks {
  readonly #options: WebhooksOptions
  readonly #outbox: Outbox
  readonly #jobs: LogReader
  readonly #batches: LogReader
  readonly #deliverer: Deliverer

  constructor(options: WebhooksOptions) {
    const { database, endpoints, policy, retriesMs, openJob, openBatch, onAttempt, onError } = options
    this.#options = options
    this.#outbox = new Outbox(database)
    const outbox = this.#outbox
    const shared = {
      outbox, subscribersOf: (subject: string) => this.#subscribersOf(subject), onAdded: () => this.#deliverer.wake(),
      onError: (_: string, error: unknown) => onError(error),
    }
    this.#jobs = new LogReader({ ...shared, open: openJob, eventOf: jobEventOf, dataOf: withoutInput })
    this.#batches = new LogReader({ ...shared, open: openBatch, eventOf: batchEventOf, dataOf: withoutItems })
    this.#deliverer = new Deliverer({
      outbox, policy, retriesMs, onError, onAttempt: (_, outcome) => onAttempt(outcome),
      targetOf: ({ webhook, own }) => targetOf(own ?? enabled(endpoints.find(webhook))),
      onGone: ({ webhook, own }) => void this.#gone(webhook, own !== undefined).catch(onError),
    })
  }

  /** `behind` are the jobs and batches whose logs may hold what has not been read. */
  start({ jobs, batches }: { readonly jobs: readonly Told[]; readonly batches: readonly Told[] }): void {
    for (const { id } of jobs.filter((job) => this.#isBehind(job))) this.#jobs.wake(id)
    for (const { id } of batches.filter((batch) => this.#isBehind(batch))) this.#batches.wake(id)
    this.#deliverer.wake()
  }

  /** Throws a HubError for an address that nothing may be sent to. */
  check({ url }: Pick<WebhookRequest, 'url'>, path = 'webhook.url'): void {
    checkUrl(url, { policy: this.#options.policy, path })
  }

  /** With its secret, which is never shown again. */
  async add({ url, events, secret = makeSecret() }: WebhookRequest): Promise<Endpoint> {
    this.check({ url }, 'url')
    return this.#options.endpoints.add({ url, events, secret })
  }

  list(): readonly Endpoint[] {
    return this.#options.endpoints.all
  }

  /** What is on its way to it has failed. */
  async remove(id: string): Promise<void> {
    await this.#options.endpoints.remove(id)
    this.#outbox.giveUp(id)
  }

  /** With its secret, which is never shown again. */
  rotate(id: string, { secret = makeSecret(), keepMs }: { secret?: string | undefined; keepMs: number }): Promise<Endpoint> {
    return this.#options.endpoints.rotate(id, { secret, keepMs, now: Date.now() })
  }

  enable(id: string): Promise<Endpoint> {
    return this.#options.endpoints.setDisabled(id, undefined)
  }

  deliveries(filter: DeliveryFilter): ReturnType<Outbox['list']> {
    return this.#outbox.list(filter)
  }

  /** Throws `delivery_not_found`. */
  delivery(id: string): Delivery {
    const found = this.#outbox.get(id)
    if (found) return found
    throw new HubError('delivery_not_found', `There is no delivery "${id.slice(0, 40)}"`, { hint: 'Deliveries are kept for some days after they are done' })
  }

  /** Sends it again, with the same id. Throws a HubError where its webhook takes nothing. */
  replay(id: string): Delivery {
    const { webhook, own } = this.delivery(id)
    if (own === undefined && enabled(this.#options.endpoints.get(webhook)) === undefined) {
      throw new HubError('webhook_disabled', 'The webhook is disabled', { hint: `Enable it with POST /api/webhooks/${webhook}/enable` })
    }
    this.#outbox.again(id, Date.now())
    this.#deliverer.wake()
    return this.delivery(id)
  }

  jobChanged({ id, webhook }: Pick<Job, 'id' | 'webhook'>): void {
    if (webhook === true || this.#options.endpoints.all.length > 0) this.#jobs.wake(id)
  }

  batchChanged(id: string): void {
    this.#batches.wake(id)
  }

  /** A job or batch is about to be removed: what is in its log is read before. Never rejects. */
  async removing(id: string): Promise<void> {
    await Promise.all([this.#jobs.settled(id), this.#batches.settled(id)])
    try {
      this.#outbox.forgetLog(id)
    } catch (error) {
      this.#options.onError(error)
    }
  }

  get pendingCount(): number {
    return this.#outbox.pendingCount
  }

  sweep(now: number): void {
    this.#outbox.sweep(now - Math.max(this.#options.retentionMs, KEPT_AT_LEAST_MS))
  }

  /** Lets what is due go out for `waitMs`; what has not is sent after the next start. */
  async stop({ waitMs }: { readonly waitMs: number }): Promise<void> {
    await Promise.all([this.#jobs.stop(), this.#batches.stop()])
    await this.#deliverer.stop({ waitMs })
  }

  #isBehind({ id, logBytes }: Told): boolean {
    const read = this.#outbox.readUpTo(id)
    return read === undefined || !read.endsWith(`.${logBytes}`)
  }

  async #subscribersOf(subject: string): Promise<readonly Subscriber[]> {
    const { endpoints, requestOf } = this.#options
    const common = endpoints.all.filter(({ disabled }) => disabled === undefined).map(({ id, url, events, createdAt }) => ({
      webhook: id, url, events: events ? new Set(events) : UNLESS_ASKED, since: createdAt, own: undefined,
    }))
    const request = await requestOf(subject)
    if (!request) return common
    const { url, events, secret } = request
    return [...common, {
      webhook: subject, url, events: events ? new Set(events) : UNLESS_ASKED, since: 0, own: { url, ...(secret !== undefined && { secret }) },
    }]
  }

  async #gone(webhook: string, isOwn: boolean): Promise<void> {
    const { endpoints, onDisabled } = this.#options
    this.#outbox.giveUp(webhook)
    if (!isOwn && endpoints.find(webhook)) await endpoints.setDisabled(webhook, 'It answered 410 Gone')
    onDisabled(webhook)
  }
}

function enabled(endpoint: Endpoint | undefined): Endpoint | undefined {
  return endpoint?.disabled === undefined ? endpoint : undefined
}

function targetOf(place: Pick<Endpoint, 'url' | 'secret' | 'earlier'> | undefined): Target | undefined {
  return place && { url: place.url, secretsAt: (at) => secretsAt(place, at) }
}

const EVENT_OF_STATUS: Readonly<Record<string, WebhookEvent>> = {
  running: 'job.started', completed: 'job.completed', failed: 'job.failed', cancelled: 'job.cancelled',
}

function jobEventOf({ type, data }: Entry): WebhookEvent | undefined {
  if (type === 'artifact') return 'job.artifact'
  return type === 'status' ? EVENT_OF_STATUS[(data as { status: string }).status] : undefined
}

const BATCH_EVENT_OF_STATUS: Readonly<Record<string, WebhookEvent>> = {
  completed: 'batch.completed', failed: 'batch.failed', cancelled: 'batch.cancelled',
}

function batchEventOf({ type, data }: Entry): WebhookEvent | undefined {
  return type === 'status' ? BATCH_EVENT_OF_STATUS[(data as { status: string }).status] : undefined
}

/** What was asked for may be long, and is known to who asked. */
function withoutInput(snapshot: unknown): unknown {
  const { input: _, ...told } = snapshot as Job
  return told
}

function withoutItems(snapshot: unknown): unknown {
  const { items: _, ...told } = snapshot as { readonly items: unknown }
  return told
}
