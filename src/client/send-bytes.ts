import { HubUnreachableError } from './hub-problem.ts'
import { ask, type Hub } from './hub.ts'
import { sendByXhr } from './send-by-xhr.ts'

/** How long a connection may take no byte, and the hub not answer once it has all. */
const STALL_MS = 60_000

export interface BytesToSend {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Blob
  /** Bytes of this request that have gone. */
  readonly onProgress?: ((sentBytes: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Sends one request, once, telling how much of it has gone. Throws as `ask` does, also for a connection that stands still. */
export async function sendBytes(hub: Hub, path: string, { onProgress, signal, ...request }: BytesToSend): Promise<Response> {
  const stalled = new AbortController()
  const onStall = () => stalled.abort(new Error(`no byte went in ${STALL_MS / 1000} s`))
  let timer = setTimeout(onStall, STALL_MS)
  const counted = {
    ...request,
    onProgress(sentBytes: number) {
      clearTimeout(timer)
      timer = setTimeout(onStall, STALL_MS)
      onProgress?.(sentBytes)
    },
    signal: signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal,
  }
  try {
    // Browsers stream a request body over HTTP/2 only, if at all, and tell the progress of a Blob only to an XMLHttpRequest.
    return await (typeof XMLHttpRequest === 'undefined' ? sendByFetch(hub, path, counted) : sendByXhr(hub, path, counted))
  } catch (error) {
    signal?.throwIfAborted()
    throw stalled.signal.aborted ? new HubUnreachableError(hub.url, stalled.signal.reason) : error
  } finally {
    clearTimeout(timer)
  }
}

function sendByFetch(hub: Hub, path: string, { method, headers, body, onProgress, signal }: BytesToSend): Promise<Response> {
  let sent = 0
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      controller.enqueue(chunk)
      sent += chunk.byteLength
      onProgress?.(sent)
    },
  })
  return ask(hub, path, {
    method, headers: { ...headers, 'content-length': String(body.size) }, body: body.stream().pipeThrough(counter), signal, timeoutMs: null,
    // Needed for a body that is a stream; not in every platform's types.
    ...{ duplex: 'half' },
  })
}
