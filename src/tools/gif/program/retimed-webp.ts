import { frameEnds } from './frame-ends.ts'

/** Every frame of an animated WebP as ffmpeg makes it lasts so long; one that stands for several lasts as many times. */
export const WEBP_FRAME_MS = 100

/** Gives each frame of an animated WebP the time that is asked for, in place (RFC 9649, section 2.7.1.1). */
export function retimeWebp(file: Buffer, { delays, plays }: { readonly delays: readonly number[]; readonly plays: number }): void {
  const ends = frameEnds(delays)
  let [frames, elapsed] = [0, 0]
  for (let at = 12; at + 8 <= file.length; ) {
    const size = file.readUInt32LE(at + 4)
    const data = at + 8
    const name = file.toString('latin1', at, at + 4)
    if (name === 'ANIM') file.writeUInt16LE(plays, data + 4)
    if (name === 'ANMF') {
      frames = Math.min(delays.length, frames + Math.max(1, Math.round(file.readUIntLE(data + 12, 3) / WEBP_FRAME_MS)))
      const isLast = data + size + (size % 2) >= file.length
      const end = isLast ? ends.at(-1)! : ends[frames - 1]!
      file.writeUIntLE(Math.max(1, end - elapsed), data + 12, 3)
      elapsed = end
    }
    at = data + size + (size % 2)
  }
}
