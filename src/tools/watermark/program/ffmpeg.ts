import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** How to start ffmpeg; the arguments of the call follow. */
export interface Invocation {
  readonly program: string
  readonly args: readonly string[]
}

/** ffmpeg could not do what it was asked for. */
export class FfmpegError extends Error {
  override name = 'FfmpegError'
}

export interface RunningFfmpeg {
  readonly stdin: Writable
  readonly stdout: Readable
  /** Resolves when it has ended well. Rejects with an FfmpegError that says what it said. */
  ended(): Promise<void>
  /** Ends it, which is then no failure. */
  leave(): Promise<void>
}

/** Starts ffmpegs, and knows which of them run. What they write to their stderr goes on to ours. */
export class FfmpegStarter {
  readonly #how: Invocation
  readonly #running = new Set<ChildProcess>()

  constructor(how: Invocation) {
    this.#how = how
  }

  /** Its stdout is to be read at once: of one that has ended nothing is kept. */
  start(args: readonly string[]): RunningFfmpeg {
    const { program, args: begin } = this.#how
    const child = spawn(program, [...begin, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#running.add(child)
    // That it takes no more is told by its end.
    child.stdin.on('error', () => undefined)
    let lastError: string | undefined
    const lines = createInterface({ input: child.stderr })
    lines.on('line', (line) => {
      if (/\[(?:error|fatal|panic)\]/.test(line)) lastError = line.replace(/^.*?\[(?:error|fatal|panic)\] */, '')
      process.stderr.write(`${line}\n`)
    })
    const closed = Promise.all([once(child, 'close'), once(lines, 'close')]).finally(() => this.#running.delete(child))
    // Who waits for the end is told.
    closed.catch(() => undefined)
    return {
      stdin: child.stdin,
      stdout: child.stdout,
      async ended() {
        const [[code, signal]] = await closed
        const outcome = signal ? `was ended by ${String(signal)}` : `ended with exit code ${String(code)}`
        if (code !== 0) throw new FfmpegError(lastError ?? `ffmpeg ${outcome}`)
      },
      async leave() {
        child.kill('SIGKILL')
        child.stdout.resume()
        await closed.catch(() => undefined)
      },
    }
  }

  /** Runs one that takes nothing and gives nothing but files. */
  async run(args: readonly string[]): Promise<void> {
    const running = this.start(args)
    running.stdin.end()
    running.stdout.resume()
    await running.ended()
  }

  endAll(): void {
    for (const child of this.#running) child.kill('SIGKILL')
  }
}
