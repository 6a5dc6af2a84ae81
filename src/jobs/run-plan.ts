import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArtifactSpec, Command, FrameOutput, Plan, ToolUpdate } from '../tools/tool.ts'
import type { ArtifactStore } from './artifact-store.ts'
import { OutputTooLargeError, type AttemptLimits } from './attempt-limits.ts'
import { CommandAccount } from './command-account.ts'
import type { CommandRunner } from './command-runner.ts'
import type { DiskGuard } from './disk-guard.ts'
import { FrameIntake } from './frame-intake.ts'
import type { FrameStore } from './frame-store.ts'
import { OutputIncompleteError } from './job-failure.ts'
import type { Artifact, LogLine } from './job.ts'
import type { JobWriter } from './job-log.ts'
import { LiveArtifacts } from './live-artifacts.ts'
import type { LogLines } from './log-lines.ts'
import type { ProgressMeter } from './progress-meter.ts'
import { showCommand } from './shown-command.ts'
import { verifyOutputs, type OutputWarning } from './verify-output.ts'
import type { JobWorkspace } from './workspace.ts'

/** What a command may want to write at once: where this does not fit, it has found the disk full. */
export const WRITE_BYTES = 1024 ** 2

const TELL_FRAMES_EACH_MS = 250

export interface PlanRun {
  readonly writer: JobWriter
  readonly lines: LogLines
  readonly limits: AttemptLimits
  readonly workspace: JobWorkspace
  /** The staged files. */
  readonly inputs: readonly string[]
  readonly meter: ProgressMeter
  readonly attempt: number
  readonly options: {
    readonly runner: CommandRunner
    readonly artifacts: ArtifactStore
    readonly frames: FrameStore
    readonly disk: DiskGuard
    readonly maxOutputBytes: number
    readonly jobDirectory: (id: string) => string
  }
}

export interface PlanOutcome {
  /** The names of the artifacts. */
  readonly files: readonly string[]
  readonly warnings: readonly OutputWarning[]
  /** What the commands have told of their own. */
  readonly result: Readonly<Record<string, unknown>>
}

/** Runs a plan's commands one after the other and publishes what they make. */
export async function runPlan(jobId: string, plan: Plan, run: PlanRun): Promise<PlanOutcome> {
  const { lines, limits, meter, options } = run
  const published: Omit<PlanOutcome, 'result'>[] = []
  let result = {}
  let account = new CommandAccount({ program: 'node' })
  for (const { file, text } of plan.files ?? []) await writeFile(join(run.workspace.outputDirectory, file), text)
  for (const [index, command] of plan.commands.entries()) {
    account = new CommandAccount(command)
    const live = liveArtifacts(jobId, run)
    await runCommandOf(jobId, command, { ...run, index, account, live })
    if (account.complaint !== undefined) {
      await options.disk.assertRoomFor(WRITE_BYTES)
      throw new OutputIncompleteError(`${command.program} ended well but said: ${account.complaint}`)
    }
    result = { ...result, ...account.result }
    published.push({ files: live.names, warnings: [] }, await publish(jobId, command.artifacts ?? [], { ...run, account }))
  }
  limits.stopWatching()
  await lines.finish()
  // A full disk makes ffmpeg leave half a file behind and exit 0 all the same.
  await options.disk.assertRoomFor(WRITE_BYTES)
  meter.enter('publishing')
  published.push(await publish(jobId, plan.artifacts, { ...run, account }))
  await lines.finish()
  return { files: published.flatMap(({ files }) => files), warnings: published.flatMap(({ warnings }) => warnings), result }
}

interface CommandRun extends PlanRun {
  readonly index: number
  readonly account: CommandAccount
  readonly live: LiveArtifacts
}

async function runCommandOf(jobId: string, command: Command, run: CommandRun): Promise<void> {
  const { frames } = run.options
  run.lines.add('hub', 'debug', `$ ${showCommand(command, { inputs: run.inputs, outputDirectory: run.workspace.outputDirectory }).shell}`)
  if (!command.frames) return runLines(jobId, command, run)
  const output = command.frames
  await frames.write(jobId, async (pack) => {
    const teller = new FrameTeller(output, run)
    const intake = new FrameIntake(pack, output, {
      onFrames(count) {
        if (pack.bytes > run.options.maxOutputBytes) throw new OutputTooLargeError(run.options.maxOutputBytes)
        run.limits.sawOutput()
        teller.came(count)
      },
    })
    try {
      await runLines(jobId, command, { ...run, onStdout: (chunk) => intake.take(chunk) })
      await intake.finish()
      await teller.finish(pack.count)
    } catch (error) {
      // The pack is another attempt's from here on.
      await intake.stored().catch(() => undefined)
      await teller.leave()
      throw error
    } finally {
      teller.stop()
    }
  })
}

async function runLines(
  jobId: string, command: Command,
  { index, account, live, limits, lines, meter, options, workspace, inputs, onStdout }: CommandRun & { readonly onStdout?: (chunk: Uint8Array) => void | Promise<void> },
): Promise<void> {
  const parser = command.createParser()
  const hear = (updates: readonly ToolUpdate[], source: LogLine['source']) => {
    for (const update of updates) {
      account.heard(update)
      if (update.type === 'progress') meter.ran(index, update)
      else if (update.type === 'artifact') live.announce(update.artifact)
      else if (update.type === 'result') account.result = update.result
      else lines.add(source, update.level, update.text)
    }
  }
  const running = options.runner.run(command, {
    cwd: workspace.outputDirectory,
    reads: inputs,
    writes: workspace.outputDirectory,
    signal: limits.signal,
    jobDirectory: options.jobDirectory(jobId),
    ...(onStdout && { onStdout }),
    onLine(line) {
      limits.sawOutput()
      live.assertWell()
      hear(parser.push(line), line.source === 'stderr' ? 'stderr' : 'stdout')
    },
  })
  // What has failed publishes no more: its artifacts are about to be removed.
  await running.catch((error: unknown) => live.stop().then(() => Promise.reject(error)))
  // What belies its exit 0 has not ended well.
  if (account.complaint === undefined) hear(parser.end?.() ?? [], 'hub')
  await live.finish()
}

/** `current_frames` goes into the result at once for the first frame, and then at most four times a second. */
class FrameTeller {
  readonly #output: FrameOutput
  readonly #run: PlanRun
  #count = 0
  #toldAt = Number.NEGATIVE_INFINITY
  #told: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  constructor(output: FrameOutput, run: PlanRun) {
    this.#output = output
    this.#run = run
  }

  came(count: number): void {
    this.#count = count
    const waitMs = this.#toldAt + TELL_FRAMES_EACH_MS - performance.now()
    if (waitMs <= 0) this.#tell(this.#estimate)
    // Frames that come slowly are told of before the next one is there.
    else this.#timer ??= setTimeout(() => this.#tell(this.#estimate), waitMs)
  }

  /** Resolves when the final numbers are in the log. */
  async finish(count: number): Promise<void> {
    this.#count = count
    this.#tell(count)
    await this.#told
  }

  /** Tells what it still owes, though the command has failed: those frames can be had. */
  async leave(): Promise<void> {
    if (this.#timer) this.#tell(this.#estimate)
    await this.#told.catch(() => undefined)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  get #estimate(): number {
    return Math.max(this.#count, this.#output.expectedFrames ?? 0)
  }

  #tell(total: number): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#toldAt = performance.now()
    const { width, height, framesPerSecond, format, facts } = this.#output
    const result = { current_frames: this.#count, total_frames: total, fps: framesPerSecond, width, height, format, ...facts }
    this.#told = Promise.all([this.#told, this.#run.writer.append([{ type: 'result', data: { result } }], { attempt: this.#run.attempt })])
    this.#told.catch(() => undefined)
  }
}

/** What comes while a command runs has left its output directory, where the rest is counted. */
function liveArtifacts(jobId: string, run: PlanRun): LiveArtifacts {
  const { maxOutputBytes } = run.options
  const account = new CommandAccount({ program: 'node' })
  let bytes = 0
  return new LiveArtifacts(async (spec) => {
    const { artifacts } = await publish(jobId, [spec], { ...run, account })
    // What is replaced by a longer one is not written twice.
    if (spec.text === undefined) bytes += artifacts.reduce((sum, { size }) => sum + size, 0)
    if (bytes > maxOutputBytes) throw new OutputTooLargeError(maxOutputBytes)
  })
}

async function publish(
  jobId: string, specs: readonly ArtifactSpec[], { account, ...run }: PlanRun & { readonly account: CommandAccount },
): Promise<Omit<PlanOutcome, 'result'> & { readonly artifacts: readonly Artifact[] }> {
  const { workspace, options, writer, limits, lines, attempt } = run
  const cwd = workspace.outputDirectory
  const warnings = await verifyOutputs(specs.filter(({ text }) => text === undefined), {
    directory: cwd, account, probe: (file, asked) => options.runner.probe(file, { cwd, signal: limits.signal, ...asked }),
  })
  for (const { message } of warnings) lines.add('hub', 'warning', message)
  const artifacts: Artifact[] = []
  for (const spec of specs) {
    const file = spec.text === undefined ? join(cwd, spec.file) : await writeText(spec.text, workspace)
    const artifact = await options.artifacts.put(jobId, file, spec)
    await writer.append([{ type: 'artifact', data: { artifact } }], { attempt })
    artifacts.push(artifact)
  }
  return { files: specs.map(({ file }) => file), warnings, artifacts }
}

/** Beside the output directory, in which a program may have put a link. */
async function writeText(text: string, { directory }: JobWorkspace): Promise<string> {
  const file = join(directory, 'text')
  await rm(file, { force: true })
  await writeFile(file, text, { flag: 'wx' })
  return file
}
