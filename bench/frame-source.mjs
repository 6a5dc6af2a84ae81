// Stands where ffmpeg stands. Asked for raw pictures on its stdout, it writes 20 a second, each of which begins with
// its number and the time at which it was written; any other question goes to the real ffmpeg.
//   node frame-source.mjs FRAMES FRAME_BYTES REAL_FFMPEG [ARGS_OF_IT…] -- ARGS…
import { spawnSync } from 'node:child_process'
import { writeSync } from 'node:fs'
import { FRAMES_PER_SECOND, stamp } from './stamped-frame.mjs'

const own = process.argv.slice(2)
const split = own.indexOf('--')
const [frames, frameBytes, program, ...programArgs] = own.slice(0, split)
const args = own.slice(split + 1)

if (args.at(-1) === 'pipe:1') makeFrames(Number(frames), Buffer.alloc(Number(frameBytes), 128))
else process.exitCode = spawnSync(program, [...programArgs, ...args], { stdio: 'inherit' }).status ?? 1

function makeFrames(total, frame) {
  const startedAt = performance.now()
  let made = 0
  const make = () => {
    stamp(frame, ++made)
    for (let at = 0; at < frame.length;) at += writeSome(frame, at)
    // By the clock and not by the pause, so that a late frame does not make all later ones late.
    if (made < total) setTimeout(make, startedAt + (made * 1000) / FRAMES_PER_SECOND - performance.now())
  }
  make()
}

function writeSome(frame, at) {
  try {
    return writeSync(1, frame, at)
  } catch (error) {
    if (error.code === 'EAGAIN') return 0
    throw error
  }
}
