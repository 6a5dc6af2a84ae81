/** How long to wait before each further attempt: doubling, scattered so that a restarted hub is not met by all at once. */
export class Pauses {
  #firstMs: number
  readonly #longestMs: number
  #failures = 0

  constructor({ firstMs = 1000, longestMs = 15_000 }: { readonly firstMs?: number; readonly longestMs?: number } = {}) {
    this.#firstMs = firstMs
    this.#longestMs = longestMs
  }

  /** The hub's own wish for the first pause. */
  suggest(firstMs: number): void {
    this.#firstMs = firstMs
  }

  /** Milliseconds to wait now, never less than what the hub asked for. */
  next(atLeastMs = 0): number {
    const grown = Math.min(this.#firstMs * 2 ** this.#failures, Math.max(this.#longestMs, this.#firstMs))
    this.#failures++
    return Math.round(Math.max(atLeastMs, grown) + grown * Math.random() / 4)
  }

  reset(): void {
    this.#failures = 0
  }
}

/** Resolves after that long; rejects with the signal's reason as soon as it is aborted. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
