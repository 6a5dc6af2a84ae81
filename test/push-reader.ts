import WebSocket from 'ws'

interface Batch {
  readonly type: 'frames'
  readonly first: number
  readonly count: number
  readonly bytes: number
  readonly parts: number
}

/** A reader of pushed frames, which puts the packs together and takes them apart. */
export class PushReader {
  readonly socket: WebSocket
  /** In the order in which they came. */
  readonly numbers: number[] = []
  readonly frames = new Map<number, Buffer>()
  /** Text messages that announce no frames. */
  readonly said: Record<string, unknown>[] = []
  /** Close code and reason. */
  readonly closed: Promise<readonly [code: number, reason: string]>
  #batch: Batch | undefined
  #parts: Buffer[] = []
  #isClosed = false
  #look: () => void = () => undefined

  constructor(url: string) {
    this.socket = new WebSocket(url)
    this.socket.on('error', () => undefined)
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#takePart(data)
      else this.#hear(JSON.parse(String(data)) as Record<string, unknown>)
      this.#look()
    })
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        this.#isClosed = true
        this.#look()
        resolve([code, String(reason)])
      })
    })
  }

  say(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Resolves when so many frames have come. */
  sees(count: number): Promise<void> {
    return this.#until(() => this.numbers.length >= count)
  }

  /** Resolves when so many messages have come that announce no frames. */
  hears(count: number): Promise<void> {
    return this.#until(() => this.said.length >= count)
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#isClosed) throw new Error(`closed after ${this.numbers.length} frames and ${JSON.stringify(this.said)}`)
      await new Promise<void>((look) => (this.#look = look))
    }
  }

  #hear(message: Record<string, unknown>): void {
    if (message['type'] === 'frames') this.#batch = message as unknown as Batch
    else this.said.push(message)
  }

  #takePart(part: Buffer): void {
    const { first, count, bytes, parts } = this.#batch!
    this.#parts.push(part)
    if (this.#parts.length < parts) return
    const pack = Buffer.concat(this.#parts)
    this.#parts = []
    if (pack.length !== bytes || pack.readUInt32BE(0) !== count) throw new Error(`is not the pack of ${count} frames that was announced`)
    for (let at = 4, number = first; at < bytes; number++) {
      const size = pack.readUInt32BE(at)
      this.numbers.push(number)
      this.frames.set(number, pack.subarray(at + 4, at + 4 + size))
      at += 4 + size
    }
  }
}
