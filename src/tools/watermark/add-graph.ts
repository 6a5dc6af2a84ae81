import { overlayFormat } from './overlay-format.ts'
import { enableOf } from './region.ts'
import { TEXT_FILE, type FilmFacts } from './task.ts'
import type { WatermarkInput } from './watermark-input.ts'

type Wanted = Pick<WatermarkInput, 'text' | 'position' | 'margin' | 'size' | 'opacity' | 'color' | 'from_seconds' | 'to_seconds'>

const IMAGE_WIDTH = 0.15
const TEXT_HEIGHT = 0.05

/** Filters that put a mark on `[film]`, and give `[out]`. What the user wrote is in none of them: drawtext reads it from a file. */
export function addGraph(wanted: Wanted, film: FilmFacts): string {
  const enable = enableOf({ x: 0, y: 0, width: 0, height: 0, ...(wanted.from_seconds !== undefined && { fromSeconds: wanted.from_seconds }), ...(wanted.to_seconds !== undefined && { toSeconds: wanted.to_seconds }) })
  const during = enable === undefined ? '' : `:enable='${enable}'`
  const margin = Math.round(wanted.margin * film.height)
  return wanted.text === undefined ? imageGraph(wanted, { film, margin, during }) : textGraph(wanted, { film, margin, during })
}

interface Placing {
  readonly film: FilmFacts
  /** Pixels. */
  readonly margin: number
  readonly during: string
}

function imageGraph({ size = IMAGE_WIDTH, opacity, position }: Wanted, { film, margin, during }: Placing): string {
  const width = Math.max(2, Math.round(size * film.width))
  const { x, y } = placed(position, { margin, wide: 'W', high: 'H', markWide: 'w', markHigh: 'h' })
  return `[mark]format=rgba,scale=${width}:-1:flags=area,colorchannelmixer=aa=${opacity}[mark_ready];`
    + `[film][mark_ready]overlay=x=${x}:y=${y}:format=${overlayFormat(film)}${during}[out]`
}

function textGraph({ size = TEXT_HEIGHT, opacity, color, position }: Wanted, { film, margin, during }: Placing): string {
  const { x, y } = placed(position, { margin, wide: 'w', high: 'h', markWide: 'tw', markHigh: 'th' })
  const height = Math.max(6, Math.round(size * film.height))
  return `[film]drawtext=textfile=${TEXT_FILE}:expansion=none:font=Sans:fontsize=${height}:fontcolor=0x${color.slice(1)}@${opacity}`
    + `:borderw=${Math.max(1, Math.round(height / 20))}:bordercolor=black@${Number((opacity * 0.5).toFixed(3))}:line_spacing=${Math.round(height / 5)}:x=${x}:y=${y}${during}[out]`
}

interface Names {
  readonly margin: number
  readonly wide: string
  readonly high: string
  readonly markWide: string
  readonly markHigh: string
}

function placed(position: Wanted['position'], { margin, wide, high, markWide, markHigh }: Names): { readonly x: string; readonly y: string } {
  const x = position.includes('left') ? String(margin) : position.includes('right') ? `${wide}-${markWide}-${margin}` : `(${wide}-${markWide})/2`
  const y = position.startsWith('top') ? String(margin) : position.startsWith('bottom') ? `${high}-${markHigh}-${margin}` : `(${high}-${markHigh})/2`
  return { x, y }
}
