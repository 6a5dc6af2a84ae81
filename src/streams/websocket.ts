import { type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { type ErrorCode, HubError } from '../errors.ts'

/** What a client may send in one message. */
const MESSAGE_BYTES = 64 * 1024
const ASK_AFTER_MS = 30_000
const DEAD_AFTER_MS = 15_000
/** Held for a client that sends and does not read. */
const ANSWER_BYTES = 256 * 1024
/** Speed before size. What was sent before helps with what comes: pictures that follow each other are alike. */
const COMPRESSION = {
  zlibDeflateOptions: { level: 1, memLevel: 7 }, clientNoContextTakeover: true, threshold: 1024, concurrencyLimit: 4,
}

export interface WebSocketRoute {
  readonly path: RegExp
  /**
   * Compresses the messages that are sent with `compress: true`, where the client offers permessage-deflate. Nothing
   * may then be written past `ws`.
   */
  readonly mayCompress?: boolean
  /** Tells of all jobs, and not of one whose id is known. */
  readonly reach?: 'all' | undefined
  /** May reject with a HubError: the socket is then closed with the code that stands for it. */
  accept(connection: Connection): Promise<void>
}

export interface Connection {
  readonly webSocket: WebSocket
  /** For frames made by ourselves: with compression off, `ws` writes whole frames in one go, so both can write. */
  readonly socket: Socket
  readonly url: URL
  readonly request: IncomingMessage
  /** The groups of the route's path, decoded. */
  readonly parameters: readonly string[]
  /** Takes a place among those who follow that job; returns what gives it back. May throw a HubError. */
  enter(job: string): () => void
  /** Calls back for each JSON message; what is none is answered and forgotten. */
  onMessage(listener: (message: Record<string, unknown>) => void): void
}

export interface WebSocketGate {
  /** Asks everybody to come back: code 1001. */
  close(): void
  readonly size: number
}

export interface WebSocketGateOptions {
  readonly routes: readonly WebSocketRoute[]
  readonly isAllowedOrigin: (request: IncomingMessage) => boolean
  readonly maxConnections: number
  /** Throws a HubError for who may not come in; everybody may, unless given. */
  readonly admit?: (request: IncomingMessage, asked: Admission) => Admitted
  /** Told the code of each refusal. */
  readonly onRefused?: (code: ErrorCode) => void
}

export interface Admission extends Pick<WebSocketRoute, 'reach'> {
  /** Closes the socket of who is not to follow any longer. */
  readonly end: () => void
}

export interface Admitted extends Pick<Connection, 'enter'> {
  /** Is called when the socket has closed. */
  leave(): void
}

const EVERYBODY = (): Admitted => ({ enter: () => () => undefined, leave: () => undefined })

/** Takes the WebSocket requests of `server` and hands each to its route. */
export function openWebSocketGate(
  server: Server, { routes, isAllowedOrigin, maxConnections, admit = EVERYBODY, onRefused }: WebSocketGateOptions,
): WebSocketGate {
  const options = { noServer: true, clientTracking: true, maxPayload: MESSAGE_BYTES }
  const plain = new WebSocketServer({ ...options, perMessageDeflate: false })
  const compressing = new WebSocketServer({ ...options, perMessageDeflate: COMPRESSION })
  const count = () => plain.clients.size + compressing.clients.size
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const socket = stream as Socket
    socket.on('error', () => undefined)
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return answerWithoutUpgrade(server, request, socket)
    const found = findRoute(routes, request)
    if (!found) {
      onRefused?.('route_not_found')
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    const webSockets = found.route.mayCompress ? compressing : plain
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => undefined)
      watchForDeath(webSocket)
      const reject = (error: unknown) => {
        onRefused?.(error instanceof HubError ? error.code : 'internal')
        refuse(webSocket, error)
      }
      if (!isAllowedOrigin(request)) return reject(new HubError('origin_refused', 'this Origin is not allowed'))
      if (count() > maxConnections) return reject(new HubError('too_many_connections', 'too many connections'))
      try {
        const { enter, leave } = admit(request, { reach: found.route.reach, end: () => webSocket.close(4401, 'the key has been revoked') })
        webSocket.once('close', leave)
        const connection = { webSocket, socket, request, ...found, enter, onMessage: (listener: MessageListener) => listen(webSocket, listener) }
        if (found.parameters[0] !== undefined) webSocket.once('close', enter(found.parameters[0]))
        found.route.accept(connection).catch(reject)
      } catch (error) {
        reject(error)
      }
    })
  })
  return {
    close() {
      for (const webSocket of [...plain.clients, ...compressing.clients]) webSocket.close(1001, 'the hub is stopping; come back')
    },
    get size() {
      return count()
    },
  }
}

/**
 * Some HTTP clients offer an upgrade to HTTP/2 with each first request. Node hands those here, unread; they are
 * answered in HTTP/1.1 as if they had not. A body has been cut off from its request by then and cannot be had.
 */
function answerWithoutUpgrade(server: Server, request: IncomingMessage, socket: Socket): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    socket.end('HTTP/1.1 400 Send this without Upgrade\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    return
  }
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.on('finish', () => socket.end())
  server.emit('request', request, response)
}

type MessageListener = (message: Record<string, unknown>) => void

/** The close code for what a route refuses with. */
export function closeCodeOf(error: unknown): number {
  if (!(error instanceof HubError)) return 1011
  if (error.status === 404 || error.status === 410) return 4404
  if (error.status === 401) return 4401
  if (error.status === 403) return 4403
  if (error.status === 429) return 4429
  if (error.status >= 500) return 1011
  return 4400
}

function refuse(webSocket: WebSocket, error: unknown): void {
  const reason = error instanceof HubError ? error.message : 'something went wrong in the hub'
  // A close reason has room for 123 bytes.
  webSocket.close(closeCodeOf(error), Buffer.from(reason).subarray(0, 120).toString('utf8').replace(/\uFFFD$/, ''))
}

function findRoute(routes: readonly WebSocketRoute[], request: IncomingMessage) {
  if (!URL.canParse(request.url ?? '', 'http://hub')) return undefined
  const url = new URL(request.url ?? '', 'http://hub')
  for (const route of routes) {
    const match = route.path.exec(url.pathname)
    if (match) return { route, url, parameters: match.slice(1).map(decode) }
  }
  return undefined
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Ends a connection whose other side is gone without a word: it answers no ping. Who follows is pinged anyway. */
function watchForDeath(webSocket: WebSocket): void {
  let timer: NodeJS.Timeout
  const wait = () => (timer = setTimeout(ask, ASK_AFTER_MS).unref())
  const ask = () => {
    webSocket.ping()
    timer = setTimeout(() => webSocket.terminate(), DEAD_AFTER_MS).unref()
  }
  const isAlive = () => {
    clearTimeout(timer)
    wait()
  }
  wait()
  for (const sign of ['pong', 'ping', 'message']) webSocket.on(sign, isAlive)
  webSocket.on('close', () => clearTimeout(timer))
}

function listen(webSocket: WebSocket, listener: MessageListener): void {
  webSocket.on('message', (bytes, isBinary) => {
    const message = isBinary ? undefined : parseObject(String(bytes))
    if (message) listener(message)
    else complain(webSocket, 'a message has to be one JSON object, as text')
  })
}

/** Tells the client what was wrong with its message; the socket stays, unless nobody reads what it is told. */
export function complain(webSocket: WebSocket, detail: string, more: Record<string, unknown> = {}): void {
  if (webSocket.bufferedAmount > ANSWER_BYTES) return webSocket.terminate()
  webSocket.send(JSON.stringify({ type: 'error', ...more, data: { code: 'invalid_message', message: detail } }))
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
