import type { Compression, MonitorWall } from '../../converter-options.ts'
import type { FrameEncoder } from '../frame-encoder.ts'
import { chunkHead, monitorType, VIDEO } from './chunk.ts'
import { createFrameDataEncoder } from './frame-data.ts'

const MONITOR_SIZE_BYTES = 4

/** A frame as chunks of a combined stream: one, or one for each monitor of a wall with its own size. */
export function createVid32FrameEncoder(options: { readonly compression: Compression; readonly monitors?: MonitorWall }): FrameEncoder {
  const { compression, monitors } = options
  const encode = createFrameDataEncoder(compression)
  if (!monitors) {
    return ([frame]) => {
      const data = encode(frame!)
      return Buffer.concat([chunkHead(data.length, VIDEO), data])
    }
  }
  return (screens) => Buffer.concat(screens.flatMap((frame, index) => {
    const data = encode(frame)
    const size = Buffer.allocUnsafe(MONITOR_SIZE_BYTES)
    size.writeUInt16LE(frame.columns, 0)
    size.writeUInt16LE(frame.rows, 2)
    const type = monitorType(index % monitors.columns, Math.trunc(index / monitors.columns))
    return [chunkHead(MONITOR_SIZE_BYTES + data.length, type), size, data]
  }))
}
