import { crc32 } from 'node:zlib'
import { frameEnds } from './frame-ends.ts'

/** The numerator of a frame's time has 16 bits. */
const MOST = 65_535

/** Gives each frame of an APNG the time that is asked for, in place (Portable Network Graphics, third edition, section 11.3.6). */
export function retimeApng(file: Buffer, { delays, plays }: { readonly delays: readonly number[]; readonly plays: number }): void {
  const ends = frameEnds(delays)
  let frames = 0
  for (let at = 8; at + 12 <= file.length; ) {
    const size = file.readUInt32BE(at)
    const data = at + 8
    const name = file.toString('latin1', at + 4, data)
    if (name === 'acTL') file.writeUInt32BE(plays, data + 4)
    if (name === 'fcTL') {
      const delay = (ends[frames] ?? 0) - (ends[frames - 1] ?? 0)
      const isLong = delay > MOST
      file.writeUInt16BE(Math.min(MOST, isLong ? Math.round(delay / 10) : delay), data + 20)
      file.writeUInt16BE(isLong ? 100 : 1000, data + 22)
      frames++
    }
    if (name === 'acTL' || name === 'fcTL') file.writeUInt32BE(crc32(file.subarray(at + 4, data + size)), data + size)
    at = data + size + 4
  }
}
