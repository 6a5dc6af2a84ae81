import type { Batch } from '../batches/batch.ts'
import type { FeedEvent, Job, JobStatus } from '../jobs/job.ts'
import { BatchHandle } from './batch-handle.ts'
import { followFeed, type FeedOptions } from './follow.ts'
import type { HubProblem, HubUnreachableError } from './hub-problem.ts'
import { askJson, patiently, type Hub, type TransportName } from './hub.ts'
import { JobHandle } from './job-handle.ts'
import { withoutOffset, type AtOffset } from './transport.ts'
import type { WebSocketConstructor } from './transport.websocket.ts'
import { upload, type Upload, type UploadBody, type UploadOptions } from './upload.ts'
import { HubWebhooks } from './webhooks.ts'

export interface HubClientOptions {
  /** Of the hub, for example `http://127.0.0.1:5000`. */
  readonly url: string
  /**
   * Instead of the platform's. Node 24 ends the process when a server hangs up on a reader of its `fetch` that is
   * behind (nodejs/undici#5360), so a program that must not end that way hands in one of its own.
   */
  readonly fetch?: typeof globalThis.fetch
  /** For platforms without their own (Node before 22): that of the package `ws`. null does without. */
  readonly WebSocket?: WebSocketConstructor | null
  /** Of the hub's operator, where one is needed; sent with each HTTP request. Reading a job takes its id alone. */
  readonly key?: string | undefined
  /** Sent with each HTTP request; a WebSocket cannot carry them. */
  readonly headers?: Readonly<Record<string, string>>
  /** How long a request that may be repeated is tried at a hub that is away or full, in milliseconds; 30 s. */
  readonly patienceMs?: number
  /** Which way of following is tried first; SSE unless said otherwise. Browsers open few of these at a time to one hub. */
  readonly firstTransport?: TransportName
  /** Hears of each failed attempt that will be repeated. */
  readonly onRetry?: (failure: HubProblem | HubUnreachableError, pauseMs: number) => void
}

/** A hub, from the outside. Runs wherever there is `fetch`. */
export class HubClient {
  readonly #hub: Hub

  constructor(options: HubClientOptions) {
    const PlatformWebSocket = (globalThis as { readonly WebSocket?: WebSocketConstructor }).WebSocket
    this.#hub = {
      url: options.url.replace(/\/+$/, ''),
      fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
      WebSocket: options.WebSocket === undefined ? PlatformWebSocket : options.WebSocket ?? undefined,
      headers: { ...(options.key !== undefined && { authorization: `Bearer ${options.key}` }), ...options.headers },
      patienceMs: options.patienceMs ?? 30_000,
      onRetry: options.onRetry,
      preferredTransport: options.firstTransport ?? 'sse',
    }
  }

  /**
   * Hands a job to the hub. Sent with an Idempotency-Key, so that a request whose answer was lost is sent again
   * without making a second job.
   */
  async submit(tool: string, input: unknown, options: SubmitOptions = {}): Promise<JobHandle> {
    const { after, afterAny, webhook } = options
    const job = await this.#make<AtOffset<Job>>('/api/jobs', { tool, input, after, after_any: afterAny, webhook }, options)
    return new JobHandle(this.#hub, job.id, job)
  }

  /**
   * Hands in many jobs as one batch, of which all are taken in or none. A request whose answer was lost is sent again
   * as with `submit`.
   */
  async submitBatch(wanted: BatchRequest, options: Omit<SubmitOptions, 'after' | 'afterAny'> = {}): Promise<BatchHandle> {
    const body = 'items' in wanted ? { items: wanted.items.map(inWords) } : inWords(wanted)
    const batch = await this.#make<AtOffset<Batch>>('/api/batches', { ...body, webhook: options.webhook }, options)
    return new BatchHandle(this.#hub, batch.id, withoutOffset(batch))
  }

  /** A batch that is there already, or not: nothing is asked yet. */
  batch(id: string): BatchHandle {
    return new BatchHandle(this.#hub, id)
  }

  /** A job that is there already, or not: nothing is asked yet. */
  job(id: string): JobHandle {
    return new JobHandle(this.#hub, id)
  }

  /** Newest first, a page at a time. */
  jobs({ status = [], tool, limit, cursor, signal }: JobFilter = {}): Promise<JobPage> {
    const query = new URLSearchParams({
      ...(status.length > 0 && { status: status.join(',') }), ...(tool !== undefined && { tool }),
      ...(limit !== undefined && { limit: String(limit) }), ...(cursor !== undefined && { cursor }),
    })
    return this.#get(`/api/jobs?${query}`, signal)
  }

  /** What happens to all jobs, beginning with the newest as they are; see `followFeed`. */
  feed(options: FeedOptions = {}): AsyncGenerator<FeedEvent, void, undefined> {
    return followFeed(this.#hub, options)
  }

  /** Sends a file for a job to read as its source. */
  upload(name: string, body: UploadBody, options: UploadOptions = {}): Promise<Upload> {
    return upload(this.#hub, name, body, options)
  }

  /** Who is told of all jobs; for the operator of the hub. */
  get webhooks(): HubWebhooks {
    return new HubWebhooks(this.#hub)
  }

  async tools({ signal }: { readonly signal?: AbortSignal } = {}): Promise<readonly ToolInfo[]> {
    const { tools } = await this.#get<{ readonly tools: readonly ToolInfo[] }>('/api/tools', signal)
    return tools
  }

  /** What a job of this tool with this input would run, or why it would be refused; nothing is fetched, and nothing stays. */
  plan(tool: string, input: unknown, { signal }: { readonly signal?: AbortSignal } = {}): Promise<JobPlan> {
    return askJson(this.#hub, `/api/tools/${encodeURIComponent(tool)}/plan`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ input }), signal,
    })
  }

  health({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Health> {
    return this.#get('/health', signal)
  }

  #make<Answer>(path: string, body: object, { idempotencyKey = randomKey(), signal }: Pick<SubmitOptions, 'idempotencyKey' | 'signal'>): Promise<Answer> {
    return patiently(this.#hub, () => askJson<Answer>(this.#hub, path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify(body), signal,
    }), { signal })
  }

  #get<Answer>(path: string, signal: AbortSignal | undefined): Promise<Answer> {
    return patiently(this.#hub, () => askJson<Answer>(this.#hub, path, { signal }), { signal })
  }
}

export interface SubmitOptions {
  /** The same key and the same input give the same job. */
  readonly idempotencyKey?: string
  /** Ids of jobs that have to complete first. */
  readonly after?: readonly string[]
  /** Ids of jobs that have to end first, in whichever way. */
  readonly afterAny?: readonly string[]
  /** Where the hub is to tell what becomes of it. */
  readonly webhook?: { readonly url: string; readonly events?: readonly string[]; readonly secret?: string }
  readonly signal?: AbortSignal
}

/** Many inputs for one tool, or items that each name their own. */
export type BatchRequest =
  | ({
    readonly tool: string
    /** Sources, or inputs that are put over `shared`. */
    readonly inputs: readonly (string | object)[]
    readonly shared?: object
  } & Afters)
  | { readonly items: readonly ({ readonly tool: string; readonly input: unknown } & Afters)[] }

type Afters = Pick<SubmitOptions, 'after' | 'afterAny'>

export interface JobFilter {
  readonly status?: readonly JobStatus[]
  readonly tool?: string
  readonly limit?: number
  /** The `next_cursor` of the page before. */
  readonly cursor?: string
  readonly signal?: AbortSignal
}

export interface JobPage {
  readonly jobs: readonly Job[]
  readonly next_cursor: string | null
}

export interface ToolInfo {
  readonly name: string
  readonly title: string
  /** JSON Schema. */
  readonly input: unknown
  /** Input that people mostly want, without its sources. */
  readonly presets?: readonly { readonly name: string; readonly title: string; readonly input: Readonly<Record<string, unknown>> }[]
}

/** What a job would run, with neutral names for its files. */
export interface JobPlan {
  readonly tool: string
  /** Something of it hangs on a source that was not looked at, and is assumed to be a plain film, sound or picture. */
  readonly assumed: boolean
  readonly sources: readonly { readonly file: string; readonly assumed?: 'film' | 'sound' | 'picture' }[]
  /** `shell` does the same in a terminal. */
  readonly commands: readonly { readonly program: string; readonly args: readonly string[]; readonly shell: string }[]
  readonly artifacts: readonly { readonly name: string; readonly content_type: string }[]
  /** Why there are no commands, where what was assumed does not fit. */
  readonly reason?: string
}

export interface Health {
  readonly status: string
  readonly [field: string]: unknown
}

/** As the wire calls it. */
function inWords<Fields extends Afters>({ afterAny, ...fields }: Fields) {
  return { ...fields, after_any: afterAny }
}

/** Not `randomUUID`: browsers have that only on pages that came by https. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
