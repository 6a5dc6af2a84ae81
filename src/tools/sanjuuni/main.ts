/**
 * The hub's converter for ComputerCraft: `main.js FFMPEG CONVERSION`, both JSON. FFMPEG tells how to start ffmpeg, and
 * CONVERSION what to make. Frames come out of stdout while they are made, and the file is whole at exit 0.
 */
import type { Conversion, Invocation } from './conversion.ts'
import { convert } from './program/pipeline.ts'

const [ffmpeg, conversion] = process.argv.slice(2)
if (ffmpeg === undefined || conversion === undefined) {
  console.error('usage: main.js FFMPEG CONVERSION')
  process.exit(2)
}

let endDecoder = (): void => undefined
process.once('SIGTERM', () => {
  endDecoder()
  // By the signal itself, so that whoever sent it sees that it has worked.
  process.kill(process.pid, 'SIGTERM')
})

try {
  await convert(JSON.parse(conversion) as Conversion, {
    ffmpeg: JSON.parse(ffmpeg) as Invocation,
    onStart: (decoder) => (endDecoder = () => decoder.kill()),
  })
} catch (error) {
  endDecoder()
  process.stderr.write(`[error] ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
