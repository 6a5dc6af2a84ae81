import type { Command, MediaInfo } from '../tools/tool.ts'
import { parseMediaInfo, probeArgs } from '../tools/media-info.ts'
import { forgetChild, recordChild } from './child-registry.ts'
import { invocationOf, type Engine } from './ffmpeg-engine.ts'
import { readOutput, runCommand, type RunOptions } from './run-command.ts'
import type { Invocation, Limits } from './sandbox/sandbox.ts'
import { needSanjuuni, type Sanjuuni } from './sanjuuni-engine.ts'

const PROBE_MS = 60_000

export interface CommandRunnerOptions {
  readonly engine: () => Promise<Engine>
  /** Where it is left out there is none. */
  readonly sanjuuni?: () => Promise<Sanjuuni | undefined>
  /** What commands may take, beyond what all programs may. */
  readonly limits?: Partial<Limits>
}

export interface ProbeOptions {
  readonly cwd: string
  readonly signal: AbortSignal
  readonly demuxer?: string | undefined
  onComplaint(text: string): void
}

export interface CommandOptions extends Pick<RunOptions, 'cwd' | 'signal' | 'reads' | 'writes' | 'onLine' | 'onStdout'> {
  readonly jobDirectory: string
}

/** Runs what plans name: `ffmpeg` and `ffprobe` are the engine's, wherever that was found. */
export class CommandRunner {
  readonly #engine: () => Promise<Engine>
  readonly #sanjuuni: () => Promise<Sanjuuni | undefined>
  readonly #limits: Partial<Limits>

  constructor({ engine, sanjuuni = async () => undefined, limits = {} }: CommandRunnerOptions) {
    this.#engine = engine
    this.#limits = limits
    this.#sanjuuni = sanjuuni
  }

  /** Notes in `jobDirectory` which process works there, for a hub that comes after this one. */
  async run(command: Command, { jobDirectory, ...options }: CommandOptions): Promise<void> {
    try {
      const { sandbox } = await this.#engine()
      const invocation = await this.#invocation(command)
      // Some are run by Node, which is not what has failed then.
      const name = invocation.program === process.execPath ? { name: command.program } : {}
      await runCommand({ ...options, ...invocation, ...name, sandbox, limits: this.#limits, onStart: (pid) => recordChild(jobDirectory, pid) })
    } finally {
      await forgetChild(jobDirectory)
    }
  }

  /** Asks ffprobe about a file, which it takes for what it says itself unless `demuxer` says what it is. Throws a NotMediaError where there is nothing in it that ffmpeg can read. */
  async probe(file: string, { cwd, signal, demuxer, onComplaint }: ProbeOptions): Promise<MediaInfo> {
    const engine = await this.#engine()
    const invocation = invocationOf(engine, { program: 'ffprobe', args: probeArgs(file, { demuxer }) })
    const { stdout, stderr } = await readOutput({ ...invocation, cwd, signal, reads: [file], timeoutMs: PROBE_MS, sandbox: engine.sandbox })
    for (const line of stderr.split('\n')) if (line.trim()) onComplaint(line.replaceAll(file, 'input').trim())
    return parseMediaInfo(stdout)
  }

  async #invocation({ program, args }: Command): Promise<Invocation> {
    if (program === 'sanjuuni') return { program: (await needSanjuuni(this.#sanjuuni)).path, args }
    return invocationOf(await this.#engine(), { program, args })
  }
}
