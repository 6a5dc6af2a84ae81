/**
 * The hub's converter for ComputerCraft: `main.js FFMPEG CONVERSION`, both JSON. FFMPEG tells how to start ffmpeg, and
 * CONVERSION what to make. Frames come out of stdout while they are made, and the file is whole at exit 0.
 */
import type { Conversion, Invocation } from './conversion.ts'
import { startDecoder } from './program/decoder.ts'
import { decodingThreads, startThreads } from './program/start-threads.ts'

const [ffmpeg, conversion] = process.argv.slice(2)
if (ffmpeg === undefined || conversion === undefined) {
  console.error('usage: main.js FFMPEG CONVERSION')
  process.exit(2)
}

const task = JSON.parse(conversion) as Conversion
const { program, args } = JSON.parse(ffmpeg) as Invocation
const decoder = startDecoder({ program, args: [...args, ...decodingThreads(), ...task.decode] })
const workers = startThreads(task.expectedFrames)
process.once('SIGTERM', () => {
  decoder.kill()
  // By the signal itself, so that whoever sent it sees that it has worked.
  process.kill(process.pid, 'SIGTERM')
})

try {
  // ffmpeg and the threads get going while the rest is loaded.
  const { convert } = await import('./program/pipeline.ts')
  await convert(task, { decoder, workers })
} catch (error) {
  decoder.kill()
  process.stderr.write(`[error] ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
