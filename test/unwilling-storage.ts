import type { StreamStorage } from '../src/streams/log-storage.ts'

/** A storage in front of another that refuses or holds back what is appended, as a full or a slow disk does. */
export class UnwillingStorage implements StreamStorage {
  /** So many appends to come are refused. */
  refusals = 0
  /** Each append that has reached the disk: its bytes, and whether they had to be durable. */
  readonly appends: { readonly bytes: Buffer; readonly durable: boolean }[] = []
  refused = 0
  isHolding = false
  readonly #storage: StreamStorage
  #release: () => void = () => undefined
  #onArrival: () => void = () => undefined
  #isWaiting = false

  constructor(storage: StreamStorage) {
    this.#storage = storage
  }

  get start(): number {
    return this.#storage.start
  }

  get size(): number {
    return this.#storage.size
  }

  /** Resolves when an append is being held back. */
  async arrival(): Promise<void> {
    if (!this.#isWaiting) await new Promise<void>((resolve) => (this.#onArrival = resolve))
  }

  /** Lets the append go that is being held back. */
  release(): void {
    this.#isWaiting = false
    this.#release()
  }

  async append(bytes: Buffer, options: { readonly durable: boolean }): Promise<void> {
    if (this.isHolding) {
      await new Promise<void>((resolve) => {
        this.#release = resolve
        this.#isWaiting = true
        this.#onArrival()
      })
    }
    if (this.refusals > 0) {
      this.refusals--
      this.refused++
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    }
    await this.#storage.append(bytes, options)
    this.appends.push({ bytes, durable: options.durable })
  }

  read(from: number, length: number): Promise<Buffer> {
    return this.#storage.read(from, length)
  }

  truncate(size: number): Promise<void> {
    return this.#storage.truncate(size)
  }

  close(): Promise<void> {
    return this.#storage.close()
  }
}
