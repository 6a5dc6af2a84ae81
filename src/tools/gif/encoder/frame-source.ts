/** Frames of one size, three bytes a pixel, that can be read as often as is wanted. */
export interface FrameSource {
  readonly width: number
  readonly height: number
  /** Of each frame, in milliseconds. */
  readonly delays: readonly number[]
  /** Fills `frame`. */
  read(index: number, frame: Uint8Array): void
}

/** When each frame ends in hundredths of a second, so that rounding never adds up. */
export function hundredths(delays: readonly number[]): number[] {
  let [elapsed, told] = [0, 0]
  return delays.map((delay) => {
    elapsed += delay
    const hundredth = Math.max(1, Math.round(elapsed / 10) - told)
    told += hundredth
    return hundredth
  })
}
