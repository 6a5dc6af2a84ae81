import { FrameReader } from '../../sanjuuni/program/frame-reader.ts'
import type { FfmpegStarter, RunningFfmpeg } from './ffmpeg.ts'

/** The frames that an ffmpeg writes to its stdout, each in memory of its own. */
export async function* readFrames(ffmpeg: FfmpegStarter, args: readonly string[], frameBytes: number): AsyncGenerator<Uint8Array> {
  const running: RunningFfmpeg = ffmpeg.start(args)
  running.stdin.end()
  const reader = new FrameReader(running.stdout)
  try {
    for (;;) {
      const frame = new Uint8Array(frameBytes)
      if (!(await reader.read(frame))) break
      yield frame
    }
    await running.ended()
  } finally {
    await running.leave()
  }
}
