import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import { HubError } from '../errors.ts'
import type { OpenStream } from './event-log.ts'
import { readEventPage } from './long-poll.ts'
import { followBySse } from './sse.ts'
import { parseSubscription, startingPlace } from './subscription.ts'

const LONGEST_WAIT_SECONDS = 60
const ANY_ORIGIN = { 'Access-Control-Allow-Origin': '*' }

export interface EventRoute {
  readonly path: string
  open(c: Context): Promise<OpenStream>
}

/** One URL per stream, read as SSE, by long poll or as a JSON page; its WebSocket is another module's. */
export function eventRoutes(
  routes: readonly EventRoute[],
  { maxReaders, readerCount, goingDown }: { maxReaders: number; readerCount: () => number; goingDown?: AbortSignal },
): Hono {
  const app = new Hono()
  for (const { path, open } of routes) {
    app.get(path, async (c) => {
      const query = new URL(c.req.url).searchParams
      const lastEventId = c.req.header('last-event-id')
      const subscription = parseSubscription(query, lastEventId)
      const stream = await open(c)
      const place = await startingPlace(stream, subscription)
      if (!wantsSse(c)) {
        const page = await readEventPage(stream, {
          place, types: subscription.types, rev: parseNumber(query, 'rev', Number.MAX_SAFE_INTEGER),
          waitSeconds: parseNumber(query, 'wait', LONGEST_WAIT_SECONDS) ?? 0, signal: c.req.raw.signal, goingDown,
        })
        return c.json(page, 200, { 'Cache-Control': 'no-store', ...ANY_ORIGIN })
      }
      if (lastEventId && !place.isReset && stream.stream.isClosed && place.at === stream.stream.head) return c.body(null, 204, ANY_ORIGIN)
      // What is written below the response would follow a HEAD too.
      if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': 'text/event-stream; charset=utf-8', ...ANY_ORIGIN })
      if (readerCount() >= maxReaders) {
        throw new HubError('too_many_connections', `${maxReaders} readers are connected, which is the limit`, { retryAfterSeconds: 5 })
      }
      const { incoming, outgoing } = c.env as HttpBindings
      followBySse(stream, { request: incoming, response: outgoing, place, types: subscription.types })
      return RESPONSE_ALREADY_SENT
    })
  }
  return app
}

function wantsSse(c: Context): boolean {
  return (c.req.header('accept') ?? '').includes('text/event-stream')
}

function parseNumber(query: URLSearchParams, name: string, most: number): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0) return Math.min(value, most)
  throw new HubError('invalid_input', `${name} takes a number from 0 to ${most}`, {
    errors: [{ path: name, message: `is no number from 0 to ${most}` }],
  })
}
