// `npm run bench -- [part…] [--quick]`: ratios, each against a rival measured in the same run. docs/benchmarks.md says
// what each row means.
import { cpus, totalmem } from 'node:os'
import { compose } from './compose.mjs'
import { fanOut } from './fan-out.mjs'
import { framePush } from './frame-push.mjs'
import { framepacks } from './framepacks.mjs'
import { frames } from './frames.mjs'
import { gif } from './gif.mjs'
import { jobTime } from './job-time.mjs'
import { page } from './page.mjs'
import { metrics } from './metrics.mjs'
import { polls } from './polls.mjs'
import { endEverything } from './processes.mjs'
import { sandbox } from './sandbox.mjs'
import { sanjuuni } from './sanjuuni.mjs'
import { start } from './start.mjs'
import { stoppedReaders } from './stopped-readers.mjs'
import { removeTemporaryDirectories } from './temporary-directory.mjs'
import { watermark } from './watermark.mjs'

const PARTS = new Map([
  ['job-time', jobTime],
  ['compose', compose],
  ['fan-out', fanOut],
  ['stopped-readers', stoppedReaders],
  ['polls', polls],
  ['metrics', metrics],
  ['frames', frames],
  ['framepacks', framepacks],
  ['frame-push', framePush],
  ['sanjuuni', sanjuuni],
  ['watermark', watermark],
  ['gif', gif],
  ['sandbox', sandbox],
  ['page', page],
  ['start', start],
])

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'))
const unknown = [...names.filter((name) => !PARTS.has(name)), ...flags.filter((flag) => flag !== '--quick')]
if (unknown.length > 0) {
  console.error(`bench: there is no ${unknown.join(', no ')}; there are ${[...PARTS.keys()].join(', ')} and --quick`)
  process.exit(2)
}
let isInterrupted = false
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    isInterrupted = true
    void cleanUp().finally(() => process.exit(130))
  })
}

const isQuick = flags.includes('--quick')
const machine = [
  `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`,
  `${Math.round(totalmem() / 2 ** 30)} GiB`,
  `Node ${process.versions.node}`,
]
console.log([...machine, ...(isQuick ? ['quick'] : [])].join(', '))
for (const name of names.length > 0 ? names : PARTS.keys()) {
  if (isInterrupted) break
  console.log(`\n## ${name}\n`)
  try {
    await PARTS.get(name)({ isQuick })
  } catch (error) {
    process.exitCode = 1
    if (!isInterrupted) console.error(`bench: ${name} failed: ${error instanceof Error ? error.stack : error}`)
  } finally {
    await cleanUp()
  }
}

async function cleanUp() {
  await endEverything()
  await removeTemporaryDirectories()
}
