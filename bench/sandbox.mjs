import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { invocationOf } from '../dist/jobs/ffmpeg-engine.js'
import { runCommand } from '../dist/jobs/run-command.js'
import { NO_SANDBOX } from '../dist/jobs/sandbox/sandbox.js'
import { findSandbox } from '../dist/jobs/sandbox/ladder.js'
import { currentEngine, runFfmpeg } from './engine.mjs'
import { duration, printTable, quantile } from './table.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

const MOST_COST_MS = 30

/** The same small conversion as a plain child of the hub, restricted, and behind the wall, in turns. */
export async function sandbox({ isQuick }) {
  const runs = isQuick ? 10 : 50
  const engine = await currentEngine()
  const directory = await temporaryDirectory()
  const output = join(directory, 'out')
  const input = join(directory, 'tone')
  await mkdir(output)
  runFfmpeg(engine, ['-v', 'error', '-f', 'lavfi', '-i', 'sine=d=1', '-f', 'wav', input])
  const walls = [['plain', NO_SANDBOX], ['restricted', await findSandbox({ mode: 'off' })], ['as the hub runs it', engine.sandbox]]
  const invocation = invocationOf(engine, { program: 'ffmpeg', args: ['-v', 'error', '-nostdin', '-y', '-i', input, '-f', 'u8', join(output, 'made')] })
  const times = walls.map(() => [])
  for (let run = -1; run < runs; run++) {
    for (const [index, [, wall]] of walls.entries()) {
      const startedAt = performance.now()
      await runCommand({
        ...invocation, sandbox: wall, cwd: output, reads: [input], writes: output, signal: new AbortController().signal, onLine: (line) => console.error(line.text),
      })
      // The first of each finds the files cold.
      if (run >= 0) times[index].push(performance.now() - startedAt)
    }
  }
  const sorted = times.map((of) => of.toSorted((a, b) => a - b))
  const median = sorted.map((of) => quantile(of, 0.5))
  printTable([`${runs} runs each, in turns`, 'wall', 'least', 'median', 'cost', `≤ ${MOST_COST_MS} ms`], walls.map(([name, { wall }], index) => {
    const cost = median[index] - median[0]
    return [name, wall, duration(sorted[index][0]), duration(median[index]), duration(cost), cost <= MOST_COST_MS ? 'yes' : 'no']
  }))
}
