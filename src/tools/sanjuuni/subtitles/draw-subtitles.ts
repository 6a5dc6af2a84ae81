import { PALETTE_COLORS, type CellFrame } from '../cell-frame.ts'
import type { Rgb } from './cue.ts'
import type { SubtitleEvent, SubtitleLine } from './place-cues.ts'

/**
 * The frame with texts over its cells. `origin` is the cell of the whole picture that the frame begins with, where it
 * is one monitor's of several.
 */
export function drawSubtitles(frame: CellFrame, lines: readonly SubtitleLine[], origin = { x: 0, y: 0 }): CellFrame {
  if (lines.length === 0) return frame
  const drawn = { ...frame, characters: frame.characters.slice(), colors: frame.colors.slice() }
  for (const { text, x, y, color } of lines) {
    const row = y - origin.y
    if (row < 0 || row >= frame.rows) continue
    const colors = subtitleColors(color, frame.palette)
    for (let index = 0; index < text.length; index++) {
      const column = x - origin.x + index
      if (column < 0 || column >= frame.columns) continue
      drawn.characters[row * frame.columns + column] = text.charCodeAt(index)
      drawn.colors[row * frame.columns + column] = colors
    }
  }
  return drawn
}

/** The lines to show at that time, of events in order of their start. */
export function linesAt(events: readonly SubtitleEvent[], seconds: number): readonly SubtitleLine[] {
  return events.flatMap((event) => (event.startSeconds <= seconds && seconds < event.endSeconds ? event.lines : []))
}

/** The nearest colour of the palette on its darkest, or on its brightest where the nearest is the darkest itself. */
export function subtitleColors(color: Rgb, palette: Uint8Array): number {
  const nearest = leastOf(palette, (entry) => entry.reduce((sum, value, channel) => sum + (value - color[channel]!) ** 2, 0))
  const darkest = leastOf(palette, brightness)
  const background = nearest === darkest ? leastOf(palette, (entry) => -brightness(entry)) : darkest
  return (background << 4) | nearest
}

function leastOf(palette: Uint8Array, valueOf: (entry: Rgb) => number): number {
  let least = Infinity
  let found = 0
  for (let index = 0; index < PALETTE_COLORS; index++) {
    const value = valueOf([palette[index * 3]!, palette[index * 3 + 1]!, palette[index * 3 + 2]!])
    if (value < least) [least, found] = [value, index]
  }
  return found
}

function brightness([red, green, blue]: Rgb): number {
  return red * 3 + green * 6 + blue
}
