/**
 * Wake-ups carry no data: who is woken reads the log at its own place. Watching begins before the first read, so that
 * what the read misses the watch has seen.
 */
export class WakeUps {
  readonly #watches = new Set<OpenWatch>()

  get count(): number {
    return this.#watches.size
  }

  watch(): Watch {
    const watch = new OpenWatch(() => this.#watches.delete(watch))
    this.#watches.add(watch)
    return watch
  }

  wake(): void {
    for (const watch of this.#watches) watch.wake()
  }
}

export interface Watch {
  /** Resolves at the first change since the last call, at once where there has been one, and when `signal` aborts. */
  changed(signal: AbortSignal): Promise<void>
  stop(): void
}

class OpenWatch implements Watch {
  #hasChanged = false
  #resolve: (() => void) | undefined
  readonly stop: () => void

  constructor(stop: () => void) {
    this.stop = stop
  }

  wake(): void {
    this.#hasChanged = true
    this.#resolve?.()
  }

  async changed(signal: AbortSignal): Promise<void> {
    if (!this.#hasChanged && !signal.aborted) {
      const woken = new Promise<void>((resolve) => (this.#resolve = resolve))
      const onAbort = () => this.#resolve?.()
      signal.addEventListener('abort', onAbort)
      await woken
      signal.removeEventListener('abort', onAbort)
      this.#resolve = undefined
    }
    this.#hasChanged = false
  }
}
