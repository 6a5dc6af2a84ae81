import type { GifSource, GifTask } from '../gif-task.ts'
import { encodingOf } from './encodings.ts'
import { encodeWithin } from './encode-within.ts'
import type { Ffmpeg } from './ffmpeg.ts'
import { Progress } from './progress.ts'
import { readSources } from './read-sources.ts'

/** Reading takes about so much of the time. */
const READING = 0.3

/** Makes the file of all sources, in the current directory. */
export async function makeAnimation(task: GifTask, sources: readonly GifSource[], ffmpeg: Ffmpeg): Promise<void> {
  const progress = new Progress(task.progressDescriptor)
  const spool = await readSources(sources, {
    look: task.frame, ffmpeg, onProgress: (fraction) => progress.reached((fraction ?? 0) * READING),
  })
  try {
    if (task.isPingPong) spool.mirror()
    say(`${spool.delays.length} frames of ${spool.width}x${spool.height}`)
    const encoding = encodingOf(task, ffmpeg)
    const onProgress = (fraction: number) => progress.reached(READING + fraction * (1 - READING))
    const { targetBytes, output } = task
    if (targetBytes === undefined) {
      const { bytes, how } = await encoding.encode(spool, output, { effort: 0, onProgress })
      say(`${how}: ${bytes.toLocaleString('en')} bytes`)
    } else await encodeWithin(targetBytes, spool, { encoding, ffmpeg, output, onProgress, onTry: say })
  } finally {
    spool.remove()
  }
}

/** What the job's log tells. */
function say(text: string): void {
  process.stderr.write(`[info] ${text}\n`)
}
