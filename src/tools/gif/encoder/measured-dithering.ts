import { colorDistance } from './color-distance.ts'
import { chooserFor, type Dithering } from './dithering.ts'
import type { FrameSource } from './frame-source.ts'
import type { ScenePalette } from './scene-palette.ts'
import type { ScenePlan } from './scenes.ts'

/** From a little away nobody sees more than the mean of so many pixels by as many. */
const BLOCK = 4
/** A mean squared error of the means under which bands are not seen. */
const UNSEEN = 2
/** Bayer's pattern is smaller in the file, and may be a little worse for it. */
const BAYER_MAY_BE = 1.25
const SAMPLES = 3

/** The cheapest dithering whose error, seen from a little away, is as small as need be. */
export function measuredDithering(source: FrameSource, { scenes }: ScenePlan): Dithering {
  const count = source.delays.length
  const samples = Array.from({ length: Math.min(SAMPLES, count) }, (_, sample) => Math.floor(((sample + 0.5) * count) / Math.min(SAMPLES, count)))
  const frame = new Uint8Array(source.width * source.height * 3)
  const errors: Record<Dithering, number> = { none: 0, bayer: 0, sierra: 0 }
  for (const index of samples) {
    source.read(index, frame)
    const { palette } = scenes.find(({ end }) => index < end)!
    for (const dithering of ['none', 'bayer', 'sierra'] as const) errors[dithering] += blockError(frame, source.width, { palette, dithering }) / samples.length
  }
  if (errors.none <= UNSEEN) return 'none'
  return errors.bayer <= BAYER_MAY_BE * errors.sierra ? 'bayer' : 'sierra'
}

function blockError(frame: Uint8Array, width: number, { palette, dithering }: { palette: ScenePalette; dithering: Dithering }): number {
  const height = frame.length / 3 / width
  const across = Math.ceil(width / BLOCK)
  const chooser = chooserFor(dithering, { width, palette })
  const off = new Float64Array(across * 3)
  let [sum, blocks] = [0, 0]
  for (let y = 0; y < height; y++) {
    const isBackward = chooser.startRow(y)
    for (let step = 0; step < width; step++) {
      const x = isBackward ? width - 1 - step : step
      const at = (y * width + x) * 3
      const index = chooser.choose(x, frame[at]!, frame[at + 1]!, frame[at + 2]!)
      const block = Math.floor(x / BLOCK) * 3
      for (let channel = 0; channel < 3; channel++) off[block + channel]! += palette.colors[index * 3 + channel]! - frame[at + channel]!
    }
    if (y % BLOCK < BLOCK - 1) continue
    for (let block = 0; block < across * 3; block += 3) sum += colorDistance(off[block]!, off[block + 1]!, off[block + 2]!)
    blocks += across
    off.fill(0)
  }
  return blocks === 0 ? 0 : sum / blocks / BLOCK ** 4
}
