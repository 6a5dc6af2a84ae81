import type { Command, MediaInfo } from '../tools/tool.ts'
import { parseMediaInfo, probeArgs } from '../tools/media-info.ts'
import { forgetChild, recordChild } from './child-registry.ts'
import { invocationOf, type Engine } from './ffmpeg-engine.ts'
import { readOutput, runCommand, type RunOptions } from './run-command.ts'
import type { Invocation } from './sandbox.ts'
import { needSanjuuni, type Sanjuuni } from './sanjuuni-engine.ts'

const PROBE_MS = 60_000

export interface CommandRunnerOptions {
  readonly engine: () => Promise<Engine>
  /** Where it is left out there is none. */
  readonly sanjuuni?: () => Promise<Sanjuuni | undefined>
}

export interface ProbeOptions {
  readonly cwd: string
  readonly signal: AbortSignal
  readonly demuxer?: string | undefined
  onComplaint(text: string): void
}

/** Runs what plans name: `ffmpeg` and `ffprobe` are the engine's, wherever that was found. */
export class CommandRunner {
  readonly #engine: () => Promise<Engine>
  readonly #sanjuuni: () => Promise<Sanjuuni | undefined>

  constructor({ engine, sanjuuni = async () => undefined }: CommandRunnerOptions) {
    this.#engine = engine
    this.#sanjuuni = sanjuuni
  }

  /** Notes in `jobDirectory` which process works there, for a hub that comes after this one. */
  async run(command: Command, { jobDirectory, ...options }: Pick<RunOptions, 'cwd' | 'signal' | 'onLine' | 'onStdout'> & { jobDirectory: string }): Promise<void> {
    try {
      const invocation = await this.#invocation(command)
      // Some are run by Node, which is not what has failed then.
      const name = invocation.program === process.execPath ? { name: command.program } : {}
      await runCommand({ ...options, ...invocation, ...name, onStart: (pid) => recordChild(jobDirectory, pid) })
    } finally {
      await forgetChild(jobDirectory)
    }
  }

  /** Asks ffprobe about a file, which it takes for what it says itself unless `demuxer` says what it is. Throws a NotMediaError where there is nothing in it that ffmpeg can read. */
  async probe(file: string, { cwd, signal, demuxer, onComplaint }: ProbeOptions): Promise<MediaInfo> {
    const invocation = invocationOf(await this.#engine(), { program: 'ffprobe', args: probeArgs(file, { demuxer }) })
    const { stdout, stderr } = await readOutput({ ...invocation, cwd, signal, timeoutMs: PROBE_MS })
    for (const line of stderr.split('\n')) if (line.trim()) onComplaint(line.replaceAll(file, 'input').trim())
    return parseMediaInfo(stdout)
  }

  async #invocation({ program, args }: Command): Promise<Invocation> {
    if (program === 'sanjuuni') return { program: (await needSanjuuni(this.#sanjuuni)).path, args }
    return invocationOf(await this.#engine(), { program, args })
  }
}
