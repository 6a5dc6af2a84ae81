import { readCellsFrame } from './cells-frame.ts'
import type { Computer } from './computer.ts'
import type { Picture } from './picture.ts'

/** What came on the screen with a frame: clearing it and writing on it draws no rows. */
export function picturesOn(computer: Computer, screen: string): Picture[] {
  return computer.pictures.filter((picture) => picture.screen === screen && (picture.blits > 0 || picture.paints > 0) && !isBlank(picture))
}

/**
 * The numbers of the frames that a screen showed, from 1, where it shows part `part` of each; 0 for what is part of no
 * frame. Of two frames alike it is the one that comes next.
 */
export function framesOn(pictures: readonly Picture[], frames: readonly Buffer[], part = 0): number[] {
  const parts = frames.map((frame) => readCellsFrame(frame)[part]!)
  let last = 0
  return pictures.map((picture) => {
    const isShown = (index: number) => isOf(picture, parts[index]!)
    const next = parts.findIndex((_, index) => index >= last && isShown(index))
    const found = next >= 0 ? next : parts.findIndex((_, index) => isShown(index))
    last = Math.max(last, found + 1)
    return found + 1
  })
}

function isOf(picture: Picture, cells: ReturnType<typeof readCellsFrame>[number]): boolean {
  return picture.columns === cells.columns && picture.rows === cells.rows && picture.characters.equals(cells.characters)
    && picture.colors.equals(cells.colors) && picture.palette.equals(cells.palette)
}

function isBlank({ characters }: Picture): boolean {
  return characters.every((character) => character === 0x20)
}
