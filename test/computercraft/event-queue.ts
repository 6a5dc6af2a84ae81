/** What happens to a computer, as it has still to see it: at most 256 events, and what comes then is lost. */
export class EventQueue {
  readonly #events: ComputerEvent[] = []
  #waiting: ((event: ComputerEvent) => void) | undefined
  lost = 0

  push(event: ComputerEvent): void {
    if (this.#waiting) {
      this.#waiting(event)
      this.#waiting = undefined
    } else if (this.#events.length < MOST_EVENTS) {
      this.#events.push(event)
    } else {
      this.lost++
    }
  }

  next(): Promise<ComputerEvent> {
    const event = this.#events.shift()
    return event ? Promise.resolve(event) : new Promise((resolve) => (this.#waiting = resolve))
  }
}

const MOST_EVENTS = 256

export interface ComputerEvent {
  readonly name: string
  readonly url?: string
  readonly id?: number
  readonly device?: string
  readonly blocks?: readonly [number, number]
  readonly reason?: string
  readonly code?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly isBinary?: boolean
  readonly body?: Buffer
}
