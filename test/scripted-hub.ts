import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { applyEvent, EMPTY_JOB, type Job, type JobEvent } from '../src/jobs/job.ts'

/** What is to go wrong with one connection to the channel. */
export type Fault =
  | 'none'
  /** The request is taken and never answered. */
  | 'hang'
  /** A head comes and then nothing, as behind a proxy that buffers. */
  | 'silent'
  /** A web page instead of events. */
  | 'html'
  /** Head, and the connection is gone. */
  | 'cut at once'
  /** All is sent, and the connection stays open behind the end. */
  | 'stay open'
  | { readonly cutAfter: number; readonly inside?: boolean }
  /** WebSocket only. */
  | { readonly closeWith: number; readonly after: number }
  | { readonly status: number; readonly headers?: Record<string, string>; readonly problem?: object }

export interface Visit {
  readonly transport: 'sse' | 'websocket' | 'poll'
  readonly after: string
}

/** A hub with one job whose channel misbehaves to order: the n-th connection has the n-th fault, later ones none. */
export class ScriptedHub {
  readonly log: readonly JobEvent[]
  readonly visits: Visit[] = []
  /** Any other request: method, path and headers. */
  readonly requests: { readonly method: string; readonly path: string; readonly headers: IncomingMessage['headers'] }[] = []
  faultOf: (visit: Visit, index: number) => Fault = () => 'none'
  /** Answers what is not the channel of the job; undefined leaves it to the hub. */
  answer: (request: IncomingMessage, response: ServerResponse) => boolean = () => false
  #server: Server | undefined
  #port = 0
  readonly #sockets = new Set<Socket>()

  constructor(log: readonly JobEvent[]) {
    this.log = log
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get job(): Job & { readonly offset: string } {
    return { ...this.log.reduce(applyEvent, { ...EMPTY_JOB, id: 'job' }), offset: this.log.at(-1)?.offset ?? 'start' }
  }

  /** On the port it had before, if it was there already. */
  async start(): Promise<this> {
    const server = createServer((request, response) => this.#serve(request, response))
    const webSockets = new WebSocketServer({ noServer: true })
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    server.on('upgrade', (request, socket, head) => {
      if (!request.url?.startsWith('/api/jobs/job/events')) {
        webSockets.handleUpgrade(request, socket, head, (webSocket) => webSocket.close(4404))
        return
      }
      const visit = this.#visit(request, 'websocket')
      if (visit.fault === 'hang') return
      if (visit.fault === 'html' || visit.fault === 'cut at once') {
        socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
        return
      }
      webSockets.handleUpgrade(request, socket, head, (webSocket) => void this.#overWebSocket(webSocket, visit))
    })
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
    return this
  }

  /** Gone in the middle of everything, as after kill -9. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #visit(request: IncomingMessage, transport: Visit['transport']): Visited {
    const after = new URL(request.url ?? '', this.url).searchParams.get('after') ?? 'start'
    const visit: Visit = { transport, after }
    const fault = this.faultOf(visit, this.visits.push(visit) - 1)
    const from = after === 'start' ? 0 : after === 'now' ? this.log.length : this.log.findIndex(({ offset }) => offset === after) + 1
    const before = this.log.slice(0, from)
    const snapshot: JobEvent = {
      type: 'snapshot',
      data: { ...before.reduce(applyEvent, { ...EMPTY_JOB, id: 'job' }), offset: before.at(-1)?.offset ?? 'start' } as Job,
    }
    return { fault, events: [snapshot, ...this.log.slice(from)], from }
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', this.url)
    if (pathname === '/api/jobs/job/events') {
      if (request.headers.accept === 'text/event-stream') return this.#overSse(response, this.#visit(request, 'sse'))
      return this.#page(response, this.#visit(request, 'poll'), Number(searchParams.get('wait') ?? 0))
    }
    this.requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers })
    if (this.answer(request, response)) return
    if (pathname === '/api/jobs/job') return json(response, 200, this.job)
    json(response, 404, { code: 'job_not_found', detail: 'There is no such job' }, 'application/problem+json')
  }

  #overSse(response: ServerResponse, { fault, events }: Visited): void {
    if (refused(response, fault)) return
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    if (fault === 'silent') return
    if (fault === 'cut at once') {
      response.destroy()
      return
    }
    response.write('retry: 5\n\n')
    const frames = events.map(({ offset, type, data }) =>
      `${offset === undefined ? '' : `id: ${offset}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`)
    if (typeof fault === 'object' && 'cutAfter' in fault && fault.cutAfter < frames.length) {
      const half = fault.inside ? frames[fault.cutAfter]?.slice(0, -3) ?? '' : ''
      response.write(frames.slice(0, fault.cutAfter).join('') + half, () => response.destroy())
      return
    }
    response.write(frames.join(''))
    if (fault !== 'stay open') response.end()
  }

  async #overWebSocket(webSocket: WebSocket, { fault, events }: Visited): Promise<void> {
    if (fault === 'silent') return
    const cutAfter = typeof fault === 'object' && 'cutAfter' in fault ? fault.cutAfter : undefined
    const closeAfter = typeof fault === 'object' && 'closeWith' in fault ? fault.after : undefined
    for (const event of events.slice(0, cutAfter ?? closeAfter)) {
      await new Promise((sent) => webSocket.send(JSON.stringify(event), sent))
    }
    if (cutAfter !== undefined) webSocket.terminate()
    else if (typeof fault === 'object' && 'closeWith' in fault) webSocket.close(fault.closeWith)
    else if (fault !== 'stay open') webSocket.close(1000)
  }

  #page(response: ServerResponse, { fault, events, from }: Visited, wait: number): void {
    if (refused(response, fault)) return
    const page = events.slice(1, 8)
    const more = page.length < events.length - 1
    const isLate = page.length === 0 && wait > 0 && this.log.at(-1)?.type !== 'end'
    if (isLate) return
    if (typeof fault === 'object' && 'cutAfter' in fault) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"events":[{"offs', () => response.destroy())
      return
    }
    json(response, 200, {
      events: page, offset: page.at(-1)?.offset ?? this.log[from - 1]?.offset ?? 'start', more,
      closed: !more && this.log.at(-1)?.type === 'end', reset: false, progress: null,
    })
  }
}

interface Visited {
  readonly fault: Fault
  readonly events: readonly JobEvent[]
  readonly from: number
}

/** The log of a job that wrote that many lines, ten at a time at most. */
export function logOf(lines: number, status: 'completed' | 'failed' = 'completed'): readonly JobEvent[] {
  const events: JobEvent[] = [
    { type: 'status', data: { id: 'job', tool: 'ffmpeg', status: 'queued', created_at: 1 } },
    { type: 'status', data: { status: 'running', attempt: 1, started_at: 2 } },
  ]
  for (let first = 1; first <= lines;) {
    const numbers = Array.from({ length: Math.min(1 + first % 10, lines - first + 1) }, (_, index) => first + index)
    const texts = numbers.map((n) => `line ${n} of ${lines}, “größer” 🎞`)
    events.push({
      type: 'new_logs',
      data: {
        first, last: first + numbers.length - 1, new_logs: texts,
        lines: numbers.map((n, index) => ({ n, source: 'stderr', level: 'info', text: texts[index] ?? '' })),
      },
    })
    first += numbers.length
  }
  events.push({ type: 'status', data: { status, ended_at: 3 } }, { type: 'end', data: { status } })
  // Offsets are opaque: these cannot be added to.
  return events.map((event, index) => ({ ...event, offset: `z${(index * 7919) % 1009}q`, at: index }))
}

function refused(response: ServerResponse, fault: Fault): boolean {
  if (fault === 'hang') return true
  if (fault === 'html') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>')
    return true
  }
  if (typeof fault === 'object' && 'status' in fault) {
    response.writeHead(fault.status, { ...(fault.problem && { 'content-type': 'application/problem+json' }), ...fault.headers })
    response.end(fault.problem && JSON.stringify(fault.problem))
    return true
  }
  return false
}

function json(response: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))
}
