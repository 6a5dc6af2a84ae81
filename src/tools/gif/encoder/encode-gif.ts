import { Canvas, type Drawing, type Part } from './canvas.ts'
import type { Dithering } from './dithering.ts'
import { GIF_TAIL, gifFrame, type GifFrame, gifHead, indexBitsOf } from './gif-blocks.ts'
import { hundredths, type FrameSource } from './frame-source.ts'
import { encodeLzw } from './lzw.ts'
import { standInsOf, type ScenePalette } from './scene-palette.ts'
import type { ScenePlan } from './scenes.ts'

export interface GifOptions {
  readonly plays: number
  readonly dithering: Dithering
  /** Seen differences, in 8-bit steps, up to which a pixel stays as it was. */
  readonly hold: number
  /** Likewise, up to which a colour may stand in for another where that spares bytes. */
  readonly lossy: number
  /** Told how many frames have been drawn. */
  readonly onFrame?: ((frames: number) => Promise<void>) | undefined
}

/**
 * Makes a GIF piece by piece: of each frame the part that changes, in which pixels that stay may be left as they are. A
 * frame that changes nothing makes the one before it last longer.
 */
export async function* encodeGif(source: FrameSource, { shared, scenes }: ScenePlan, options: GifOptions): AsyncGenerator<Uint8Array> {
  const { width, height, delays } = source
  const whole: Part = { left: 0, top: 0, width, height }
  const canvas = new Canvas({ width, height, hold: options.hold ** 2 })
  const frame = new Uint8Array(width * height * 3)
  yield gifHead({ width, height }, shared.colors, options.plays)
  let scene = scenes[0]!
  let standIns = standInsFor(scene.palette, options)
  let waiting: { frame: Omit<GifFrame, 'delay'>; delay: number } | undefined
  for (const [index, delay] of hundredths(delays).entries()) {
    if (index === scene.end) {
      scene = scenes[scenes.indexOf(scene) + 1]!
      standIns = standInsFor(scene.palette, options)
    }
    const { palette, isShared } = scene
    source.read(index, frame)
    const drawing = canvas.draw(frame, palette, palette.isExact ? 'none' : options.dithering)
    const part = waiting ? changedPart(drawing, whole) : whole
    await options.onFrame?.(index + 1)
    if (part === undefined) {
      waiting!.delay += delay
      continue
    }
    if (waiting) yield gifFrame({ ...waiting.frame, delay: waiting.delay })
    const { indices, canStay } = cutOut(drawing, width, part)
    const clear = canStay.includes(1) ? palette.clear : undefined
    const data = encodeLzw(indices, { indexBits: indexBitsOf(palette.colors), standIns, clear, ...(clear !== undefined && { canStay }) })
    canvas.show({ indices, clear: palette.clear }, part)
    waiting = { frame: { ...part, clear, palette: isShared ? undefined : palette.colors, indexBits: indexBitsOf(palette.colors), data }, delay }
  }
  if (waiting) yield gifFrame({ ...waiting.frame, delay: waiting.delay })
  yield GIF_TAIL
}

function standInsFor(palette: ScenePalette, { lossy }: GifOptions): readonly Uint8Array[] | undefined {
  return lossy > 0 && !palette.isExact ? standInsOf(palette, lossy ** 2) : undefined
}

/** The smallest part that holds every pixel which does not stay; undefined where all stay. */
function changedPart({ canStay }: Drawing, { width, height }: Part): Part | undefined {
  let [left, right, top, bottom] = [width, -1, height, -1]
  for (let y = 0; y < height; y++) {
    const row = canStay.subarray(y * width, (y + 1) * width)
    const first = row.indexOf(0)
    if (first < 0) continue
    left = Math.min(left, first)
    right = Math.max(right, row.lastIndexOf(0))
    top = Math.min(top, y)
    bottom = y
  }
  return bottom < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 }
}

function cutOut({ indices, canStay }: Drawing, rowLength: number, { left, top, width, height }: Part): Drawing {
  const part = { indices: new Uint8Array(width * height), canStay: new Uint8Array(width * height) }
  for (let y = 0; y < height; y++) {
    const from = (top + y) * rowLength + left
    part.indices.set(indices.subarray(from, from + width), y * width)
    part.canStay.set(canStay.subarray(from, from + width), y * width)
  }
  return part
}
