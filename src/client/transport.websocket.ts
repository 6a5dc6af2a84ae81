import { HubProblem } from './hub-problem.ts'
import { ask, type Hub } from './hub.ts'
import {
  askablePath, eventsPath, LostConnectionError, toEvent, UnusableTransportError,
  type ChannelEvent, type Position, type ReceiveOptions, type Travelling,
} from './transport.ts'
import { Watchdog } from './watchdog.ts'

/** What is used of a WebSocket: the platform's own, or that of the package `ws`. */
export interface WebSocketLike {
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void
  close(code?: number): void
}

export type WebSocketConstructor = new (url: string) => WebSocketLike

/** Follows by WebSocket: one text message for each event. */
export async function* receiveByWebSocket(
  hub: Hub, from: Position, options: ReceiveOptions,
): AsyncGenerator<ChannelEvent, void, undefined> {
  if (!hub.WebSocket) throw new UnusableTransportError('this platform has no WebSocket; hand its constructor to HubClient')
  options.signal.throwIfAborted()
  const connection = new Connection(new hub.WebSocket(hub.url.replace(/^http/, 'ws') + eventsPath(from)))
  const watchdog = new Watchdog(options.patience, (heardAnything) => connection.fail(heardAnything
    ? new LostConnectionError('the WebSocket fell silent')
    : new UnusableTransportError('no message of the WebSocket came through')))
  const onAbort = () => connection.fail(options.signal.reason)
  options.signal.addEventListener('abort', onAbort)
  try {
    for (;;) {
      const messages = await connection.take()
      if (messages === 'closed') break
      watchdog.heard()
      for (const message of messages) {
        const event = readMessage(message)
        if (event) yield event
      }
    }
    await judgeClose(hub, from, connection)
  } finally {
    watchdog.stop()
    options.signal.removeEventListener('abort', onAbort)
    connection.close()
  }
}

/** Messages are held here until they are taken. A reader that is far behind is cut off and comes back with its offset. */
class Connection {
  readonly #socket: WebSocketLike
  #waiting: unknown[] = []
  #failure: { readonly error: unknown } | undefined
  #wake: () => void = () => undefined
  wasOpen = false
  closeCode: number | undefined

  constructor(socket: WebSocketLike) {
    this.#socket = socket
    socket.addEventListener('open', () => { this.wasOpen = true })
    // The platform tells nothing here that `close` does not; without a listener `ws` would throw.
    socket.addEventListener('error', () => undefined)
    socket.addEventListener('message', ({ data }) => this.#receive(data))
    socket.addEventListener('close', ({ code }) => {
      this.closeCode = code
      this.#wake()
    })
  }

  /** What has come, in order; what came before a close or a cut is told first. */
  async take(): Promise<readonly unknown[] | 'closed'> {
    while (this.#waiting.length === 0) {
      if (this.#failure) throw this.#failure.error
      if (this.closeCode !== undefined) return 'closed'
      await new Promise<void>((resolve) => { this.#wake = resolve })
    }
    const messages = this.#waiting
    this.#waiting = []
    return messages
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#wake()
  }

  close(): void {
    if (this.closeCode === undefined) this.#socket.close(1000)
  }

  #receive(data: unknown): void {
    if (this.#failure) return
    this.#waiting.push(data)
    if (this.#waiting.length > MOST_WAITING) this.fail(new LostConnectionError('this reader fell behind'))
    else this.#wake()
  }
}

const MOST_WAITING = 10_000

function readMessage(message: unknown): ChannelEvent | undefined {
  try {
    return toEvent(JSON.parse(String(message)) as Travelling)
  } catch (error) {
    throw new UnusableTransportError('the WebSocket carries something else than the events of a hub', { cause: error })
  }
}

/** Returns for an orderly end; otherwise throws what the close means. */
async function judgeClose(hub: Hub, { channel }: Position, { closeCode, wasOpen }: Connection): Promise<void> {
  if (closeCode === 1000) return
  if (closeCode === 4400) throw new HubProblem(400, { code: 'invalid_offset', detail: 'the hub does not take this offset' })
  if (closeCode === 4403) throw new UnusableTransportError('the hub refuses a WebSocket from here')
  // A browser is not told why a handshake failed, 4401 does not say what is missing, nor 4404 whether it has expired: ask.
  if (!wasOpen || closeCode === 4401 || closeCode === 4404) {
    await ask(hub, askablePath(channel))
    throw new UnusableTransportError('the WebSocket was refused')
  }
  throw new LostConnectionError(`the WebSocket was closed with ${closeCode}`)
}
