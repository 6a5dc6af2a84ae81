import { request, type IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import type { ComputerEvent } from './event-queue.ts'

const MOST_REQUESTS = 16
const MOST_DOWNLOAD_BYTES = 16 * 1024 * 1024
const MOST_MESSAGE_BYTES = 128 * 1024

export interface HttpCall {
  readonly url: string
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly timeout?: number
  readonly body: Buffer
}

export interface NetworkOptions {
  readonly onEvent: (event: ComputerEvent) => void
  readonly socketsAllowed: boolean
}

/** Real HTTP and WebSocket within the limits that ComputerCraft sets by default, failing in its words. */
export class Network {
  readonly #onEvent: (event: ComputerEvent) => void
  readonly #socketsAllowed: boolean
  readonly #sockets = new Map<number, WebSocket>()
  readonly #waiting: (() => void)[] = []
  #running = 0
  #opened = 0
  /** Paths asked for, in order; those of sockets too. */
  readonly paths: string[] = []

  constructor({ onEvent, socketsAllowed }: NetworkOptions) {
    this.#onEvent = onEvent
    this.#socketsAllowed = socketsAllowed
  }

  async request(call: HttpCall): Promise<void> {
    this.paths.push(pathOf(call.url))
    if (this.#running >= MOST_REQUESTS) await new Promise<void>((free) => this.#waiting.push(free))
    this.#running++
    this.#onEvent(await exchange(call).catch((error: Error) => ({ name: 'http_failure', url: call.url, reason: reasonOf(error) })))
    this.#running--
    this.#waiting.shift()?.()
  }

  /** False where the settings do not allow it. */
  open(url: string): boolean {
    if (!this.#socketsAllowed) return false
    this.paths.push(pathOf(url))
    const id = ++this.#opened
    const socket = new WebSocket(url, { maxPayload: MOST_MESSAGE_BYTES, perMessageDeflate: false })
    let isOpen = false
    socket.on('open', () => {
      isOpen = true
      this.#sockets.set(id, socket)
      this.#onEvent({ name: 'websocket_success', url, id })
    })
    socket.on('message', (data: Buffer, isBinary) => this.#onEvent({ name: 'websocket_message', url, isBinary, body: data }))
    socket.on('error', (error) => isOpen || this.#onEvent({ name: 'websocket_failure', url, reason: error.message }))
    socket.on('close', (code, reason) => {
      this.#sockets.delete(id)
      if (isOpen) this.#onEvent({ name: 'websocket_closed', url, reason: reason.toString(), code })
    })
    return true
  }

  send(id: number, text: string): void {
    this.#sockets.get(id)?.send(text)
  }

  close(id: number): void {
    this.#sockets.get(id)?.close()
  }

  /** As a cable that is pulled: nobody is told goodbye. */
  cut(): void {
    for (const socket of this.#sockets.values()) socket.terminate()
  }

  get openSockets(): number {
    return this.#sockets.size
  }
}

function exchange({ url, method, headers = {}, timeout = 30, body }: HttpCall): Promise<ComputerEvent> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method, agent: false, timeout: timeout * 1000, headers: { 'User-Agent': 'computercraft/1.109.0', ...headers, 'Content-Length': body.length },
    })
    outgoing.on('timeout', () => outgoing.destroy(new TimedOutError()))
    outgoing.on('error', reject)
    outgoing.on('response', (incoming) => readAll(incoming).then((bytes) => resolve(toEvent(url, incoming, bytes)), reject))
    outgoing.end(body)
  })
}

function toEvent(url: string, { statusCode = 0, statusMessage = '', headers }: IncomingMessage, body: Buffer): ComputerEvent {
  const answer = { url, code: statusCode, body, headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])) }
  return statusCode >= 200 && statusCode < 400 ? { name: 'http_success', ...answer } : { name: 'http_failure', reason: statusMessage, ...answer }
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MOST_DOWNLOAD_BYTES) throw new TooLargeError()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

class TimedOutError extends Error {}
class TooLargeError extends Error {}

function reasonOf(error: Error): string {
  if (error instanceof TimedOutError) return 'Timed out'
  return error instanceof TooLargeError ? 'Response is too large' : 'Could not connect'
}

function pathOf(url: string): string {
  return url.replace(/^\w+:\/\/[^/]+/, '')
}
