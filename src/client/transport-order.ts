import type { Hub, TransportName } from './hub.ts'
import type { Transport } from './transport.ts'
import { receiveByPoll } from './transport.poll.ts'
import { receiveBySse } from './transport.sse.ts'
import { receiveByWebSocket } from './transport.websocket.ts'

/** Which transport is next: the one that worked last at this hub first, then the others of SSE, WebSocket and long poll, and round again. */
export class TransportOrder {
  readonly #hub: Hub
  readonly #names: readonly TransportName[]
  #index = 0
  #fruitless = 0

  constructor(hub: Hub, wanted: TransportName | 'auto') {
    this.#hub = hub
    this.#names = wanted === 'auto' ? usableAt(hub) : [wanted]
  }

  get current(): TransportName {
    return this.#names[this.#index] ?? 'poll'
  }

  get receive(): Transport {
    return TRANSPORTS[this.current]
  }

  /** An event came through. */
  worked(): void {
    this.#fruitless = 0
    this.#hub.preferredTransport = this.current
  }

  /** Goes on to the next one. Says whether there is one that has not been tried since the beginning of the round. */
  next(): 'untried' | 'all tried' {
    this.#fruitless = 0
    this.#index = (this.#index + 1) % this.#names.length
    return this.#index === 0 ? 'all tried' : 'untried'
  }

  /** A connection that broke before any event: chance once or twice, after that this transport is not let through. */
  brokeBeforeAnyEvent(): void {
    this.#fruitless++
    if (this.#fruitless >= 3) this.next()
  }
}

const TRANSPORTS: Record<TransportName, Transport> = {
  sse: receiveBySse,
  websocket: receiveByWebSocket,
  poll: receiveByPoll,
}

function usableAt(hub: Hub): readonly TransportName[] {
  const names: readonly TransportName[] = hub.WebSocket ? ['sse', 'websocket', 'poll'] : ['sse', 'poll']
  return [...names.filter((name) => name === hub.preferredTransport), ...names.filter((name) => name !== hub.preferredTransport)]
}
