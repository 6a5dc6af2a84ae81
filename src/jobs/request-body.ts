import type { IncomingMessage } from 'node:http'
import type { Caller } from './caller.ts'

/** What of a route's context is needed to read a body. */
export interface RequestContext {
  readonly env: unknown
  readonly req: { readonly raw: Request }
}

/** The body as it comes, each chunk counted on the caller. Left early, it stays open: its connection carries the answer that says why. */
export async function* requestBody(c: RequestContext, caller: Caller): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunksOf(c)) {
    caller.takeBytes(chunk.length)
    yield chunk
  }
}

/** The connection's request; undefined for one that comes from this process itself. */
export function incomingOf(c: RequestContext): IncomingMessage | undefined {
  const bindings = c.env as { readonly incoming?: IncomingMessage } | undefined
  return bindings?.incoming
}

export function declaredBytes(c: RequestContext): number | undefined {
  const header = c.req.raw.headers.get('content-length')
  return header === null ? undefined : Number(header)
}

function chunksOf(c: RequestContext): AsyncIterable<Uint8Array> {
  const incoming = incomingOf(c)
  if (incoming !== undefined) return incoming.iterator({ destroyOnReturn: false })
  return c.req.raw.body?.values({ preventCancel: true }) ?? nothing()
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
