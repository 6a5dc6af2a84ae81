import { HubProblem, HubUnreachableError, readProblem } from './hub-problem.ts'
import { Pauses, pause } from './pauses.ts'
import type { WebSocketConstructor } from './transport.websocket.ts'

export type TransportName = 'sse' | 'websocket' | 'poll'

/** One hub as seen from here: where it is and how this platform talks to it. Shared by a client and its job handles. */
export interface Hub {
  /** Without a slash at the end. */
  readonly url: string
  readonly fetch: typeof globalThis.fetch
  readonly WebSocket: WebSocketConstructor | undefined
  readonly headers: Readonly<Record<string, string>>
  /** How long a request that may safely be repeated is tried at a hub that does not answer, in milliseconds. */
  readonly patienceMs: number
  /** Hears of each failed attempt that will be repeated. */
  readonly onRetry: ((failure: HubProblem | HubUnreachableError, pauseMs: number) => void) | undefined
  /** The transport that worked last; the next follower begins with it. */
  preferredTransport: TransportName
}

export interface AskOptions extends Omit<RequestInit, 'headers' | 'signal'> {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /** For the head of the answer, in milliseconds; null waits for ever. */
  readonly timeoutMs?: number | null
}

/** Sends one request, once. Throws HubProblem for what is not 2xx, HubUnreachableError when there is no answer. */
export async function ask(hub: Hub, path: string, options: AskOptions = {}): Promise<Response> {
  const { timeoutMs = 30_000, signal, headers, ...init } = options
  const deadline = new AbortController()
  const timer = timeoutMs === null ? undefined : setTimeout(() => deadline.abort(new Error('no answer in time')), timeoutMs)
  let response: Response
  try {
    response = await hub.fetch(hub.url + path, {
      ...init,
      headers: { ...hub.headers, ...headers },
      signal: signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal,
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw new HubUnreachableError(hub.url, error)
  } finally {
    clearTimeout(timer)
  }
  if (!response.ok) throw await readProblem(response)
  return response
}

/** Sends one request, once, and reads its answer as JSON. */
export async function askJson<Answer>(hub: Hub, path: string, options: AskOptions = {}): Promise<Answer> {
  const response = await ask(hub, path, { ...options, headers: { accept: 'application/json', ...options.headers } })
  try {
    return await response.json() as Answer
  } catch (error) {
    options.signal?.throwIfAborted()
    throw new HubUnreachableError(hub.url, error)
  }
}

/**
 * Repeats an attempt, with growing pauses, while the hub does not answer or says that it is full or shutting down,
 * until its patience ends; then the last failure is thrown. Only for what may safely be done twice.
 */
export async function patiently<Answer>(
  hub: Hub,
  attempt: () => Promise<Answer>,
  { signal, patienceMs = hub.patienceMs }: { readonly signal?: AbortSignal | undefined; readonly patienceMs?: number } = {},
): Promise<Answer> {
  const pauses = new Pauses({ firstMs: 500 })
  const began = performance.now()
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!isPassing(error)) throw error
      const pauseMs = pauses.next(error instanceof HubProblem ? error.retryAfterMs : 0)
      if (performance.now() - began + pauseMs > patienceMs) throw error
      hub.onRetry?.(error, pauseMs)
      await pause(pauseMs, signal)
    }
  }
}

/** Sends DELETE until it has been heard. */
export async function removePatiently(hub: Hub, path: string, { signal }: { readonly signal?: AbortSignal | undefined }): Promise<void> {
  let isFirst = true
  await patiently(hub, async () => {
    try {
      await ask(hub, path, { method: 'DELETE', signal })
    } catch (error) {
      // The answer to an earlier attempt was lost, but it was heard.
      if (isFirst || !(error instanceof HubProblem) || !GONE.has(error.status)) throw error
    } finally {
      isFirst = false
    }
  }, { signal })
}

const GONE: ReadonlySet<number> = new Set([404, 410])

/** Whether trying again later is worth while. */
export function isPassing(error: unknown): error is HubProblem | HubUnreachableError {
  return error instanceof HubUnreachableError || (error instanceof HubProblem && error.passes)
}
