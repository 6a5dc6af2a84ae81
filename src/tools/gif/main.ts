/**
 * The hub's maker of GIFs: `main.js FFMPEG TASK SOURCE…`, all JSON. FFMPEG tells how to start ffmpeg, TASK what to make,
 * and each SOURCE a picture, or the one film. Works in the current directory; the file is whole at exit 0.
 */
import type { GifSource, GifTask, Invocation } from './gif-task.ts'
import { Ffmpeg } from './program/ffmpeg.ts'

const [how, asked, ...sources] = process.argv.slice(2)
if (how === undefined || asked === undefined || sources.length === 0) {
  console.error('usage: main.js FFMPEG TASK SOURCE…')
  process.exit(2)
}

const ffmpeg = new Ffmpeg(JSON.parse(how) as Invocation)
process.once('SIGTERM', () => {
  ffmpeg.kill()
  // By the signal itself, so that whoever sent it sees that it has worked.
  process.kill(process.pid, 'SIGTERM')
})

try {
  const { makeAnimation } = await import('./program/make-animation.ts')
  await makeAnimation(JSON.parse(asked) as GifTask, sources.map((source) => JSON.parse(source) as GifSource), ffmpeg)
} catch (error) {
  ffmpeg.kill()
  process.stderr.write(`[error] ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
