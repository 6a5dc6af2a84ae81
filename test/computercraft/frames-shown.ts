import type { Computer } from './computer.ts'

/** Each frame that the job has. */
export async function framesOf(hub: string, id: string): Promise<Buffer[]> {
  const pack = Buffer.from(await (await fetch(`${hub}/api/jobs/${id}/framepack`)).arrayBuffer())
  const frames: Buffer[] = []
  for (let at = 4; at < pack.length; at += 4 + pack.readUInt32BE(at)) frames.push(pack.subarray(at + 4, at + 4 + pack.readUInt32BE(at)))
  return frames
}

/** The numbers of the frames that were shown, from 1; 0 for what is no frame of the job. */
export async function numbersShown({ shown }: Computer, { hub, id }: { readonly hub: string; readonly id: string }): Promise<number[]> {
  const frames = await framesOf(hub, id)
  return shown.map(({ bytes }) => frames.findIndex((frame) => frame.equals(bytes)) + 1)
}
