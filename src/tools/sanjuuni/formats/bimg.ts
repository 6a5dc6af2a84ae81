import type { CellFrame } from '../cell-frame.ts'
import type { MonitorWall } from '../converter-options.ts'
import { addPalette, addRows, BINARY, expectedBytes, READABLE, type TableLayout } from './blit-table.ts'
import type { FileOptions, FileWriter } from './file-writer.ts'
import type { FrameEncoder } from './frame-encoder.ts'
import { luaString, LuaText } from './lua-text.ts'
import { pictureWriter } from './picture-writer.ts'

/** A monitor wall's screens follow each other as frames of their own. */
export function createBimgFrameEncoder({ isBinary }: { readonly isBinary: boolean }): FrameEncoder {
  const layout = isBinary ? BINARY : READABLE
  return (screens) => {
    const text = new LuaText(screens.reduce((sum, frame) => sum + expectedBytes(frame), 0))
    for (const frame of screens) addFrame(text, frame, layout)
    return text.bytes
  }
}

/** BIMG 1.0.0: one Lua table of the frames in order, and what is known of them under names. */
export function bimgWriter(options: Omit<FileOptions, 'compression' | 'isDfpwm'>): FileWriter {
  const newline = options.isBinary ? '' : '\n'
  return pictureWriter({
    head: `{${newline}`,
    afterFrame: '',
    tail: (frames) => `${facts(options, frames).map((fact) => fact + ',').join(options.isBinary ? '' : ' ')}${newline}}${newline}`,
  })
}

function addFrame(text: LuaText, frame: CellFrame, layout: TableLayout): void {
  text.add(`{${layout.newline}`)
  addRows(text, frame, layout)
  text.add(`palette={${layout.newline}`)
  addPalette(text, frame.palette, layout)
  text.add(`},},${layout.newline}`)
}

function facts({ fps, columns, rows, monitors, title, date }: Omit<FileOptions, 'compression' | 'isDfpwm'>, frames: number): string[] {
  const isAnimated = frames > 1
  return [
    'creator="reeltime"',
    'version="1.0.0"',
    ...sizeFacts(columns, rows, monitors),
    ...(fps > 0 ? [`secondsPerFrame=${Number((1 / fps).toPrecision(6))}`] : []),
    // The specification says the one, sanjuuni and its player the other.
    `animated=${isAnimated}`,
    `animation=${isAnimated}`,
    `date="${date.toISOString().slice(0, 19)}+0000"`,
    `title=${luaString(title)}`,
  ]
}

/** Of a wall no size: its frames may have different ones. */
function sizeFacts(columns: number, rows: number, monitors: MonitorWall | undefined): string[] {
  if (!monitors) return [`width=${columns}`, `height=${rows}`]
  return [`multiMonitor={width=${monitors.columns},height=${monitors.rows},scale=${monitors.textScale}}`]
}
