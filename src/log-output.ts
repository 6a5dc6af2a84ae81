import { write } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

const MOST_WAITING_BYTES = 1024 ** 2
const AGAIN_MS = 50
const LAST_WORDS_MS = 500

/** Writes bytes to a descriptor; answers how many it took. */
export type WriteBytes = (bytes: Buffer) => Promise<number>

/**
 * Lines on their way to a descriptor, which may be a pipe that nobody empties: the hub never waits for it. Beyond 1 MiB
 * lines are dropped, and how many is told when there is room again.
 */
export class LogOutput {
  readonly #writeBytes: WriteBytes
  #waiting: string[] = []
  #waitingBytes = 0
  #dropped = 0
  #writing: Promise<void> | undefined

  constructor(writeBytes: WriteBytes) {
    this.#writeBytes = writeBytes
  }

  readonly write = (line: string): void => {
    const bytes = Buffer.byteLength(line)
    if (this.#waitingBytes + bytes > MOST_WAITING_BYTES) return void this.#dropped++
    this.#waiting.push(line)
    this.#waitingBytes += bytes
    this.#writing ??= this.#drain().finally(() => (this.#writing = undefined))
  }

  get isBusy(): boolean {
    return this.#writing !== undefined
  }

  /** Resolves when all is written, or after half a second. */
  async flush(): Promise<void> {
    await Promise.race([this.#writing, pause(LAST_WORDS_MS, undefined, { ref: false })])
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const bytes = Buffer.from(this.#waiting.splice(0).join(''))
      if (!(await this.#writeAll(bytes))) return this.#giveUp()
      this.#waitingBytes -= bytes.length
      if (this.#dropped > 0) this.#tellDropped()
    }
  }

  async #writeAll(bytes: Buffer): Promise<boolean> {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += await this.#writeBytes(bytes.subarray(at))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return false
        await pause(AGAIN_MS, undefined, { ref: false })
      }
    }
    return true
  }

  /** Who read the log has gone away; that ends nothing else. */
  #giveUp(): void {
    this.#waiting = []
    this.#waitingBytes = 0
  }

  #tellDropped(): void {
    const [count, ts] = [this.#dropped, new Date().toISOString()]
    this.#dropped = 0
    this.write(`${JSON.stringify({ ts, level: 'error', event: 'log.dropped', lines: count })}\n`)
  }
}

const writeToDescriptor = promisify(write)

export function toDescriptor(descriptor: number): WriteBytes {
  return async (bytes) => (await writeToDescriptor(descriptor, bytes)).bytesWritten
}
