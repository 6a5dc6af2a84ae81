import type { ConverterOptions } from './converter-options.ts'
import { monitorCrops, type MonitorCrop } from './monitors.ts'

/** The parts of a picture that monitors show, and where each of them stands in a frame's slot, one behind the other. */
export interface Screens {
  /** How many monitors stand side by side, and one above the other. */
  readonly columns: number
  readonly rows: number
  /** Row by row. */
  readonly parts: readonly ScreenPart[]
  readonly bytes: number
}

export interface ScreenPart extends MonitorCrop {
  readonly offset: number
  readonly bytes: number
}

export function screensOf({ width, height, monitors }: Pick<ConverterOptions, 'width' | 'height' | 'monitors'>): Screens {
  const crops = monitors ? monitorCrops(monitors, { width, height }) : [{ column: 0, row: 0, x: 0, y: 0, width, height }]
  let offset = 0
  const parts = crops.map((crop) => {
    const part = { ...crop, offset, bytes: crop.width * crop.height * 3 }
    offset += part.bytes
    return part
  })
  return { columns: monitors?.columns ?? 1, rows: monitors?.rows ?? 1, parts, bytes: offset }
}

/** Copies each monitor's part of a whole picture of that width into the slot. */
export function cutIntoParts(picture: Uint8Array, width: number, { screens, slot }: { screens: Screens; slot: Uint8Array }): void {
  // Without a wall it is the whole of it.
  if (screens.parts.length === 1) return slot.set(picture)
  for (const part of screens.parts) {
    const rowBytes = part.width * 3
    for (let row = 0; row < part.height; row++) {
      const from = ((part.y + row) * width + part.x) * 3
      slot.set(picture.subarray(from, from + rowBytes), part.offset + row * rowBytes)
    }
  }
}
