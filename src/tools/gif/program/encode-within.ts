import { renameSync } from 'node:fs'
import type { EncodedFile, Encoding } from './encodings.ts'
import type { Ffmpeg } from './ffmpeg.ts'
import type { FrameSpool } from './frame-spool.ts'
import { smallerFrames } from './smaller-frames.ts'

export interface WithinOptions {
  readonly encoding: Encoding
  readonly ffmpeg: Ffmpeg
  readonly output: string
  readonly onProgress: (fraction: number) => Promise<void>
  /** Told of each try, for people. */
  readonly onTry: (text: string) => void
}

/** What makes sense to look at: the longer side has at least so many pixels, and what moves so many frames. */
const LEAST_SIDE = 64
const LEAST_FRAMES = 10
/** Below this part of the size that was asked for it is better to leave out frames first. */
const SMALL = 0.6
/** A size that should fit is taken a little smaller, so that it does. */
const SPARE = 0.95
const TRIES = 12

/**
 * The best file that has at most so many bytes: as good as asked for if it can be, else with less quality, and where
 * that would be seen too much, with smaller and fewer frames. Throws where not even the smallest fits.
 */
export async function encodeWithin(mostBytes: number, whole: FrameSpool, options: WithinOptions): Promise<void> {
  const search = new Search(mostBytes, options)
  let spool = whole
  let [scale, step] = [1, 1]
  const leastScale = Math.min(1, LEAST_SIDE / Math.max(whole.width, whole.height))
  for (;;) {
    const isLeast = scale === leastScale && step >= stepsOf(whole)
    const bytes = await search.bestAt(spool, { isLeast })
    if (spool !== whole) spool.remove()
    if (bytes === undefined) return
    if (isLeast) throw new Error(`target_kb cannot be met: ${spool.width}x${spool.height} and ${spool.delays.length} frames, the smallest that makes sense, take ${bytes} bytes and not ${mostBytes}; ask for more, or send less`)
    let ratio = mostBytes / bytes
    if (scale < SMALL && step < stepsOf(whole)) {
      step *= 2
      ratio *= 2
    }
    scale = ratio >= 1 ? scale : Math.max(leastScale, scale * Math.min(0.9, Math.sqrt(ratio) * SPARE))
    if (scale === leastScale) step = stepsOf(whole)
    const size = { width: Math.max(1, Math.round(whole.width * scale)), height: Math.max(1, Math.round(whole.height * scale)) }
    spool = await smallerFrames(whole, options.ffmpeg, { file: `frames-${size.width}-${step}.rgb`, size, step })
  }
}

/** How many frames may become one. */
function stepsOf({ delays }: FrameSpool): number {
  return delays.length >= 4 * LEAST_FRAMES ? 4 : delays.length >= 2 * LEAST_FRAMES ? 2 : 1
}

class Search {
  readonly #mostBytes: number
  readonly #options: WithinOptions
  #tries = 0

  constructor(mostBytes: number, options: WithinOptions) {
    this.#mostBytes = mostBytes
    this.#options = options
  }

  /** Leaves the best file of these frames that fits, and resolves to undefined; otherwise to the bytes of one that does not. */
  async bestAt(spool: FrameSpool, { isLeast }: { readonly isLeast: boolean }): Promise<number | undefined> {
    const { efforts } = this.#options.encoding
    const first = await this.#try(spool, 0)
    if (first === undefined) return undefined
    // More than half of what can be given up is given up for the size, unless that cannot be less.
    let [worst, tooLarge] = [isLeast ? efforts - 1 : Math.floor(efforts / 2), 0]
    if (worst === 0) return first
    const bytes = await this.#try(spool, worst)
    if (bytes !== undefined) return bytes
    while (worst - tooLarge > 1) {
      const middle = (worst + tooLarge) >> 1
      if ((await this.#try(spool, middle)) === undefined) worst = middle
      else tooLarge = middle
    }
    return undefined
  }

  /** Undefined where it fits: it is the output then, and worse than none that will be tried after it. */
  async #try(spool: FrameSpool, effort: number): Promise<number | undefined> {
    const { encoding, output, onProgress, onTry } = this.#options
    const done = Math.min(this.#tries++, TRIES - 1) / TRIES
    const { bytes, how }: EncodedFile = await encoding.encode(spool, `${output}.try`, { effort, onProgress: (fraction) => onProgress(done + fraction / TRIES) })
    const fits = bytes <= this.#mostBytes
    onTry(`${spool.width}x${spool.height}, ${how}: ${bytes.toLocaleString('en')} bytes, which ${fits ? 'fits' : 'is too large'}`)
    if (fits) renameSync(`${output}.try`, output)
    return fits ? undefined : bytes
  }
}
