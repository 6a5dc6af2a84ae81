import { describe, expect, test } from 'vitest'
import { PALETTE_BYTES, SOLID, type CellFrame } from '../cell-frame.ts'
import { drawSubtitles, linesAt, subtitleColors } from './draw-subtitles.ts'
import type { SubtitleLine } from './place-cues.ts'

/** Dark blue, red, white and 13 greys. */
const PALETTE = Uint8Array.from({ length: PALETTE_BYTES }, (_, at) => [0, 0, 60, 255, 0, 0, 250, 250, 250][at] ?? 120)
const RED = 0x01
const WHITE = 0x02

const FRAME: CellFrame = {
  columns: 4, rows: 2, characters: new Uint8Array(8).fill(SOLID), colors: new Uint8Array(8).fill(0x33), palette: PALETTE,
}

describe('a text over a frame', () => {
  test('stands in its cells, in the nearest colour on the darkest one', () => {
    const { characters, colors } = drawSubtitles(FRAME, [line('Hé', 1, 1, [255, 255, 255]), line('!', 0, 0, [200, 30, 30])])
    expect([...characters]).toEqual([0x21, SOLID, SOLID, SOLID, SOLID, 0x48, 0xe9, SOLID])
    expect([...colors]).toEqual([RED, 0x33, 0x33, 0x33, 0x33, WHITE, WHITE, 0x33])
  })

  test('leaves the frame that it was given as it was', () => {
    drawSubtitles(FRAME, [line('abcd', 0, 0)])
    expect([...FRAME.characters]).toEqual(Array.from({ length: 8 }, () => SOLID))
    expect(drawSubtitles(FRAME, [])).toBe(FRAME)
  })

  test('is cut to the monitor that shows a part of the picture', () => {
    const right = drawSubtitles(FRAME, [line('abcdef', 2, 3), line('above', 4, 1)], { x: 4, y: 2 })
    expect([...right.characters]).toEqual([SOLID, SOLID, SOLID, SOLID, 0x63, 0x64, 0x65, 0x66])
    const left = drawSubtitles(FRAME, [line('abcdef', 2, 1)], { x: 0, y: 0 })
    expect([...left.characters]).toEqual([SOLID, SOLID, SOLID, SOLID, SOLID, SOLID, 0x61, 0x62])
  })

  test('that is the darkest colour itself stands on the brightest', () => {
    expect(subtitleColors([0, 0, 0], PALETTE)).toBe(0x20)
  })

  test('shows from its start until before its end', () => {
    const events = [
      { startSeconds: 1, endSeconds: 2, lines: [line('a', 0, 0)] },
      { startSeconds: 1.5, endSeconds: 3, lines: [line('b', 0, 1)] },
    ]
    const shown = [0.99, 1, 1.5, 2, 3].map((seconds) => linesAt(events, seconds).map(({ text }) => text).join(''))
    expect(shown).toEqual(['', 'a', 'ab', 'b', ''])
  })
})

function line(text: string, x: number, y: number, color: SubtitleLine['color'] = [255, 255, 255]): SubtitleLine {
  return { text, x, y, color }
}
