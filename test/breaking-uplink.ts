import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export interface Faults {
  /** Breaks the connection that carries this byte, counted over all that clients send; once for each. */
  readonly breakAfter?: readonly number[]
  /** After so many bytes in all lets through no more than a request's head and a little, on any connection, until `letGo`. */
  readonly holdAfter?: number
}

const A_LITTLE_BYTES = 300_000

/** Passes bytes on to a hub, and breaks or holds connections in the middle of what a client sends. */
export class BreakingUplink {
  /** How often it has broken one. */
  breaks = 0
  readonly #server: Server
  readonly #target: () => number
  readonly #breakAfter: number[]
  readonly #sockets = new Set<Socket>()
  #holdAfter: number
  #passed = 0
  readonly #held = new Set<Socket>()

  private constructor(target: () => number, { breakAfter = [], holdAfter = Infinity }: Faults) {
    this.#target = target
    this.#breakAfter = [...breakAfter]
    this.#holdAfter = holdAfter
    this.#server = createServer((inside) => this.#pass(inside))
  }

  /** `target` is the port of the hub. */
  static async start(target: () => number, faults: Faults): Promise<BreakingUplink> {
    const proxy = new BreakingUplink(target, faults)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Bytes that clients have sent, over all connections. */
  get passed(): number {
    return this.#passed
  }

  letGo(): void {
    this.#holdAfter = Infinity
    for (const socket of this.#held) socket.resume()
    this.#held.clear()
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #pass(inside: Socket): void {
    const outside = connect(this.#target(), '127.0.0.1')
    for (const socket of [inside, outside]) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        inside.destroy()
        outside.destroy()
      })
    }
    let own = 0
    outside.pipe(inside)
    inside.on('end', () => outside.end())
    inside.on('data', (bytes: Buffer) => {
      own += bytes.length
      this.#passed += bytes.length
      if (this.#passed >= (this.#breakAfter[0] ?? Infinity)) {
        this.#breakAfter.shift()
        this.breaks++
        inside.resetAndDestroy()
        outside.resetAndDestroy()
        return
      }
      const canTakeMore = outside.write(bytes)
      if (this.#passed >= this.#holdAfter && own > A_LITTLE_BYTES) {
        this.#held.add(inside)
        inside.pause()
      } else if (!canTakeMore) {
        inside.pause()
        outside.once('drain', () => inside.resume())
      }
    })
  }
}
