import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { ifPresent } from './file-error.ts'
import { syncDirectory } from './sync-directory.ts'
import type { WebhookRequest } from './webhook-request.ts'

/** What was asked for, whole: addresses with their secrets too, which the log, being public, must not hold. */
export interface JobRequest {
  readonly tool: string
  readonly input: unknown
  readonly fingerprint: string
  /** What the caller sent so that sending again makes no second job. */
  readonly idempotencyKey?: string
  /** Whose job it is. */
  readonly owner?: string
  /** Where to tell what becomes of it, and the secret to sign that with. */
  readonly webhook?: WebhookRequest
}

/** Keeps the request of each job, or batch, beside its log, so that it can be run again after anything. */
export class RequestStore<Request extends object = JobRequest> {
  readonly #directory: string

  constructor({ directory }: { directory: string }) {
    this.#directory = directory
  }

  /** On the disk for good when it resolves. */
  async put(id: string, request: Request): Promise<void> {
    const directory = join(this.#directory, id)
    // Not recursive: Node then tells ENOENT of a full disk.
    await mkdir(directory)
    const path = join(directory, 'request.json')
    const file = await open(`${path}.part`, 'w', 0o600)
    try {
      await file.writeFile(JSON.stringify(request))
      await file.datasync()
    } finally {
      await file.close()
    }
    await rename(`${path}.part`, path)
    await syncDirectory(directory)
    await syncDirectory(this.#directory)
  }

  /** undefined where there is none that can be read: it cannot be run. */
  async get(id: string): Promise<Request | undefined> {
    const text = await ifPresent(readFile(join(this.#directory, id, 'request.json'), 'utf8'))
    if (text === undefined) return undefined
    try {
      return JSON.parse(text) as Request
    } catch {
      return undefined
    }
  }
}

/** The same for the same tool, input and conditions, whatever the order of the fields. */
export function fingerprintOf(tool: string, input: unknown, conditions: object = {}): string {
  const parts = [tool, sortFields(input), ...(Object.keys(conditions).length > 0 ? [sortFields(conditions)] : [])]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

function sortFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortFields)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, sortFields(field)]))
}
