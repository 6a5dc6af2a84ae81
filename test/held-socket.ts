import type { Socket } from 'node:net'
import { Writable } from 'node:stream'

/** A socket whose other side takes what it is sent only when the test says so. */
export class HeldSocket extends Writable {
  /** What has been taken, one part for each write. */
  readonly taken: Buffer[] = []
  /** Writes handed over and not yet taken, at the worst moment. */
  mostInFlight = 0
  isReading = false
  #inFlight = 0
  #waiting: { readonly bytes: Buffer; readonly done: () => void } | undefined

  get asSocket(): Socket {
    return this as unknown as Socket
  }

  get text(): string {
    return Buffer.concat(this.taken).toString('utf8')
  }

  /** Takes the write in flight, and says whether there was one. */
  take(): boolean {
    const waiting = this.#waiting
    if (!waiting) return false
    this.#waiting = undefined
    this.#inFlight--
    this.taken.push(waiting.bytes)
    waiting.done()
    return true
  }

  /** Takes whatever comes from now on. */
  readOn(): this {
    this.isReading = true
    this.take()
    return this
  }

  override write(chunk: Buffer, ...rest: unknown[]): boolean {
    this.#inFlight++
    this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight)
    return super.write(chunk, ...(rest as []))
  }

  override _write(bytes: Buffer, _: BufferEncoding, done: () => void): void {
    this.#waiting = { bytes, done }
    if (this.isReading) this.take()
  }
}
