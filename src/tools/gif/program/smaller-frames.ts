import type { FrameSize } from './frame-graph.ts'
import type { Ffmpeg } from './ffmpeg.ts'
import { FrameSpool } from './frame-spool.ts'

/** The same frames in a smaller size, of which only each `step`th is kept; the time of the others is that of the one before. */
export async function smallerFrames(
  spool: FrameSpool, ffmpeg: Ffmpeg, { file, size, step }: { readonly file: string; readonly size: FrameSize; readonly step: number },
): Promise<FrameSpool> {
  const smaller = new FrameSpool(file, size)
  const args = [
    '-f', 'rawvideo', '-pixel_format', 'rgb24', '-video_size', `${spool.width}x${spool.height}`, '-i', spool.file,
    '-vf', `scale=${size.width}:${size.height}:flags=area,format=rgb24`, '-c:v', 'rawvideo', '-f', 'rawvideo', 'pipe:1',
  ]
  let index = 0
  for await (const frame of ffmpeg.frames(args, size.width * size.height * 3)) {
    if (index % step === 0) smaller.add(frame, spool.delays.slice(index, index + step).reduce((sum, delay) => sum + delay, 0))
    index++
  }
  return smaller
}
