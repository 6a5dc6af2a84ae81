import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OpenStream } from './event-log.ts'
import { Follower } from './follower.ts'
import { makeView, wrap } from './framing.ts'
import type { StartingPlace, Subscription } from './subscription.ts'

/**
 * Follows a stream as Server-Sent Events. Writes straight to the socket below `response`, in HTTP chunks that are the
 * same bytes for every reader; the response itself only gives the head and the end.
 */
export function followBySse(open: OpenStream, { request, response, place, types }: SseRequest): void {
  const { socket } = response
  if (!socket && !request.socket.destroyed) {
    // A pipelined request has its turn, and the socket, when the answers before it are through.
    response.once('socket', () => followBySse(open, { request, response, place, types }))
    return
  }
  if (!socket || socket.destroyed) return
  const { broadcast } = open
  const isChunked = request.httpVersion !== '1.0'
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
    'X-Content-Type-Options': 'nosniff',
    'Access-Control-Allow-Origin': '*',
    ...(isChunked ? { 'Transfer-Encoding': 'chunked' } : { Connection: 'close' }),
  })
  response.flushHeaders()
  const view = makeView(isChunked ? 'sse' : 'sse-unchunked', { types })
  const leave = () => follower.stop()
  const end = () => {
    socket.off('close', leave)
    response.end()
  }
  const ends = { onEnd: end, onCut: end, onStall: () => void socket.destroy() }
  const follower = new Follower(broadcast, { view, socket, at: place.at, ends })
  socket.on('close', leave)
  // Random, so that a restart does not bring everyone back in the same second.
  const retryMs = 1000 + Math.floor(Math.random() * 2000)
  follower.start({ preamble: wrap(view, Buffer.from(`retry: ${retryMs}\n\n`)), isReset: place.isReset })
}

export interface SseRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly place: StartingPlace
  readonly types: Subscription['types']
}
