import { HubError } from '../../errors.ts'
import { CELL_HEIGHT, CELL_WIDTH } from './cell-frame.ts'
import { MAX_SIDE } from './options-table.ts'

export interface Size {
  readonly width: number
  readonly height: number
}

/**
 * Pixels of the picture to make: both sides as asked, or one and the other by the source's aspect, or the source's own
 * size; cut to whole cells, but to one at least. Throws a HubError where that is too large.
 */
export function fitSize(asked: Partial<Size>, source: Size): Size {
  const width = asked.width ?? (asked.height === undefined ? source.width : Math.trunc((asked.height * source.width) / source.height))
  const height = asked.height ?? (asked.width === undefined ? source.height : Math.trunc((asked.width * source.height) / source.width))
  const fitted = { width: wholeCells(width, CELL_WIDTH), height: wholeCells(height, CELL_HEIGHT) }
  if (fitted.width <= MAX_SIDE && fitted.height <= MAX_SIDE && fitted.width * fitted.height <= MAX_PIXELS) return fitted
  const message = `A picture of ${width}x${height} pixels is more than ${MAX_SIDE} on a side or ${MAX_PIXELS} in all`
  throw new HubError('invalid_input', message, {
    hint: 'Send --width and --height: --width=328 --height=243 fills the largest monitor', errors: [{ path: 'args', message }],
  })
}

/** The size within the one that is asked for that has the source's aspect; as asked where that is not a whole size. */
export function containedSize({ width, height }: Partial<Size>, source: Size): Partial<Size> {
  if (width === undefined) return height === undefined ? {} : { height }
  if (height === undefined) return { width }
  const isWider = source.width * height > width * source.height
  return isWider ? { width } : { height }
}

/** Frames a second: as asked, or the source's, though no more than a screen shows. */
export function fitFrameRate(asked: number | undefined, source: number | undefined): number {
  return asked ?? Math.min(source ?? SCREEN_FRAME_RATE, SCREEN_FRAME_RATE)
}

const MAX_PIXELS = 2048 * 2048

/** The game draws screens once a tick. */
const SCREEN_FRAME_RATE = 20

function wholeCells(pixels: number, cell: number): number {
  return Math.max(cell, pixels - (pixels % cell))
}
