import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { HubError } from '../errors.ts'
import { NotMediaError } from '../tools/media-info.ts'
import type { MediaReport } from '../tools/media-report.ts'
import { probeTool } from '../tools/probe.ts'
import { refuseField } from '../tools/source-field.ts'
import type { Caller } from './caller.ts'
import type { CommandRunner } from './command-runner.ts'
import type { DiskGuard } from './disk-guard.ts'
import { parseInput } from './parse-input.ts'
import { parseSource, type Staging } from './stage.ts'

const MOST_AT_ONCE = 4
/** For fetching and reading together. */
const DEADLINE_MS = 60_000
const MOST_BYTES = 256 * 1024 ** 2

export interface ProbesOptions {
  readonly staging: Staging
  readonly runner: Pick<CommandRunner, 'describe'>
  readonly disk: Pick<DiskGuard, 'assertRoomFor'>
  /** Theirs alone, on the file system of the sources. */
  readonly directory: string
  /** Aborts when the hub goes down. */
  readonly goingDown: AbortSignal
  readonly deadlineMs?: number
  readonly maxBytes?: number
}

/** Looks into files while somebody waits for the answer: no job, no place in the queue. */
export class Probes {
  readonly #options: ProbesOptions
  #running = 0

  constructor(options: ProbesOptions) {
    this.#options = options
  }

  /** Removes what a hub that was killed has left. */
  async clear(): Promise<void> {
    await rm(this.#options.directory, { recursive: true, force: true })
  }

  /**
   * `rawInput` is that of the tool `probe`, and counts as a job of it. Throws a HubError: what a job would be refused
   * for, `payload_too_large` and `source_unavailable` for what is not here soon enough, `too_many_connections`.
   */
  async probe(rawInput: unknown, { caller, signal }: { readonly caller: Caller; readonly signal: AbortSignal }): Promise<MediaReport> {
    const { source } = parseInput(probeTool, rawInput) as { readonly source: string }
    caller.admit(probeTool.name, { source })
    if (this.#running >= MOST_AT_ONCE) throw new HubError('too_many_connections', `${MOST_AT_ONCE} files are being probed, which is the limit`, { retryAfterSeconds: 2 })
    this.#running++
    try {
      const { staging, disk } = this.#options
      await staging.check(source, 'source')
      await disk.assertRoomFor(0)
      return await this.#probe(source, { caller, signal })
    } finally {
      this.#running--
    }
  }

  async #probe(source: string, { caller, signal }: { readonly caller: Caller; readonly signal: AbortSignal }): Promise<MediaReport> {
    const { staging, runner, directory, goingDown, deadlineMs = DEADLINE_MS, maxBytes = MOST_BYTES } = this.#options
    const own = new AbortController()
    const hint = 'Run it as a job of the tool probe, which may take longer, or upload it first'
    const timer = setTimeout(() => own.abort(new HubError('source_unavailable', `The source was not read within ${deadlineMs / 1000} s`, { hint })), deadlineMs)
    const leave = () => own.abort(new HubError('shutting_down', 'The hub is going down', { retryAfterSeconds: 10 }))
    goingDown.addEventListener('abort', leave, { once: true })
    if (goingDown.aborted) leave()
    await mkdir(directory, { recursive: true })
    const workspace = await mkdtemp(join(directory, 'probe-'))
    try {
      const ended = AbortSignal.any([signal, own.signal])
      ended.throwIfAborted()
      const file = await staging.stage(source, {
        directory: workspace, index: 0, signal: ended,
        onProgress({ bytes, totalBytes }) {
          if (Math.max(bytes, totalBytes ?? 0) > maxBytes) own.abort(new HubError('payload_too_large', `The source is larger than the ${maxBytes} bytes that are fetched for this`, { hint }))
        },
      })
      if (parseSource(source).type === 'url') caller.takeBytes((await stat(file)).size)
      return await runner.describe(file, { cwd: workspace, signal: ended })
    } catch (error) {
      if (error instanceof NotMediaError) refuseField('source', 'is no media file that ffmpeg can read', error.hint)
      throw error
    } finally {
      clearTimeout(timer)
      goingDown.removeEventListener('abort', leave)
      await rm(workspace, { recursive: true, force: true })
    }
  }
}
