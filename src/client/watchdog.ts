/** Barks once when a connection has been silent for too long. The first byte has a limit of its own. */
export class Watchdog {
  readonly #silenceMs: number
  readonly #bark: (heardAnything: boolean) => void
  #timer: ReturnType<typeof setTimeout>
  #lastHeard: number | undefined

  constructor({ firstByteMs, silenceMs }: Patience, bark: (heardAnything: boolean) => void) {
    this.#silenceMs = silenceMs
    this.#bark = bark
    this.#timer = setTimeout(() => bark(false), firstByteMs)
  }

  heard(): void {
    const isFirst = this.#lastHeard === undefined
    this.#lastHeard = performance.now()
    if (!isFirst) return
    clearTimeout(this.#timer)
    this.#watch(this.#silenceMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** One timer for many bytes: it looks at the time of the last one when it fires. */
  #watch(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      const left = this.#silenceMs - (performance.now() - (this.#lastHeard ?? 0))
      if (left > 0) this.#watch(left)
      else this.#bark(true)
    }, milliseconds)
  }
}

export interface Patience {
  /** From the request to the first byte of the channel. */
  readonly firstByteMs: number
  /** Between two bytes; the hub sends a ping each 15 s. */
  readonly silenceMs: number
}
