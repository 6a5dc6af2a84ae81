import { HubError } from '../errors.ts'

interface Held {
  readonly owner: string
  readonly bytes: number
}

/** Stands for all who have no name: together they are one owner. */
const NOBODY = ''

/**
 * How many bytes each owner's uploads take, from their announcement until a job has named them: what would otherwise
 * lie on the disk for nothing.
 */
export class UploadQuota {
  readonly maxBytes: number
  readonly #held = new Map<string, Held>()
  readonly #sums = new Map<string, number>()

  /** `maxBytes` for each owner. */
  constructor({ maxBytes }: { readonly maxBytes: number }) {
    this.maxBytes = maxBytes
  }

  /** What the upload takes from here on. Throws a HubError with `uploads_full`; it then takes what it took before. */
  hold(id: string, { owner = NOBODY, bytes }: { readonly owner: string | undefined; readonly bytes: number }): void {
    const others = (this.#sums.get(owner) ?? 0) - (this.#held.get(id)?.bytes ?? 0)
    if (others + bytes > this.maxBytes) throw full(this.maxBytes, { others, isNamed: owner !== NOBODY })
    this.restore(id, { owner, bytes })
  }

  /** The same for one that is there already, whatever the limit is by now. */
  restore(id: string, { owner = NOBODY, bytes }: { readonly owner: string | undefined; readonly bytes: number }): void {
    this.letGo(id)
    this.#held.set(id, { owner, bytes })
    this.#sums.set(owner, (this.#sums.get(owner) ?? 0) + bytes)
  }

  /** It has been named by a job, or is gone. False where it took nothing any more. */
  letGo(id: string): boolean {
    const held = this.#held.get(id)
    if (!held) return false
    this.#held.delete(id)
    const left = (this.#sums.get(held.owner) ?? 0) - held.bytes
    if (left > 0) this.#sums.set(held.owner, left)
    else this.#sums.delete(held.owner)
    return true
  }
}

function full(maxBytes: number, { others, isNamed }: { readonly others: number; readonly isNamed: boolean }): HubError {
  const whose = isNamed ? 'Uploads of this key' : 'Uploads of those without a key'
  return new HubError('uploads_full', `${whose} that no job has used yet may take ${maxBytes} bytes together, and take ${others} without this one.`, {
    hint: 'Use some in a job, remove some with DELETE /api/uploads/ID, or wait until they expire; the operator can raise REELTIME_MAX_UPLOADS_BYTES.',
    errors: [{ path: 'body', message: `at most ${Math.max(0, maxBytes - others)} bytes at present` }],
  })
}
