import type { Estimate } from './estimate.ts'
import { UNKNOWN_DOUBT, type OverlayModel } from './overlay-model.ts'
import type { Picture } from './picture.ts'

/** Of what is below: less tells nothing. */
const LEAST_SHARE = 0.08
/** Pixels around by which it is told how far off an estimate is; and as how many of them counts how far off it was thought to be. */
const AROUND = 2
const THOUGHT = 8

interface Shown {
  readonly model: OverlayModel
  readonly picture: Picture
  /** Of a plane of the picture, in samples. */
  readonly width: number
  /** What one step of 8 bits is. */
  readonly scale: number
}

/**
 * Takes the overlay off what is shown, and weighs that against the estimate of what is below. Where they differ by more
 * than noise does, it is the estimate that is wrong: something is there of which nothing around has told.
 */
export function takeOff(estimate: Estimate, { model, picture, width, scale }: Shown): Estimate {
  const { plane, places, values, errors } = estimate
  const { share, added, doubt, mean } = model.planes[plane]!
  const samples = picture.planes[plane]
  const [below, noise, misfits] = [new Float64Array(places.length), new Float64Array(places.length).fill(Infinity), new Float64Array(places.length)]
  for (let index = 0; index < places.length; index++) {
    const at = places[index]!
    const through = share[at]!
    if (through < LEAST_SHARE || doubt[at]! >= UNKNOWN_DOUBT) continue
    const found = (samples[at]! / scale - added[at]!) / through
    below[index] = Math.min(255, Math.max(0, found))
    noise[index] = (model.codingNoise + doubt[at]! * (found - mean[at]!) ** 2) / through ** 2
    misfits[index] = (below[index]! - values[index]!) ** 2 - noise[index]!
  }
  const wrong = meansAround(misfits, { places, noise, width })
  const [better, squares] = [Float64Array.from(values), Float64Array.from(errors)]
  for (let index = 0; index < places.length; index++) {
    if (noise[index] === Infinity) continue
    const thought = errors[index]! * model.estimateDoubt
    const { sum, count } = wrong(index)
    const error = Math.max(thought / 10, (THOUGHT * thought + sum) / (THOUGHT + count))
    const [trust, other] = [1 / (noise[index]! + 1), 1 / (error + 1)]
    better[index] = (trust * below[index]! + other * values[index]!) / (trust + other)
    squares[index] = Math.min(error, noise[index]!)
  }
  return { plane, places, values: better, errors: squares }
}

/** Sums of what is known of the pixels around one. */
function meansAround(misfits: Float64Array, { places, noise, width }: { readonly places: Int32Array; readonly noise: Float64Array; readonly width: number }): (index: number) => { readonly sum: number; readonly count: number } {
  const [first, last] = [places[0] ?? 0, places.at(-1) ?? -1]
  const top = Math.floor(first / width) - AROUND
  const rows = Math.floor(last / width) + AROUND - top + 1
  // Sums from the upper left corner on: each window is the difference of four.
  const stride = width + 1
  const [sums, counts] = [new Float64Array(stride * (rows + 1)), new Float64Array(stride * (rows + 1))]
  for (let index = 0; index < places.length; index++) {
    if (noise[index] === Infinity) continue
    const at = (Math.floor(places[index]! / width) - top + 1) * stride + (places[index]! % width) + 1
    sums[at] = misfits[index]!
    counts[at] = 1
  }
  for (let row = 1; row <= rows; row++) {
    let [sum, count] = [0, 0]
    for (let at = row * stride + 1; at < (row + 1) * stride; at++) {
      sums[at] = sums[at - stride]! + (sum += sums[at]!)
      counts[at] = counts[at - stride]! + (count += counts[at]!)
    }
  }
  return (index) => {
    const [x, y] = [places[index]! % width, Math.floor(places[index]! / width) - top]
    const [left, right] = [Math.max(0, x - AROUND), Math.min(width, x + AROUND + 1)]
    const [above, under] = [(y - AROUND) * stride, (y + AROUND + 1) * stride]
    const within = (of: Float64Array) => of[under + right]! - of[under + left]! - of[above + right]! + of[above + left]!
    return { sum: within(sums), count: within(counts) }
  }
}
