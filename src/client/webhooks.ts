import { askJson, patiently, removePatiently, type Hub } from './hub.ts'

/** A receiver that the hub tells of all jobs and batches. */
export interface HubWebhook {
  readonly id: string
  readonly url: string
  /** null: all but `job.artifact`. */
  readonly events: readonly string[] | null
  readonly signed: boolean
  /** Secrets that were replaced and sign too for a time. */
  readonly earlier_secrets?: readonly { readonly until: number }[]
  readonly created_at: number
  readonly disabled?: string
}

export interface WebhookOptions {
  readonly url: string
  readonly events?: readonly string[]
  /** Made by the hub unless given. */
  readonly secret?: string
}

type Signal = { readonly signal?: AbortSignal }

/** The hub's webhooks, for its operator. */
export class HubWebhooks {
  readonly #hub: Hub

  constructor(hub: Hub) {
    this.#hub = hub
  }

  async list({ signal }: Signal = {}): Promise<readonly HubWebhook[]> {
    const { webhooks } = await patiently(this.#hub, () => askJson<{ readonly webhooks: readonly HubWebhook[] }>(this.#hub, PATH, { signal }), { signal })
    return webhooks
  }

  /** With its secret, which is told this once. */
  add(options: WebhookOptions, { signal }: Signal = {}): Promise<HubWebhook & { readonly secret: string }> {
    return this.#post('', options, signal)
  }

  /** A new secret; the one before signs too for `keepSeconds`, a day unless given, and with 0 all before it end at once. */
  rotate(id: string, { secret, keepSeconds, signal }: { readonly secret?: string | undefined; readonly keepSeconds?: number | undefined } & Signal = {}): Promise<HubWebhook & { readonly secret: string }> {
    return this.#post(`/${encodeURIComponent(id)}/rotate`, { secret, keep_seconds: keepSeconds }, signal)
  }

  /** Tells one again that was disabled. */
  enable(id: string, { signal }: Signal = {}): Promise<HubWebhook> {
    return this.#post(`/${encodeURIComponent(id)}/enable`, {}, signal)
  }

  remove(id: string, { signal }: Signal = {}): Promise<void> {
    return removePatiently(this.#hub, `${PATH}/${encodeURIComponent(id)}`, { signal })
  }

  /** Once: a second one would be another. */
  #post<Answer>(path: string, body: object, signal: AbortSignal | undefined): Promise<Answer> {
    return askJson(this.#hub, PATH + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal })
  }
}

const PATH = '/api/webhooks'
