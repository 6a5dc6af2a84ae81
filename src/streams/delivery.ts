import type { WebSocket } from 'ws'
import { WakeUps } from './wake-up.ts'

const PING_EACH_MS = 15_000
const PING_EACH_BYTES = 64 * 1024

/**
 * Messages on their way to a reader. A ping behind them says how many bytes went before it, and its answer how many
 * have been taken: a slow reader is then seen to be alive, and one that takes nothing is closed with 4408.
 */
export class Delivery {
  readonly #webSocket: WebSocket
  readonly #options: { readonly stalledAfterMs: number; readonly signal: AbortSignal }
  readonly #answers = new WakeUps()
  readonly #answered = this.#answers.watch()
  readonly #pinging = setInterval(() => this.ping(), PING_EACH_MS).unref()
  #stalling: NodeJS.Timeout | undefined
  #sentBytes = 0
  #pingedBytes = 0
  #takenBytes = 0

  /** Messages may take `stalledAfterMs` to be answered for; `signal` is the end of the connection. */
  constructor(webSocket: WebSocket, options: { readonly stalledAfterMs: number; readonly signal: AbortSignal }) {
    this.#webSocket = webSocket
    this.#options = options
    webSocket.on('pong', (mark) => this.#take(mark))
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN
  }

  /** Resolves when the message has left the process, so that its buffer is free, or the reader has gone. */
  send(message: string | Buffer, { compress = false }: { readonly compress?: boolean } = {}): Promise<void> {
    this.#sentBytes += message.length
    this.#stalling ??= this.#expectAnswer()
    const left = new Promise<void>((resolve) => this.#webSocket.send(message, { compress }, () => resolve()))
    if (this.#sentBytes - this.#pingedBytes >= PING_EACH_BYTES) this.ping()
    return left
  }

  /** Closes when all has been taken: a closed socket is given no more time than half a minute. */
  async close(): Promise<void> {
    this.ping()
    const { signal } = this.#options
    while (this.#takenBytes < this.#sentBytes && !signal.aborted) await this.#answered.changed(signal)
    this.#webSocket.close(1000, 'end')
  }

  ping(): void {
    this.#pingedBytes = this.#sentBytes
    this.#webSocket.ping(String(this.#sentBytes))
  }

  end(): void {
    clearInterval(this.#pinging)
    clearTimeout(this.#stalling)
  }

  #take(mark: Buffer): void {
    const bytes = Number(String(mark))
    if (!(bytes > this.#takenBytes && bytes <= this.#sentBytes)) return
    this.#takenBytes = bytes
    clearTimeout(this.#stalling)
    this.#stalling = bytes < this.#sentBytes ? this.#expectAnswer() : undefined
    this.#answers.wake()
  }

  #expectAnswer(): NodeJS.Timeout {
    const { stalledAfterMs } = this.#options
    return setTimeout(() => {
      this.#webSocket.close(4408, `took nothing for ${stalledAfterMs / 1000} s; come back with from=`)
      setTimeout(() => this.#webSocket.terminate(), 1000).unref()
    }, stalledAfterMs).unref()
  }
}
