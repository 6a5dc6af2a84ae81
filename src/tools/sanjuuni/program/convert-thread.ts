/** One of the threads in which pictures become cells, and cells bytes. */
import { parentPort } from 'node:worker_threads'
import { CELL_HEIGHT, CELL_WIDTH } from '../cell-frame.ts'
import { createFrameEncoder, encodeCells } from '../formats/index.ts'
import { createCellMaker } from '../picture/index.ts'
import { screensOf } from '../screens.ts'
import { drawSubtitles, linesAt } from '../subtitles/draw-subtitles.ts'
import { keepsSubtitlesBeside } from './artifact-writer.ts'
import type { ConvertedFrame, Task, ThreadData } from './converter-threads.ts'

parentPort?.once('message', (data: ThreadData) => {
  const convert = createConverter(data)
  parentPort?.on('message', (task: Task) => {
    const frame = convert(task)
    parentPort?.postMessage(frame, [frame.live, frame.encoded].flatMap(ownMemory))
  })
})

/** The memory of bytes that have it for themselves: it is handed over, and not copied. Small ones share theirs with others. */
function ownMemory({ buffer, byteLength }: Uint8Array): readonly ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : []
}

function createConverter({ options, framesPerSecond, subtitles, memory }: ThreadData): (task: Task) => ConvertedFrame {
  const grid = screensOf(options)
  const screens = grid.parts.map((part) => ({
    part, maker: createCellMaker(options.picture, part),
    origin: { x: Math.trunc(part.x / CELL_WIDTH), y: Math.trunc(part.y / CELL_HEIGHT) },
  }))
  const encode = createFrameEncoder(options)
  return ({ number, at, palettes }) => {
    const plain = screens.map(({ part, maker }, index) =>
      maker.cells(new Uint8Array(memory, at + part.offset, part.bytes), palettes[index]!))
    // What begins exactly with this frame is on it, however its time was rounded.
    const lines = linesAt(subtitles, (number + 1e-6) / framesPerSecond)
    const drawn = plain.map((frame, index) => drawSubtitles(frame, lines, screens[index]!.origin))
    return { live: encodeCells(drawn, grid), encoded: encode(keepsSubtitlesBeside(options) ? plain : drawn) }
  }
}
