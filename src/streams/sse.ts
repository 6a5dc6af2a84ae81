import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OpenStream } from './event-log.ts'
import { Follower } from './follower.ts'
import { makeView, wrap } from './framing.ts'
import type { StartingPlace, Subscription } from './subscription.ts'

/**
 * Follows a stream as Server-Sent Events. Writes straight to the socket below `response`, in HTTP chunks that are the
 * same bytes for every reader; the response itself only gives the head and the end.
 */
export function followBySse(
  { broadcast }: OpenStream,
  { request, response, place, types }: { request: IncomingMessage; response: ServerResponse; place: StartingPlace; types: Subscription['types'] },
): void {
  const { socket } = response
  if (!socket || socket.destroyed) return
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
  const follower = new Follower(broadcast, { view, socket, at: place.at, ends: { onEnd: end, onCut: end, onStall: () => socket.destroy() } })
  socket.on('close', leave)
  // Random, so that a restart does not bring everyone back in the same second.
  const retryMs = 1000 + Math.floor(Math.random() * 2000)
  follower.start({ preamble: wrap(view, Buffer.from(`retry: ${retryMs}\n\n`)), isReset: place.isReset })
}
