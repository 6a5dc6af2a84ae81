import { colorDistance } from './color-distance.ts'
import { chooserFor, type Dithering } from './dithering.ts'
import type { ScenePalette } from './scene-palette.ts'

export interface CanvasOptions {
  readonly width: number
  readonly height: number
  /** Seen differences up to this, squared, leave a pixel as it is. */
  readonly hold: number
}

/** What a frame changes. */
export interface Drawing {
  /** An index of the palette for each pixel. */
  readonly indices: Uint8Array
  /** 1 where the pixel may stay as it is. */
  readonly canStay: Uint8Array
}

export interface Part {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** What the viewer sees, pixel by pixel, and what it was drawn from. */
export class Canvas {
  readonly #options: CanvasOptions
  /** Three bytes a pixel. */
  readonly #shown: Uint8Array
  readonly #drawnFrom: Uint8Array
  readonly #shownIndex: Uint8Array
  readonly #drawing: { indices: Uint8Array; canStay: Uint8Array }
  #palette: ScenePalette | undefined

  constructor(options: CanvasOptions) {
    const pixels = options.width * options.height
    this.#options = options
    this.#shown = new Uint8Array(pixels * 3)
    this.#drawnFrom = new Uint8Array(pixels * 3)
    this.#shownIndex = new Uint8Array(pixels)
    this.#drawing = { indices: new Uint8Array(pixels), canStay: new Uint8Array(pixels) }
  }

  /** Tells what to draw of a frame; valid until the next. Where the palette has no colour that is shown, its index is `clear`. */
  draw(frame: Uint8Array, palette: ScenePalette, dithering: Dithering): Drawing {
    const { width, height, hold } = this.#options
    const isFirst = this.#palette === undefined
    if (palette !== this.#palette) this.#findShown(palette)
    const { indices, canStay } = this.#drawing
    const [shown, drawnFrom, shownIndex, { colors }] = [this.#shown, this.#drawnFrom, this.#shownIndex, palette]
    const chooser = chooserFor(dithering, { width, palette })
    for (let y = 0; y < height; y++) {
      const isBackward = chooser.startRow(y)
      for (let step = 0; step < width; step++) {
        const x = isBackward ? width - 1 - step : step
        const pixel = y * width + x
        const at = pixel * 3
        const [red, green, blue] = [frame[at]!, frame[at + 1]!, frame[at + 2]!]
        if (!isFirst && colorDistance(drawnFrom[at]! - red, drawnFrom[at + 1]! - green, drawnFrom[at + 2]! - blue) <= hold) {
          indices[pixel] = shownIndex[pixel]!
          canStay[pixel] = 1
          continue
        }
        const index = chooser.choose(x, red, green, blue)
        const stays = !isFirst && (index === shownIndex[pixel]
          || colorDistance(shown[at]! - red, shown[at + 1]! - green, shown[at + 2]! - blue)
            <= colorDistance(colors[index * 3]! - red, colors[index * 3 + 1]! - green, colors[index * 3 + 2]! - blue))
        indices[pixel] = stays ? shownIndex[pixel]! : index
        canStay[pixel] = stays ? 1 : 0
        drawnFrom[at] = red
        drawnFrom[at + 1] = green
        drawnFrom[at + 2] = blue
      }
    }
    return this.#drawing
  }

  /** Takes over what was drawn in a part of the picture, as the file has it. */
  show({ indices, clear }: { readonly indices: Uint8Array; readonly clear: number }, part: Part): void {
    const { colors } = this.#palette!
    for (let y = 0; y < part.height; y++) {
      for (let x = 0; x < part.width; x++) {
        const index = indices[y * part.width + x]!
        if (index === clear) continue
        const pixel = (part.top + y) * this.#options.width + part.left + x
        this.#shownIndex[pixel] = index
        for (let channel = 0; channel < 3; channel++) this.#shown[pixel * 3 + channel] = colors[index * 3 + channel]!
      }
    }
  }

  /** Under a new palette another index may stand for what is shown, or none. */
  #findShown(palette: ScenePalette): void {
    const isFirst = this.#palette === undefined
    this.#palette = palette
    if (isFirst) return
    const exact = new Map<number, number>()
    for (let color = 0; color < palette.colors.length / 3; color++) exact.set(codeOf(palette.colors, color * 3), color)
    for (let pixel = 0; pixel < this.#shownIndex.length; pixel++) this.#shownIndex[pixel] = exact.get(codeOf(this.#shown, pixel * 3)) ?? palette.clear
  }
}

function codeOf(colors: Uint8Array, at: number): number {
  return (colors[at]! << 16) | (colors[at + 1]! << 8) | colors[at + 2]!
}
