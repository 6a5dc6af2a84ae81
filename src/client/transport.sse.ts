import { ask, type Hub } from './hub.ts'
import { SseParser, type SseItem } from './sse-parser.ts'
import {
  eventsPath, LostConnectionError, toEvent, UnusableTransportError, type ChannelEvent, type Position, type ReceiveOptions,
} from './transport.ts'
import { Watchdog } from './watchdog.ts'

/** Follows by Server-Sent Events: one answer that goes on until the job ends. */
export async function* receiveBySse(
  hub: Hub, from: Position, options: ReceiveOptions,
): AsyncGenerator<ChannelEvent, void, undefined> {
  const connection = new AbortController()
  const signal = AbortSignal.any([options.signal, connection.signal])
  const watchdog = new Watchdog(options.patience, (heardAnything) => connection.abort(heardAnything
    ? new LostConnectionError('the event stream fell silent')
    : new UnusableTransportError('no byte of the event stream came through')))
  try {
    const response = await ask(hub, eventsPath(from), {
      headers: { accept: 'text/event-stream' }, cache: 'no-store', signal, timeoutMs: null,
    })
    // 204: there is nothing after that offset and never will be.
    if (response.status === 204) return
    if (!response.body || !/^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '')) {
      throw new UnusableTransportError('the answer is not an event stream')
    }
    const parser = new SseParser()
    for await (const chunk of chunksOf(response.body, signal)) {
      watchdog.heard()
      for (const item of parser.push(chunk)) {
        if (item.type === 'retry') options.onRetryHint(item.milliseconds)
        else {
          const event = readItem(item)
          if (event) yield event
        }
      }
    }
  } finally {
    watchdog.stop()
    connection.abort()
  }
}

/** Not `for await` over the body itself: not every browser can. */
async function* chunksOf(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  for (;;) {
    let step: Awaited<ReturnType<typeof reader.read>>
    try {
      step = await reader.read()
    } catch (error) {
      signal.throwIfAborted()
      throw new LostConnectionError('the event stream broke off', { cause: error })
    }
    if (step.done) return
    yield step.value
  }
}

function readItem({ name, data, id }: SseItem & { readonly type: 'event' }): ChannelEvent | undefined {
  try {
    return toEvent({ type: name, offset: id, data: JSON.parse(data) as unknown })
  } catch (error) {
    throw new UnusableTransportError('the event stream holds something else than the events of a hub', { cause: error })
  }
}
