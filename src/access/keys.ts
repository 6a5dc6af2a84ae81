import { timingSafeEqual } from 'node:crypto'
import { statSync } from 'node:fs'
import { hashOf, readKeyFile, type StoredKey } from './key-file.ts'

/** The keys of a hub, as they stand in the file at the moment of asking. */
export class Keys {
  readonly #path: string
  readonly #onUnreadable: (error: unknown) => void
  #stamp = ''
  #isUnreadable = false
  #keys: readonly StoredKey[] = []

  /** Throws a HubError where the file holds something else. */
  constructor({ path, onUnreadable }: { path: string; onUnreadable: (error: unknown) => void }) {
    this.#path = path
    this.#onUnreadable = onUnreadable
    this.#stamp = this.#stampOf()
    this.#keys = readKeyFile(path)
  }

  /** The key that was sent, if it is one. Takes the same time whichever it is. */
  find(secret: string): StoredKey | undefined {
    const hash = Buffer.from(hashOf(secret), 'hex')
    let found: StoredKey | undefined
    for (const key of this.#current()) if (timingSafeEqual(hash, Buffer.from(key.hash, 'hex'))) found = key
    return found
  }

  get(id: string): StoredKey | undefined {
    return this.#current().find((key) => key.id === id)
  }

  /** A key that is not there any more; false of each while the file cannot be read. */
  isRevoked(id: string): boolean {
    return this.get(id) === undefined && !this.#isUnreadable
  }

  get count(): number {
    return this.#current().length
  }

  /** With a file that cannot be read no key opens anything, until it can be read again. */
  #current(): readonly StoredKey[] {
    const stamp = this.#stampOf()
    if (stamp === this.#stamp) return this.#keys
    this.#stamp = stamp
    try {
      this.#keys = readKeyFile(this.#path)
      this.#isUnreadable = false
    } catch (error) {
      this.#keys = []
      this.#isUnreadable = true
      this.#onUnreadable(error)
    }
    return this.#keys
  }

  #stampOf(): string {
    const stats = statSync(this.#path, { bigint: true, throwIfNoEntry: false })
    return stats ? `${stats.ino} ${stats.mtimeNs} ${stats.size}` : ''
  }
}
