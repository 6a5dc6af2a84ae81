import type { Alignment, Rgb } from './cue.ts'

/** What a text of a script says besides its words; the first of each kind counts. */
export interface TaggedText {
  readonly lines: readonly string[]
  readonly alignment?: Alignment
  readonly color?: Rgb
  /** In the script's own pixels. */
  readonly position?: { readonly x: number; readonly y: number }
}

/** Takes the tags in braces out of a text, and what they draw with lines instead of letters. */
export function readOverrideTags(text: string): TaggedText {
  let plain = ''
  let tags = ''
  let isDrawing = false
  for (const piece of text.split(/(\{[^{}]*\})/)) {
    if (!/^\{.*\}$/s.test(piece)) {
      if (!isDrawing) plain += piece
      continue
    }
    tags += piece
    const scale = /^.*\\p(\d)/s.exec(piece)?.[1]
    if (scale !== undefined) isDrawing = scale !== '0'
  }
  const alignment = alignmentOf(tags)
  const color = /\\1?c&H([0-9a-f]{1,8})&?/i.exec(tags)?.[1]
  const [, x, y] = /\\(?:pos|move)\(\s*(-?\d{1,6}(?:\.\d{0,6})?)\s*,\s*(-?\d{1,6}(?:\.\d{0,6})?)/.exec(tags) ?? []
  return {
    lines: plain.replaceAll('\\h', '\u00a0').split(/\\[Nn]|\r?\n/).map((line) => line.trim()),
    ...(alignment && { alignment }),
    ...(color !== undefined && { color: fromBlueGreenRed(parseInt(color, 16)) }),
    ...(x !== undefined && { position: { x: Number(x), y: Number(y) } }),
  }
}

/** Scripts write colours backwards. */
export function fromBlueGreenRed(color: number): Rgb {
  return [color & 255, (color >> 8) & 255, (color >> 16) & 255]
}

/** The older numbering: 1 to 3 from left to right at the bottom, 4 more at the top, 8 more in the middle. */
export function fromOldAlignment(number: number): Alignment | undefined {
  const across = number & 3
  if (across === 0 || number < 1 || number > 11) return undefined
  return (across + (number > 8 ? 3 : number > 4 ? 6 : 0)) as Alignment
}

function alignmentOf(tags: string): Alignment | undefined {
  const [, numpad, old] = /\\an([1-9])|\\a(\d{1,2})/.exec(tags) ?? []
  return numpad === undefined ? fromOldAlignment(Number(old ?? 0)) : (Number(numpad) as Alignment)
}
