import type { CellFrame } from '../cell-frame.ts'
import type { Screens } from './frame-encoder.ts'

/** The frame of a format that has no place for a second monitor. */
export function onlyScreen(screens: Screens, format: string): CellFrame {
  const [frame, second] = screens
  if (!frame || second) throw new RangeError(`${format} holds the picture of one monitor, not of ${screens.length}`)
  return frame
}
