import type { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import { isFileError } from './file-error.ts'
import { watchForStalledReader } from './stalled-reader.ts'

export interface Body {
  readonly stream: Readable
  readonly status: 200 | 206
  /** How long a reader may take no byte before it is cut, in milliseconds. */
  readonly stallMs: number
  /** Asked when the stream has ended: throws where that was too early. */
  readonly assertWhole: () => void
}

/** Answers with the headers set so far and a body whose length they tell. Resolves when the response is over, however; then it is the one to return. */
export async function sendBody(c: Context, body: Body): Promise<Response> {
  const { incoming, outgoing }: Partial<HttpBindings> = c.env ?? {}
  if (incoming === undefined || outgoing === undefined) {
    return new Response(webStream(body.stream), { status: body.status, headers: c.res.headers })
  }
  await send(c, { incoming, outgoing }, body)
  // Hono merges the headers set so far into what is returned: a new response, which node-server would send once more.
  c.res = undefined
  c.res = RESPONSE_ALREADY_SENT
  return c.res
}

function webStream(stream: Readable): ReadableStream<Uint8Array> {
  const chunks = stream[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await chunks.return?.()
    },
  })
}

/** Past the framework's own streams, which cost two copies of each chunk. */
async function send(c: Context, { incoming: { socket }, outgoing }: HttpBindings, { stream, status, stallMs, assertWhole }: Body): Promise<void> {
  const over = new AbortController()
  const onClose = () => over.abort()
  // Of a connection that ends while an earlier request on it is still being answered, `outgoing` is never told.
  socket.once('close', onClose)
  const stopWatching = watchForStalledReader(outgoing, { stallMs, onStall: () => outgoing.destroy() })
  if (socket.destroyed) over.abort()
  try {
    outgoing.writeHead(status, Object.fromEntries(c.res.headers))
    await pipeline(stream, outgoing, { end: false, signal: over.signal })
    assertWhole()
    outgoing.end()
    await finished(outgoing, { signal: over.signal })
  } catch (error) {
    // The head is out: all that can still be said is that the response is not whole. Whoever logs finds the reason here.
    stream.destroy()
    outgoing.destroy()
    if (!isFileError(error, 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR') && error instanceof Error) c.error = error
  } finally {
    socket.off('close', onClose)
    stopWatching()
  }
}
