import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WHITE, type Alignment, type Cue } from './cue.ts'
import { placeCues } from './place-cues.ts'

const SCREEN = { columns: 20, rows: 9 }

describe('on a screen of 20 by 9 cells', () => {
  test.each([
    [1, 2, 7], [2, 9, 7], [3, 16, 7],
    [4, 2, 4], [5, 9, 4], [6, 16, 4],
    [7, 2, 1], [8, 9, 1], [9, 16, 1],
  ] as const)('a text aligned %i begins at %i, %i', (alignment, x, y) => {
    const margins = { left: 0.1, right: 0.1, vertical: 0.1 }
    expect(place(cue(['abcd'.slice(0, 2)], { alignment, margins }))).toEqual([['ab', x, y]])
  })

  test('lines are broken at spaces, and words that are too long anywhere', () => {
    expect(place(cue(['the quick brown fox jumps']))).toEqual([['the quick brown fox', 1, 7], ['jumps', 8, 8]])
    expect(place(cue([`a ${'x'.repeat(45)}`]))).toEqual([['a', 10, 5], ['x'.repeat(20), 0, 6], ['x'.repeat(20), 0, 7], ['xxxxx', 8, 8]])
  })

  test('of two texts at the same time and place the later one stands above', () => {
    const first = cue(['one', 'two'], { startSeconds: 0, endSeconds: 5 })
    const second = cue(['three'], { startSeconds: 1, endSeconds: 2 })
    const third = cue(['four'], { startSeconds: 4, endSeconds: 6 })
    expect(place(third, first, second)).toEqual([['one', 9, 7], ['two', 9, 8], ['three', 8, 6], ['four', 8, 6]])
  })

  test('texts at the top give way downwards, and texts in other corners not at all', () => {
    const first = cue(['one'], { alignment: 7 })
    const [second, corner] = [cue(['two'], { alignment: 7 }), cue(['three'], { alignment: 9 })]
    expect(place(first, second, corner)).toEqual([['one', 0, 0], ['two', 0, 1], ['three', 15, 0]])
  })

  test('where all is taken a text stands where it would have stood', () => {
    const full = cue(Array.from({ length: 9 }, () => 'full'), { alignment: 7 })
    expect(place(full, cue(['more'], { alignment: 7 })).at(-1)).toEqual(['more', 0, 0])
  })

  test('a text that is drawn over itself is shown once', () => {
    expect(place(cue(['shadow']), cue(['shadow']), cue(['shadow'], { alignment: 8 }))).toEqual([['shadow', 7, 8], ['shadow', 7, 0]])
  })

  test('a text that is placed half outside is cut', () => {
    expect(place(cue(['cut off'], { alignment: 4, position: { x: -0.2, y: 0.5 } }))).toEqual([['off', 0, 4]])
    expect(place(cue(['cut off'], { alignment: 4, position: { x: 0.85, y: 0.5 } }))).toEqual([['cut', 17, 4]])
    expect(place(cue(['gone'], { alignment: 4, position: { x: 1.5, y: 0.5 } }))).toEqual([])
  })

  test('of a text with more lines than the screen the first ones are shown', () => {
    const lines = Array.from({ length: 12 }, (_, index) => `line ${index}`)
    expect(place(cue(lines)).map(([text, , y]) => [text, y])).toEqual(lines.slice(0, 9).map((text, index) => [text, index]))
  })
})

test('whatever the cues and the screen, no text leaves it', () => {
  const side = fc.double({ min: 0, max: 0.4, noNaN: true })
  const anyCue = fc.record({
    startSeconds: fc.integer({ min: 0, max: 9 }), lines: fc.array(fc.string({ maxLength: 60, unit: 'binary' }), { maxLength: 3 }),
    alignment: fc.integer({ min: 1, max: 9 }) as fc.Arbitrary<Alignment>, margins: fc.record({ left: side, right: side, vertical: side }),
  }).map((made) => cue(made.lines, { ...made, endSeconds: made.startSeconds + 1 }))
  const screen = fc.record({ columns: fc.integer({ min: 1, max: 164 }), rows: fc.integer({ min: 1, max: 81 }) })
  fc.assert(fc.property(fc.array(anyCue, { maxLength: 8 }), screen, (cues, { columns, rows }) => {
    for (const { text, x, y } of placeCues(cues, { columns, rows }).flatMap(({ lines }) => lines)) {
      expect(text.length > 0 && x >= 0 && x + text.length <= columns && y >= 0 && y < rows).toBe(true)
    }
  }))
})

function cue(lines: readonly string[], more: Partial<Cue> = {}): Cue {
  return { startSeconds: 0, endSeconds: 1, lines, alignment: 2, color: WHITE, margins: { left: 0, right: 0, vertical: 0 }, ...more }
}

function place(...cues: readonly Cue[]): (readonly [string, number, number])[] {
  return placeCues(cues, SCREEN).flatMap(({ lines }) => lines.map(({ text, x, y }) => [text, x, y] as const))
}
