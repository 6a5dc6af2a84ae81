/** When each frame ends, in whole milliseconds from the beginning. */
export function frameEnds(delays: readonly number[]): readonly number[] {
  let elapsed = 0
  return delays.map((delay) => Math.round(elapsed += delay))
}
