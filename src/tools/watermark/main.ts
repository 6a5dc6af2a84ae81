/**
 * The hub's program for watermarks: `main.js FFMPEG TASK`, both JSON. FFMPEG tells how to start ffmpeg, and TASK what to
 * do. What it makes is whole at exit 0.
 */
import { FfmpegStarter, type Invocation } from './program/ffmpeg.ts'
import { runTask } from './program/run-task.ts'
import type { WatermarkTask } from './task.ts'

const [how, what] = process.argv.slice(2)
if (how === undefined || what === undefined) {
  console.error('usage: main.js FFMPEG TASK')
  process.exit(2)
}

const ffmpeg = new FfmpegStarter(JSON.parse(how) as Invocation)
process.once('SIGTERM', () => {
  ffmpeg.endAll()
  // By the signal itself, so that whoever sent it sees that it has worked.
  process.kill(process.pid, 'SIGTERM')
})

try {
  await runTask(JSON.parse(what) as WatermarkTask, ffmpeg)
} catch (error) {
  ffmpeg.endAll()
  process.stderr.write(`[error] ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
