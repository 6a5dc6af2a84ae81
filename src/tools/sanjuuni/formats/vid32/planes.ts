import { SOLID, type CellFrame } from '../../cell-frame.ts'

/** A frame as 32vid takes it apart: one byte a cell in each plane. */
export interface Planes {
  readonly cells: number
  /** The low five bits of the drawing characters. */
  readonly patterns: Uint8Array
  readonly foregrounds: Uint8Array
  readonly backgrounds: Uint8Array
}

/**
 * The planes of a frame. What cannot be seen is chosen so that it costs least: a cell of one colour takes the foreground
 * of the cell before it, so that its run goes on. A letter has no place in the format; its background is left.
 */
export function planesOf(frame: CellFrame, scratch: PlaneScratch): Planes {
  const cells = frame.characters.length
  const planes = scratch.planes(cells)
  const { patterns, foregrounds, backgrounds } = planes
  const firstSeen = firstForeground(frame)
  let foreground = firstSeen
  for (let cell = 0; cell < cells; cell++) {
    const color = frame.colors[cell]!
    const background = color >> 4
    const pattern = patternOf(frame.characters[cell]!)
    const isSolid = pattern === 0 || (color & 15) === background
    if (!isSolid) foreground = color & 15
    patterns[cell] = isSolid ? 0 : pattern
    foregrounds[cell] = foreground
    backgrounds[cell] = background
  }
  return planes
}

/** Memory for planes that is used again for the next frame. */
export class PlaneScratch {
  #memory = new Uint8Array(0)

  planes(cells: number): Planes {
    if (this.#memory.length < 3 * cells) this.#memory = new Uint8Array(3 * cells)
    const [patterns, foregrounds, backgrounds] = [0, 1, 2].map((plane) => this.#memory.subarray(plane * cells, (plane + 1) * cells))
    return { cells, patterns: patterns!, foregrounds: foregrounds!, backgrounds: backgrounds! }
  }
}

/** The bits of a drawing character; a cell of one colour for any other. */
export function patternOf(character: number): number {
  return character >= SOLID && character < SOLID + 32 ? character - SOLID : 0
}

/** Where no foreground is seen, the first background: a picture of one colour is one symbol then. */
function firstForeground({ characters, colors }: CellFrame): number {
  for (let cell = 0; cell < characters.length; cell++) {
    const color = colors[cell]!
    if (patternOf(characters[cell]!) !== 0 && color >> 4 !== (color & 15)) return color & 15
  }
  return colors[0]! >> 4
}
