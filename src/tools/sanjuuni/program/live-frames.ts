import { DescriptorWriter } from './descriptor-writer.ts'

const STDOUT = 1
const SIZE_BYTES = 4

/** Frames that follow each other closely are handed over together: for each write the hub wakes up, and so does the program. */
const WRITE_BYTES = 128 * 2 ** 10
/** Less than half of a frame at 20 a second. */
const LATEST_MS = 20

/** Hands frames over on stdout as they are made, each behind its size. */
export class LiveFrames {
  readonly #stdout = new DescriptorWriter(STDOUT)
  #held: Uint8Array[] = []
  #heldBytes = 0
  #timer: NodeJS.Timeout | undefined
  #isWriting = false
  /** Resolves when the reader's pipe has taken what was written last. */
  #written: Promise<void> = Promise.resolve()

  /** Resolves when the next one may come: while one write is under way, frames for another are gathered. Rejects if a write has failed. */
  async write(frame: Uint8Array): Promise<void> {
    const size = Buffer.allocUnsafe(SIZE_BYTES)
    size.writeUInt32BE(frame.length)
    this.#held.push(size, frame)
    this.#heldBytes += SIZE_BYTES + frame.length
    this.#timer ??= setTimeout(() => this.#begin(), LATEST_MS)
    if (this.#heldBytes < WRITE_BYTES) return
    await this.#written
    this.#begin()
  }

  /** Resolves when the reader's pipe has taken all of them. Rejects as `write` does. */
  async flush(): Promise<void> {
    this.#begin()
    do await this.#written
    while (this.#isWriting)
  }

  /** Does nothing while a write is under way: its end begins the next. */
  #begin(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#isWriting || this.#held.length === 0) return
    this.#isWriting = true
    this.#heldBytes = 0
    this.#written = this.#stdout.write(...this.#held.splice(0)).finally(() => {
      this.#isWriting = false
      this.#begin()
    })
    // Whoever hands over the next frame is told.
    this.#written.catch(() => undefined)
  }
}
