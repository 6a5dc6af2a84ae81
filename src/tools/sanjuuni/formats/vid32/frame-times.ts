const FASTEST = 255

/**
 * A 32vid has a whole number of frames a second. A video of another rate keeps its time all the same: frames are said
 * twice, or left out, where the file's rate is ahead of it or behind.
 */
export class FrameTimes {
  readonly filesRate: number
  readonly #rate: number
  #frames = 0
  #places = 0

  /** `rate` is the video's; 0 for a still. */
  constructor(rate: number) {
    this.filesRate = Math.min(FASTEST, Math.max(1, Math.round(rate)))
    this.#rate = rate > 0 ? rate : this.filesRate
  }

  /** How often the next frame is to be written. */
  next(): number {
    this.#frames++
    // Less a little, for rates like 30000/1001 that are not exact.
    const end = Math.ceil((this.#frames * this.filesRate) / this.#rate - 1e-6)
    const times = end - this.#places
    this.#places = end
    return times
  }
}
