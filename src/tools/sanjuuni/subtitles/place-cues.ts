import type { Cue, Rgb } from './cue.ts'
import { gameText } from './game-text.ts'

/** A text on a screen of character cells, wholly inside of it. */
export interface SubtitleEvent {
  readonly startSeconds: number
  readonly endSeconds: number
  readonly lines: readonly SubtitleLine[]
}

export interface SubtitleLine {
  /** In ComputerCraft's character set, one character for each byte. */
  readonly text: string
  /** The first character's cell, counted from 0. */
  readonly x: number
  readonly y: number
  readonly color: Rgb
}

export interface CellScreen {
  readonly columns: number
  readonly rows: number
}

/**
 * Places cues on a screen, in order of their start: lines are broken at spaces where they are too long, and of two
 * texts that would cover each other the later one gives way.
 */
export function placeCues(cues: readonly Cue[], screen: CellScreen): readonly SubtitleEvent[] {
  const events: SubtitleEvent[] = []
  let shown: Shown[] = []
  for (const cue of [...cues].sort((a, b) => a.startSeconds - b.startSeconds)) {
    const { startSeconds, endSeconds } = cue
    shown = shown.filter((other) => other.endSeconds > startSeconds).slice(-MOST_SHOWN)
    // Scripts draw a text several times over itself for its shadow.
    const identity = JSON.stringify([startSeconds, endSeconds, cue.lines, cue.alignment, cue.position?.y])
    if (shown.some((other) => other.identity === identity)) continue
    const others = shown.flatMap((other) => other.lines)
    const lines = giveWay(cue, layOut(cue, screen), { others, rows: screen.rows })
    const visible = lines.flatMap((line) => clip(line, screen))
    shown.push({ identity, endSeconds, lines: visible })
    if (visible.length > 0) events.push({ startSeconds, endSeconds, lines: visible })
  }
  return events
}

const MOST_SHOWN = 64
const MOST_CHARACTERS = 1000

interface Shown {
  readonly identity: string
  readonly endSeconds: number
  readonly lines: readonly SubtitleLine[]
}

function layOut({ lines, alignment, color, margins, position }: Cue, { columns, rows }: CellScreen): readonly SubtitleLine[] {
  const left = position ? 0 : Math.round(margins.left * columns)
  const right = position ? columns : columns - Math.round(margins.right * columns)
  const texts = lines.slice(0, rows).flatMap((line) => breakLine(gameText(line.slice(0, MOST_CHARACTERS)), Math.max(1, right - left)))
  const across = ((alignment - 1) % 3) / 2
  const down = alignment > 6 ? 0 : alignment > 3 ? 0.5 : 1
  const edge = Math.round(margins.vertical * rows)
  const anchor = position ? position.y * rows : edge + down * (rows - edge * 2)
  // What fits stays whole.
  const top = Math.max(0, Math.min(rows - texts.length, Math.round(anchor - down * texts.length)))
  return texts.map((text, index) => ({
    text, color, y: top + index,
    x: Math.round((position ? position.x * columns : left + across * (right - left)) - across * text.length),
  }))
}

/** Up from the bottom, down from elsewhere, to where nothing is in the way; not at all where the screen has no such place. */
function giveWay(
  { alignment, position }: Cue,
  lines: readonly SubtitleLine[],
  { others, rows }: { readonly others: readonly SubtitleLine[]; readonly rows: number },
): readonly SubtitleLine[] {
  if (position) return lines
  const step = alignment <= 3 ? -1 : 1
  for (let moved = 0; moved < MOST_MOVES; moved++) {
    const candidate = lines.map((line) => ({ ...line, y: line.y + moved * step }))
    if (candidate.some(({ y }) => y < 0 || y >= rows)) return lines
    if (!candidate.some((line) => others.some((other) => covers(line, other)))) return candidate
  }
  return lines
}

const MOST_MOVES = 32

function covers(one: SubtitleLine, other: SubtitleLine): boolean {
  return one.y === other.y && one.x < other.x + other.text.length && other.x < one.x + one.text.length
}

/** In pieces of at most that many characters, broken at spaces where there are any. */
function breakLine(line: string, width: number): readonly string[] {
  const pieces: string[] = []
  let rest = line.trim()
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width)
    const end = space > 0 ? space : width
    pieces.push(rest.slice(0, end).trimEnd())
    rest = rest.slice(end).trimStart()
  }
  return [...pieces, rest]
}

function clip({ text, x, y, color }: SubtitleLine, { columns, rows }: CellScreen): readonly SubtitleLine[] {
  const visible = text.slice(Math.max(0, -x), Math.max(0, columns - x))
  return visible === '' || y < 0 || y >= rows ? [] : [{ text: visible, x: Math.max(0, x), y, color }]
}
