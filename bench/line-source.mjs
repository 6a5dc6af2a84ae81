// Stands where ffmpeg stands. A job (there is an `-i`) says 20 lines a second for as long as `-t` asks, each with its
// number and the time at which it was said, after BURST_BYTES of other lines within a second; any other question goes
// to the real ffmpeg.
//   node line-source.mjs LINE_BYTES BURST_BYTES REAL_FFMPEG [ARGS_OF_IT…] -- ARGS…
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { LINES_PER_SECOND, makeLine } from './line.mjs'

const BURST_LINE_BYTES = 3900
const BURST_STEPS = 50

const own = process.argv.slice(2)
const split = own.indexOf('--')
const [lineBytes, burstBytes, program, ...programArgs] = own.slice(0, split)
const args = own.slice(split + 1)

if (args.includes('-i')) {
  if (Number(burstBytes) > 0) await sayBurst(Number(burstBytes))
  sayLines(Number(args[args.lastIndexOf('-t') + 1]), args.at(-1))
} else process.exitCode = spawnSync(program, [...programArgs, ...args], { stdio: 'inherit' }).status ?? 1

async function sayBurst(bytes) {
  const line = `[info] ${'a long line '.padEnd(BURST_LINE_BYTES, '.')}\n`
  const linesAtOnce = Math.ceil(bytes / line.length / BURST_STEPS)
  for (let step = 0; step < BURST_STEPS; step++) {
    process.stderr.write(line.repeat(linesAtOnce))
    await pause(1000 / BURST_STEPS)
  }
}

function sayLines(seconds, output) {
  const startedAt = performance.now()
  const total = Math.round(seconds * LINES_PER_SECOND)
  let said = 0
  const say = () => {
    process.stderr.write(`[info] ${makeLine(++said, Number(lineBytes))}\n`)
    if (said === total) writeFileSync(output, 'what ffmpeg would have made')
    // By the clock and not by the pause, so that a late line does not make all later ones late.
    else setTimeout(say, startedAt + (said * 1000) / LINES_PER_SECOND - performance.now())
  }
  say()
}
