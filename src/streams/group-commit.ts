import type { StreamStorage } from './log-storage.ts'
import { ownBytes } from './own-bytes.ts'

const FIRST_RETRY_MS = 10
const LAST_RETRY_MS = 500

interface Waiting {
  readonly bytes: Buffer
  readonly durable: boolean
  readonly told: () => void
  readonly failed: (error: unknown) => void
}

/** One write in flight; the next takes all that came meanwhile, in the order in which it came. */
export class GroupCommit {
  readonly #storage: StreamStorage
  readonly #onWritten: (bytes: Buffer) => void
  #waiting: Waiting[] = []
  #writing: Promise<void> = Promise.resolve()
  #isWriting = false
  #isClosing = false
  #retryNow: () => void = () => undefined

  constructor({ storage, onWritten }: { storage: StreamStorage; onWritten: (bytes: Buffer) => void }) {
    this.#storage = storage
    this.#onWritten = onWritten
  }

  /** Resolves when the bytes are written and told; rejects only where the stream is closed before they could be. */
  add(bytes: Buffer, { durable }: { durable: boolean }): Promise<void> {
    return new Promise((told, failed) => {
      this.#waiting.push({ bytes, durable, told, failed })
      if (!this.#isWriting) this.#writing = this.#write()
    })
  }

  /** Writes what waits. Only a disk that still takes nothing has it given up. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#retryNow()
    await this.#writing
  }

  async #write(): Promise<void> {
    this.#isWriting = true
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      this.#waiting = []
      const bytes = ownBytes(waiting.length === 1 ? waiting[0]!.bytes : Buffer.concat(waiting.map((part) => part.bytes)))
      try {
        await this.#store(bytes, { durable: waiting.some(({ durable }) => durable) })
      } catch (error) {
        for (const { failed } of [...waiting, ...this.#waiting.splice(0)]) failed(error)
        break
      }
      this.#onWritten(bytes)
      for (const { told } of waiting) told()
    }
    this.#isWriting = false
  }

  /** A full disk is waited out: the job that filled it fails and gives its room back, and nothing said is lost. */
  async #store(bytes: Buffer, options: { durable: boolean }): Promise<void> {
    for (let pauseMs = FIRST_RETRY_MS; ; pauseMs = Math.min(2 * pauseMs, LAST_RETRY_MS)) {
      try {
        return await this.#storage.append(bytes, options)
      } catch (error) {
        if (this.#isClosing) throw error
        await new Promise<void>((resolve) => {
          this.#retryNow = resolve
          setTimeout(resolve, pauseMs).unref()
        })
      }
    }
  }
}
