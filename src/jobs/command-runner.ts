import type { Command, MediaInfo } from '../tools/tool.ts'
import { parseMediaInfo, probeArgs } from '../tools/media-info.ts'
import { forgetChild, recordChild } from './child-registry.ts'
import { invocationOf, type Engine } from './ffmpeg-engine.ts'
import { readOutput, runCommand, type RunOptions } from './run-command.ts'

const PROBE_MS = 60_000

/** Runs what plans name: `ffmpeg` and `ffprobe` are the engine's, wherever that was found. */
export class CommandRunner {
  readonly #engine: () => Promise<Engine>

  constructor({ engine }: { engine: () => Promise<Engine> }) {
    this.#engine = engine
  }

  /** Notes in `jobDirectory` which process works there, for a hub that comes after this one. */
  async run(command: Command, { jobDirectory, ...options }: Pick<RunOptions, 'cwd' | 'signal' | 'onLine' | 'onStdout'> & { jobDirectory: string }): Promise<void> {
    try {
      await runCommand({ ...options, ...invocationOf(await this.#engine(), command), onStart: (pid) => recordChild(jobDirectory, pid) })
    } finally {
      await forgetChild(jobDirectory)
    }
  }

  /** Asks ffprobe about a staged file. Throws a NotMediaError where there is nothing in it that ffmpeg can read. */
  async probe(file: string, { cwd, signal, onComplaint }: { cwd: string; signal: AbortSignal; onComplaint: (text: string) => void }): Promise<MediaInfo> {
    const invocation = invocationOf(await this.#engine(), { program: 'ffprobe', args: probeArgs(file) })
    const { stdout, stderr } = await readOutput({ ...invocation, cwd, signal, timeoutMs: PROBE_MS })
    for (const line of stderr.split('\n')) if (line.trim()) onComplaint(line.replaceAll(file, 'input').trim())
    return parseMediaInfo(stdout)
  }
}
