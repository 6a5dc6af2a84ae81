import { tmpdir } from 'node:os'
import type { Command, MediaInfo } from '../tools/tool.ts'
import { NotMediaError, parseMediaInfo, probeArgs } from '../tools/media-info.ts'
import { parseMediaReport, reportArgs, type MediaReport } from '../tools/media-report.ts'
import { parseSoundLength, soundLengthArgs } from '../tools/sound-length.ts'
import { forgetChild, recordChild } from './child-registry.ts'
import { invocationOf, type Engine } from './ffmpeg-engine.ts'
import { ProbedFiles, type Probed } from './probed-files.ts'
import { readOutput, runCommand, type RunOptions } from './run-command.ts'
import type { Invocation, Limits } from './sandbox/sandbox.ts'
import { needSanjuuni, type Sanjuuni } from './sanjuuni-engine.ts'

const PROBE_MS = 60_000
const MEASURE_MS = 600_000
/** A file that takes longer is asked about when its job runs, which has a place to say so. */
const LEARN_MS = 4_000

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
  readonly #probed = new ProbedFiles()
  readonly #closing = new AbortController()
  readonly #learning = new Set<Promise<void>>()

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

  /**
   * Asks ffprobe about a file, once for as long as it is as it is. ffprobe takes it for what it says itself unless
   * `demuxer` says what it is. Throws a NotMediaError where there is nothing in it that ffmpeg can read.
   */
  async probe(file: string, { onComplaint, ...options }: ProbeOptions): Promise<MediaInfo> {
    const ask = () => this.#ask(file, options)
    const { info, complaints } = options.demuxer === undefined ? await this.#probed.of(file, ask) : await ask()
    for (const complaint of complaints) onComplaint(complaint)
    if (info === undefined) throw new NotMediaError()
    return info
  }

  /** All that ffprobe tells of a file. Throws a NotMediaError. */
  async describe(file: string, { cwd, signal }: Pick<ProbeOptions, 'cwd' | 'signal'>): Promise<MediaReport> {
    signal.throwIfAborted()
    const engine = await this.#engine()
    const invocation = invocationOf(engine, { program: 'ffprobe', args: reportArgs(file) })
    const { stdout } = await readOutput({ ...invocation, cwd, signal, reads: [file], timeoutMs: PROBE_MS, sandbox: engine.sandbox })
    return parseMediaReport(stdout)
  }

  /** Decodes a file's first sound from end to end, several hundred times as fast as it plays. Throws a NotMediaError where there is none. */
  async soundSeconds(file: string, { cwd, signal }: Pick<ProbeOptions, 'cwd' | 'signal'>): Promise<number> {
    const engine = await this.#engine()
    const invocation = invocationOf(engine, { program: 'ffmpeg', args: soundLengthArgs(file) })
    const { stdout } = await readOutput({ ...invocation, cwd, signal, reads: [file], timeoutMs: MEASURE_MS, sandbox: engine.sandbox })
    return parseSoundLength(stdout)
  }

  /** Asks about a file for the job that will read it, in the background. */
  learn(file: string): void {
    const { signal } = this.#closing
    const learning: Promise<void> = this.#probed.learn(file, () => this.#ask(file, { cwd: tmpdir(), signal, timeoutMs: LEARN_MS }))
      .finally(() => this.#learning.delete(learning))
    this.#learning.add(learning)
  }

  /** Resolves when nothing runs in the background. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#learning)
  }

  async #ask(
    file: string, { cwd, signal, demuxer, timeoutMs = PROBE_MS }: Omit<ProbeOptions, 'onComplaint'> & { readonly timeoutMs?: number },
  ): Promise<Probed> {
    signal.throwIfAborted()
    const engine = await this.#engine()
    const invocation = invocationOf(engine, { program: 'ffprobe', args: probeArgs(file, { demuxer }) })
    const { stdout, stderr } = await readOutput({ ...invocation, cwd, signal, reads: [file], timeoutMs, sandbox: engine.sandbox })
    const complaints = stderr.split('\n').filter((line) => line.trim()).map((line) => line.replaceAll(file, 'input').trim())
    return { info: mediaInfoOrNone(stdout), complaints }
  }

  async #invocation({ program, args }: Command): Promise<Invocation> {
    if (program === 'sanjuuni') return { program: (await needSanjuuni(this.#sanjuuni)).path, args }
    return invocationOf(await this.#engine(), { program, args })
  }
}

function mediaInfoOrNone(ffprobeJson: string): MediaInfo | undefined {
  try {
    return parseMediaInfo(ffprobeJson)
  } catch (error) {
    if (error instanceof NotMediaError) return undefined
    throw error
  }
}
