import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import type { Encoding, FilmFacts } from '../task.ts'
import type { FfmpegStarter } from './ffmpeg.ts'
import type { Teller } from './teller.ts'

export interface EncodeOptions {
  readonly ffmpeg: FfmpegStarter
  readonly teller: Teller
  readonly film: FilmFacts
  readonly encoding: Encoding
  /** Writes what the encoder reads from its stdin. */
  readonly feed?: (stdin: Writable) => Promise<void>
}

/** Makes the file: `args` read the inputs and map the picture. Tells how far it is. */
export async function encode(args: readonly string[], { ffmpeg, teller, film, encoding: { picture, rest, output }, feed }: EncodeOptions): Promise<void> {
  const running = ffmpeg.start(['-progress', 'pipe:1', '-stats_period', '0.25', ...args, ...picture, ...rest, output])
  const told = tell(createInterface({ input: running.stdout }), { teller, film })
  try {
    if (feed) await Promise.race([feed(running.stdin), running.ended()])
  } catch (error) {
    // Where it ended early, what it said is why.
    await running.leave()
    throw error
  } finally {
    running.stdin.end()
  }
  await Promise.all([running.ended(), told])
}

async function tell(lines: AsyncIterable<string>, { teller, film: { seconds } }: { readonly teller: Teller; readonly film: FilmFacts }): Promise<void> {
  let block: Record<string, string> = {}
  for await (const line of lines) {
    const [name, value] = line.split('=') as [string, string | undefined]
    if (value === undefined) continue
    block[name] = value.trim()
    if (name !== 'progress') continue
    const outTimeSeconds = Number(block['out_time_us']) / 1e6
    const details = { frame: Number(block['frame']), fps: Number(block['fps']), speed: Number.parseFloat(block['speed'] ?? ''), outTimeSeconds, bytes: Number(block['total_size']) }
    const known = Object.fromEntries(Object.entries(details).filter(([, number]) => Number.isFinite(number) && number >= 0))
    await teller.progress('make', seconds === null || !Number.isFinite(outTimeSeconds) ? null : Math.max(0, outTimeSeconds / seconds), known)
    block = {}
  }
}
