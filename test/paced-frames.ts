import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACED_FRAMES = fileURLToPath(new URL('./fixtures/paced-frames.mjs', import.meta.url))

/** The real ffmpeg, out of whose pipe so many frames come a second; everything else it does as quickly as it can. */
export function ffmpegWithPacedFrames(directory: string, framesPerSecond: number): string {
  const file = join(directory, `ffmpeg-of-${framesPerSecond}-frames`)
  const paced = [process.execPath, PACED_FRAMES, framesPerSecond].map((word) => `'${word}'`).join(' ')
  writeFileSync(file, `#!/bin/sh\ncase "$*" in *' pipe:1') exec ${paced} "$@" ;; esac\nexec ffmpeg "$@"\n`)
  chmodSync(file, 0o755)
  return file
}
