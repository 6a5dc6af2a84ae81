import { HubError } from '../../errors.ts'
import { CELL_HEIGHT, CELL_WIDTH } from './cell-frame.ts'
import type { MonitorWall, VideoFormat } from './converter-options.ts'

/** One monitor of a wall. */
export type MonitorSize = Pick<MonitorWall, 'blocks' | 'textScale'>

/** The part of the picture that one monitor shows, in pixels. */
export interface MonitorCrop {
  readonly column: number
  readonly row: number
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Reads `8x6@0.5`, where the scale may be left out; undefined for what no monitor can be. */
export function parseMonitorSize(text: string): MonitorSize | undefined {
  const [, width, height, scale = '0.5'] = /^(\d{1,2})x(\d{1,2})(?:@(\d(?:\.\d)?))?$/i.exec(text) ?? []
  const monitor = { blocks: { width: Number(width), height: Number(height) }, textScale: Number(scale) }
  const isPossible = [monitor.blocks.width, monitor.blocks.height].every((blocks) => blocks >= 1 && blocks <= MAX_BLOCKS)
    && monitor.textScale >= 0.5 && monitor.textScale <= 5 && Number.isInteger(monitor.textScale * 2)
  return isPossible ? monitor : undefined
}

/** Pixels of one monitor, two by three in each of the characters that the game gives it. */
export function monitorPixels({ blocks, textScale }: MonitorSize): { readonly width: number; readonly height: number } {
  const characters = (side: number, unit: number) => Math.max(1, Math.round((side * BLOCK - FRAME) / (unit * textScale)))
  return {
    width: characters(blocks.width, CHARACTER_WIDTH) * CELL_WIDTH,
    height: characters(blocks.height, CHARACTER_HEIGHT) * CELL_HEIGHT,
  }
}

/**
 * As many monitors as the picture covers; undefined where one is enough. Throws a HubError where they are more than the
 * format can number.
 */
export function wallOf(
  monitor: MonitorSize & Pick<MonitorWall, 'trimsBorders'>,
  { width, height, format }: { readonly width: number; readonly height: number; readonly format: VideoFormat },
): MonitorWall | undefined {
  const [columns, rows] = [spans(monitor, 'width', width).length, spans(monitor, 'height', height).length]
  const most = format === '32vid' ? MOST_IN_32VID : MOST
  if (columns > most || rows > most) {
    const message = `The picture covers ${columns}x${rows} monitors, and ${format} holds ${most} each way`
    throw new HubError('invalid_input', message, {
      hint: 'Make the picture smaller or the monitors larger: --monitor-size=8x6@0.5', errors: [{ path: 'args', message }],
    })
  }
  return columns * rows === 1 ? undefined : { ...monitor, columns, rows }
}

/** What each monitor of a wall shows of a picture of that size, row by row, in whole cells. */
export function monitorCrops(wall: MonitorWall, size: { readonly width: number; readonly height: number }): readonly MonitorCrop[] {
  const across = spans(wall, 'width', size.width).slice(0, wall.columns)
  const down = spans(wall, 'height', size.height).slice(0, wall.rows)
  return down.flatMap((vertical, row) => across.map((horizontal, column) => ({
    column, row, x: horizontal.from, y: vertical.from, width: horizontal.length, height: vertical.length,
  })))
}

const MAX_BLOCKS = 32
/** Three bits for each coordinate. */
const MOST_IN_32VID = 8
/** The live frames number monitors with a byte. */
const MOST = 255

/** In units of which a block has 64: a block, the two frames at a monitor's edges, a character at scale 1. */
const BLOCK = 64
const FRAME = 20
const CHARACTER_WIDTH = 6
const CHARACTER_HEIGHT = 9

interface Span {
  readonly from: number
  readonly length: number
}

/** Along one side of the wall. With trimmed borders the next monitor begins a whole monitor further, frames included. */
function spans(wall: MonitorSize & Pick<MonitorWall, 'trimsBorders'>, side: 'width' | 'height', pixels: number): readonly Span[] {
  const cell = side === 'width' ? CELL_WIDTH : CELL_HEIGHT
  const visible = monitorPixels(wall)[side]
  const unit = CHARACTER_WIDTH / CELL_WIDTH
  const step = wall.trimsBorders ? Math.max(visible, (wall.blocks[side] * BLOCK) / (unit * wall.textScale)) : visible
  const found: Span[] = []
  for (let index = 0; Math.round(index * step) + cell <= pixels; index++) {
    const from = Math.round(index * step)
    const length = Math.min(visible, pixels - from)
    found.push({ from, length: length - (length % cell) })
  }
  return found
}
