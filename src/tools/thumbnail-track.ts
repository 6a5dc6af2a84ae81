import type { Moments } from './thumbnail-moments.ts'

export interface SpriteSheets {
  /** Pixels of one picture. */
  readonly width: number
  readonly height: number
  readonly columns: number
  readonly rows: number
  /** Their names, relative to the track. */
  readonly sheets: readonly string[]
}

/**
 * A WebVTT track that tells a player which part of which sheet stands for which part of the film, as
 * `sprite.jpg#xywh=0,0,160,90` (W3C Media Fragments 1.0).
 */
export function spriteTrack({ seconds, step = 0, end = 0 }: Moments, { width, height, columns, rows, sheets }: SpriteSheets): string {
  const cues = seconds.map((_, index) => {
    const place = index % (columns * rows)
    const [x, y] = [(place % columns) * width, Math.floor(place / columns) * height]
    const [from, to] = [index * step, Math.min(end, (index + 1) * step)]
    return `${timeOf(from)} --> ${timeOf(to)}\n${sheets[Math.floor(index / (columns * rows))]}#xywh=${x},${y},${width},${height}\n`
  })
  return ['WEBVTT\n', ...cues].join('\n')
}

function timeOf(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000)
  const [hours, minutes, rest] = [Math.floor(milliseconds / 3_600_000), Math.floor(milliseconds / 60_000) % 60, milliseconds % 60_000]
  return `${padded(hours, 2)}:${padded(minutes, 2)}:${padded(Math.floor(rest / 1000), 2)}.${padded(rest % 1000, 3)}`
}

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, '0')
}
