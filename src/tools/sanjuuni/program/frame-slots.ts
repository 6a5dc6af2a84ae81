/** Room for the pictures that are on their way, in memory that all threads see. */
export class FrameSlots {
  readonly memory: SharedArrayBuffer
  readonly #slotBytes: number
  readonly #free: number[]
  #waiting: { resolve(slot: number): void; reject(error: unknown): void } | undefined
  #failure: { readonly error: unknown } | undefined

  constructor({ count, slotBytes }: { count: number; slotBytes: number }) {
    this.memory = new SharedArrayBuffer(count * slotBytes)
    this.#slotBytes = slotBytes
    this.#free = Array.from({ length: count }, (_, slot) => slot)
  }

  bytes(slot: number): Uint8Array {
    return new Uint8Array(this.memory, slot * this.#slotBytes, this.#slotBytes)
  }

  /** A slot that is free, as soon as one is. One at a time may wait. Rejects with what `fail` was given. */
  take(): Promise<number> {
    return new Promise((resolve, reject) => {
      const slot = this.#failure ? undefined : this.#free.pop()
      if (this.#failure) reject(this.#failure.error)
      else if (slot !== undefined) resolve(slot)
      else this.#waiting = { resolve, reject }
    })
  }

  release(slot: number): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) waiting.resolve(slot)
    else this.#free.push(slot)
  }

  /** No slot is to be had from here on. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }
}
