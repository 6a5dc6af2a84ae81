/** A text to show for a while, as a file of subtitles has it: without a screen yet. */
export interface Cue {
  readonly startSeconds: number
  readonly endSeconds: number
  readonly lines: readonly string[]
  readonly alignment: Alignment
  readonly color: Rgb
  /** Of the screen's width and height, from 0 to 1. */
  readonly margins: { readonly left: number; readonly right: number; readonly vertical: number }
  /** Where the text's corner, edge or middle stands that the alignment names, from 0 to 1; margins then count for nothing. */
  readonly position?: { readonly x: number; readonly y: number }
}

/** As the keys of a number pad stand: 2 is the middle of the bottom. */
export type Alignment = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

export type Rgb = readonly [red: number, green: number, blue: number]

export const WHITE: Rgb = [255, 255, 255]

/** Pixels of the screen that a script means where it names no other. */
export const SCRIPT_SCREEN = { width: 384, height: 288 }
