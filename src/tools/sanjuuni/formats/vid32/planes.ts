import { SOLID } from '../../cell-frame.ts'

export const PATTERNS = 32

/**
 * A frame as 32vid takes it apart: one byte a cell in each plane. What cannot be seen is chosen so that it costs least: a
 * cell of one colour takes the foreground of the cell before it, so that its run goes on. A letter has no place in the
 * format; its background is left.
 */
export interface Planes {
  readonly cells: number
  /** The low five bits of the drawing characters. */
  readonly patterns: Uint8Array
  readonly foregrounds: Uint8Array
  readonly backgrounds: Uint8Array
}

/** Three planes one behind the other, each of them so far from the next. */
export function planesIn(memory: Uint8Array, cells: number, apart = cells): Planes {
  const [patterns, foregrounds, backgrounds] = [0, 1, 2].map((plane) => memory.subarray(plane * apart, plane * apart + cells))
  return { cells, patterns: patterns!, foregrounds: foregrounds!, backgrounds: backgrounds! }
}

/** The bits of a drawing character; a cell of one colour for any other. */
export function patternOf(character: number): number {
  return character >= SOLID && character < SOLID + PATTERNS ? character - SOLID : 0
}
