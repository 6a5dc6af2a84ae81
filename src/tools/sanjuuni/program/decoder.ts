import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Invocation } from '../conversion.ts'

export interface Decoder {
  readonly frames: Readable
  /** What ffmpeg complained of last. */
  readonly lastError: string | undefined
  /** Resolves when it has ended well. Rejects with a DecodingError that says what it said. */
  ended(): Promise<void>
  kill(): void
}

/** ffmpeg could not make frames of the input. */
export class DecodingError extends Error {
  override name = 'DecodingError'
}

/** Starts an ffmpeg that writes frames to its stdout. What it writes to its stderr goes on to ours. */
export function startDecoder({ program, args }: Invocation): Decoder {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  // What an ffmpeg has written that ends before anybody listens would be thrown away.
  child.stdout.on('readable', () => undefined)
  let lastError: string | undefined
  const lines = createInterface({ input: child.stderr })
  lines.on('line', (line) => {
    if (/\[(?:error|fatal|panic)\]/.test(line)) lastError = line.replace(/^.*?\[(?:error|fatal|panic)\] */, '')
    process.stderr.write(`${line}\n`)
  })
  const closed = Promise.all([once(child, 'close'), once(lines, 'close')])
  // Who waits for the end is told.
  closed.catch(() => undefined)
  return {
    frames: child.stdout,
    get lastError() {
      return lastError
    },
    async ended() {
      const [[code, signal]] = await closed
      const outcome = signal ? `was ended by ${String(signal)}` : `ended with exit code ${String(code)}`
      if (code !== 0) throw new DecodingError(lastError ?? `ffmpeg ${outcome}`)
    },
    kill: () => void child.kill('SIGKILL'),
  }
}
