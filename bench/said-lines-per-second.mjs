// Stands where ffmpeg stands. A job (there is an `-i`) says that many lines a second for as long as `-t` asks, some of
// them warnings and errors; any other question goes to the real ffmpeg.
//   node said-lines-per-second.mjs LINES REAL_FFMPEG [ARGS_OF_IT…] -- ARGS…
import { spawnSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'

const STEP_MS = 20

const own = process.argv.slice(2)
const split = own.indexOf('--')
const [linesPerSecond, program, ...programArgs] = own.slice(0, split)
const args = own.slice(split + 1)

if (args.includes('-i')) await say(Number(args[args.lastIndexOf('-t') + 1]))
else process.exitCode = spawnSync(program, [...programArgs, ...args], { stdio: 'inherit' }).status ?? 1

/** By the clock and not by the pause, so that a late line does not make all later ones late. */
async function say(seconds) {
  const beganAt = performance.now()
  const total = seconds * Number(linesPerSecond)
  for (let said = 0; said < total; await pause(STEP_MS)) {
    const due = Math.min(total, Math.floor(((performance.now() - beganAt) / 1000) * Number(linesPerSecond)))
    let text = ''
    while (said < due) text += `[${levelOf(++said)}] frame ${said} of a long film, and what an encoder has to say of it: q=${said % 51} size=${said * 37} kB\n`
    process.stderr.write(text)
  }
}

function levelOf(number) {
  if (number % 500 === 0) return 'error'
  return number % 50 === 0 ? 'warning' : 'info'
}
