import { readFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { customAlphabet } from 'nanoid'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import { WEBHOOK_EVENTS, type WebhookEvent, type WebhookRequest } from '../jobs/webhook-request.ts'

const endpoint = z.strictObject({
  id: z.string(),
  url: z.string(),
  events: z.array(z.enum(WEBHOOK_EVENTS)).optional(),
  secret: z.string().optional(),
  /** Secrets that were replaced, the newest first: each signs too until then, in milliseconds since 1970. */
  earlier: z.array(z.strictObject({ secret: z.string(), until: z.number() })).optional(),
  createdAt: z.number(),
  /** Why it is told nothing for now. */
  disabled: z.string().optional(),
})
const endpointFile = z.strictObject({ webhooks: z.array(endpoint) })

/** Who is told of all jobs and batches. */
export type Endpoint = z.infer<typeof endpoint>

/** The one that is made of the settings. */
export const FROM_SETTINGS = 'settings'
const MOST_ENDPOINTS = 100
/** Each is one more signature in the header. */
const MOST_EARLIER = 3

export interface EndpointsOptions {
  readonly path: string
  /** As the settings name it. */
  readonly configured: Pick<WebhookRequest, 'url' | 'secret'> | undefined
}

/** The webhooks of a hub, in a file that only its user can read: their secrets are in it. */
export class Endpoints {
  readonly #path: string
  #endpoints: readonly Endpoint[]
  #writing: Promise<void> = Promise.resolve()

  private constructor(path: string, endpoints: readonly Endpoint[]) {
    this.#path = path
    this.#endpoints = endpoints
  }

  /** Throws a HubError where the file holds something else. */
  static async open({ path, configured }: EndpointsOptions): Promise<Endpoints> {
    const stored = readEndpoints(path)
    const endpoints = new Endpoints(path, stored)
    const known = stored.find(({ id }) => id === FROM_SETTINGS)
    if (known?.url !== configured?.url || known?.secret !== configured?.secret) {
      const isSame = configured !== undefined && known?.url === configured.url
      const made = configured && {
        id: FROM_SETTINGS, url: configured.url, ...(configured.secret !== undefined && { secret: configured.secret }),
        createdAt: isSame ? known.createdAt : Date.now(),
      }
      await endpoints.#change((all) => [...all.filter(({ id }) => id !== FROM_SETTINGS), ...(made ? [made] : [])])
    }
    return endpoints
  }

  get all(): readonly Endpoint[] {
    return this.#endpoints
  }

  /** Throws `webhook_not_found`. */
  get(id: string): Endpoint {
    const found = this.find(id)
    if (found) return found
    throw new HubError('webhook_not_found', `There is no webhook "${id.slice(0, 40)}"`, { hint: 'GET /api/webhooks lists those there are' })
  }

  find(id: string): Endpoint | undefined {
    return this.#endpoints.find((known) => known.id === id)
  }

  /** On the disk for good when it resolves. */
  async add({ url, events, secret }: { url: string; events?: readonly WebhookEvent[] | undefined; secret: string }): Promise<Endpoint> {
    if (this.#endpoints.length >= MOST_ENDPOINTS) {
      throw new HubError('invalid_input', `There are ${MOST_ENDPOINTS} webhooks, which is the limit`, { hint: 'Remove one first' })
    }
    const made: Endpoint = { id: newId(), url, ...(events && { events: [...events] }), secret, createdAt: Date.now() }
    await this.#change((all) => [...all, made])
    return made
  }

  async remove(id: string): Promise<void> {
    if (id === FROM_SETTINGS) {
      throw new HubError('invalid_input', 'This webhook is that of the settings', { hint: 'Start the hub without REELTIME_WEBHOOK_URL' })
    }
    this.get(id)
    await this.#change((all) => all.filter((known) => known.id !== id))
  }

  /**
   * Replaces the secret. The one before signs too for `keepMs`, and so do those before it for the time that is left to
   * them; with 0 all of them end now.
   */
  async rotate(id: string, { secret, keepMs, now }: { secret: string; keepMs: number; now: number }): Promise<Endpoint> {
    if (id === FROM_SETTINGS) {
      throw new HubError('invalid_input', 'The secret of this webhook is in the settings', { hint: 'Change REELTIME_WEBHOOK_SECRET, or add a webhook with POST /api/webhooks' })
    }
    const { earlier: kept = [], secret: old, ...known } = this.get(id)
    if (old === secret) throw new HubError('invalid_input', 'This is the secret that it has', { errors: [{ path: 'secret', message: 'has to be another one' }] })
    const earlier = keepMs === 0 ? [] : [...(old === undefined ? [] : [{ secret: old, until: now + keepMs }]), ...kept.filter(({ until }) => until > now)]
    if (earlier.length > MOST_EARLIER) {
      throw new HubError('invalid_input', `${MOST_EARLIER} earlier secrets still sign, which is the limit`, {
        errors: [{ path: 'keep_seconds', message: 'may be 0 only' }], hint: 'Wait until one has ended, or end all of them with "keep_seconds":0',
      })
    }
    const changed: Endpoint = { ...known, secret, ...(earlier.length > 0 && { earlier }) }
    await this.#change((all) => all.map((other) => (other.id === id ? changed : other)))
    return changed
  }

  /** With a reason it is told nothing until it is enabled again, which is without one. */
  async setDisabled(id: string, reason: string | undefined): Promise<Endpoint> {
    const { disabled: _, ...known } = this.get(id)
    const changed = { ...known, ...(reason !== undefined && { disabled: reason }) }
    await this.#change((all) => all.map((other) => (other.id === id ? changed : other)))
    return changed
  }

  /** What is in memory holds from now on; what is in the file follows, one write after the other. */
  #change(change: (all: readonly Endpoint[]) => readonly Endpoint[]): Promise<void> {
    this.#endpoints = change(this.#endpoints)
    const text = `${JSON.stringify({ webhooks: this.#endpoints }, null, 2)}\n`
    const written = this.#writing.then(() => writeWhole(this.#path, text))
    this.#writing = written.catch(() => undefined)
    return written
  }
}

/** Those that sign, the newest first. */
export function secretsAt({ secret, earlier = [] }: Pick<Endpoint, 'secret' | 'earlier'>, at: number): readonly string[] {
  return [...(secret === undefined ? [] : [secret]), ...earlier.filter(({ until }) => until > at).map((one) => one.secret)]
}

function readEndpoints(path: string): readonly Endpoint[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  try {
    return endpointFile.parse(JSON.parse(text)).webhooks
  } catch (error) {
    throw new HubError('invalid_input', 'webhooks.json in the data directory cannot be read as webhooks', {
      hint: 'Put it right, or move it away and add the webhooks again', cause: error,
    })
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  const file = await open(`${path}.part`, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.part`, path)
}

const newId = customAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 12)
