import { stat } from 'node:fs/promises'
import { HubError } from '../errors.ts'
import { findTool } from '../tools/registry.ts'
import type { MediaInfo, Plan, Requirements } from '../tools/tool.ts'
import type { ArtifactStore } from './artifact-store.ts'
import { CommandFailedError, isShortage } from './command-errors.ts'
import { HubStoppingError, JobCancelledError, LeaseLostError, limitAttempt, type AttemptLimits, type CancelReason } from './attempt-limits.ts'
import type { DiskGuard } from './disk-guard.ts'
import type { FrameStore } from './frame-store.ts'
import { hasEnded, type JobError, type JobStatus } from './job.ts'
import { toJobError } from './job-failure.ts'
import type { JobLog, JobWriter } from './job-log.ts'
import { LogLines } from './log-lines.ts'
import { ProgressMeter } from './progress-meter.ts'
import type { JobRequest, RequestStore } from './request-store.ts'
import { readWritten } from './read-written.ts'
import { runPlan, WRITE_BYTES } from './run-plan.ts'
import type { CommandRunner } from './command-runner.ts'
import { parseSource, type Staging } from './stage.ts'
import { makeWorkspace, outputBytes, removeWorkspace, type JobWorkspace } from './workspace.ts'

export interface WorkerOptions {
  readonly log: JobLog
  readonly requests: RequestStore
  readonly staging: Staging
  readonly artifacts: ArtifactStore
  readonly frames: FrameStore
  readonly disk: DiskGuard
  readonly runner: CommandRunner
  /** Throws a HubError for what this machine lacks. */
  readonly assertCanRun: (requirements: Requirements) => Promise<void>
  readonly jobDirectory: (id: string) => string
  readonly timeoutMs: number
  readonly stallMs: number
  readonly logBytes: number
  readonly maxOutputBytes: number
  readonly retentionMs: number
  readonly onInternalError: (jobId: string, error: unknown) => void
  /** Told once of a job that has to be tried again since the machine is short of something. */
  readonly onShortage: (jobId: string, error: unknown) => void
  /** Told how much came in for the job from elsewhere. */
  readonly onFetched?: (jobId: string, bytes: number) => void
}

/** As often as this a job is tried again, which takes some two minutes. */
const MOST_SHORTAGES = 8

/** What becomes of the job's place in the queue. `back_later`: nobody should work for a while. */
export type Outcome = 'ended' | 'back_to_queue' | 'back_later' | 'lost'

/** Works one claimed job: stage, plan, run, publish. Whatever happens, the log says how it ended. */
export async function work(jobId: string, signal: AbortSignal, options: WorkerOptions): Promise<Outcome> {
  const writer = await options.log.write(jobId)
  try {
    // A place in the queue that outlived its job, where a crash or a full disk came between the two.
    return hasEnded(writer.job.status) ? 'ended' : await workAttempt(jobId, signal, { writer, options })
  } finally {
    writer.release()
  }
}

async function workAttempt(
  jobId: string, signal: AbortSignal, { writer, options }: { writer: JobWriter; options: WorkerOptions },
): Promise<Outcome> {
  const attempt = writer.job.attempt + 1
  const lines = new LogLines(writer, { attempt, maxBytes: options.logBytes })
  const limits = limitAttempt(signal, { ...options, assertRoom: () => options.disk.assertRoomFor(0) })
  try {
    await writer.append([{ type: 'status', data: { status: 'running', attempt, started_at: Math.max(Date.now(), writer.job.created_at), progress: 0 } }], { attempt })
    const workspace = await makeWorkspace(options.jobDirectory(jobId))
    await runAttempt(jobId, { writer, lines, limits, workspace, options, attempt })
    await clear(jobId, { of: 'workspace', options })
    await end(writer, { status: 'completed', attempt, retentionMs: options.retentionMs })
    return 'ended'
  } catch (error) {
    return await settle(error, { jobId, writer, lines, attempt, options })
  } finally {
    limits.stop()
  }
}

interface Attempt {
  readonly writer: JobWriter
  readonly lines: LogLines
  readonly limits: AttemptLimits
  readonly workspace: JobWorkspace
  readonly options: WorkerOptions
  readonly attempt: number
}

async function runAttempt(jobId: string, { writer, lines, limits, workspace, options, attempt }: Attempt): Promise<void> {
  limits.signal.throwIfAborted()
  const request = await options.requests.get(jobId)
  if (!request) throw new HubError('internal', 'What was asked for could not be read any more')
  const meter = new ProgressMeter((data) => writer.progress(data))
  const { plan, inputs } = await prepare(request, {
    meter, limits, workspace, options, lines, onFetched: (bytes) => options.onFetched?.(jobId, bytes),
  })
  meter.begin(plan.commands)
  limits.watchForStall(() => outputBytes(workspace))
  const run = { writer, lines, limits, workspace, options, attempt, meter, inputs }
  const { files, warnings, result } = await runPlan(jobId, plan, run)
  limits.signal.throwIfAborted()
  await writer.append([{ type: 'result', data: { result: { ...plan.result, ...result, files, ...(warnings.length > 0 && { warnings }) } } }], { attempt })
}

async function prepare(
  { tool: toolName, input: rawInput }: JobRequest,
  { meter, limits, workspace, options, lines, onFetched }: Pick<Attempt, 'limits' | 'workspace' | 'options' | 'lines'> & {
    meter: ProgressMeter
    onFetched: (bytes: number) => void
  },
): Promise<{ plan: Plan; inputs: readonly string[] }> {
  const tool = findTool(toolName)
  const input = tool.input.parse(rawInput)
  // It was taken in by a hub that may have had another ffmpeg, or another wall.
  await options.assertCanRun(tool.requires?.(input) ?? {})
  const sources = tool.sources(input)
  const inputs: string[] = []
  const names: string[] = []
  if (sources.some((source) => parseSource(source).type === 'url')) meter.enter('fetching')
  for (const [index, source] of sources.entries()) {
    limits.signal.throwIfAborted()
    names.push((await options.staging.check(source, `inputs[${index}].source`)) ?? source)
    const file = await options.staging.stage(source, {
      directory: workspace.inputDirectory,
      index,
      signal: limits.signal,
      onProgress: ({ bytes, totalBytes }) => meter.fetched(bytes, totalBytes),
    })
    inputs.push(file)
    if (parseSource(source).type === 'url') onFetched((await stat(file)).size)
  }
  meter.enter('probing')
  const probe = (file: string): Promise<MediaInfo> => options.runner.probe(file, {
    cwd: workspace.outputDirectory, signal: limits.signal, onComplaint: (text) => lines.add('stderr', 'error', text),
  })
  const soundSeconds = (file: string) => options.runner.soundSeconds(file, { cwd: workspace.outputDirectory, signal: limits.signal })
  return { plan: await tool.plan(input, { inputs, names, outputDirectory: workspace.outputDirectory, probe, soundSeconds, read: readWritten }), inputs }
}

async function settle(
  error: unknown,
  { jobId, writer, lines, attempt, options }: { jobId: string; writer: JobWriter; lines: LogLines; attempt: number; options: WorkerOptions },
): Promise<Outcome> {
  if (error instanceof LeaseLostError) return 'lost'
  const cause = await causeOf(error, options.disk)
  const isFirstShortage = writer.shortages === 0
  const isTriedAgain = isShortage(cause) && writer.shortages < MOST_SHORTAGES
  if (isTriedAgain && isFirstShortage) {
    options.onShortage(jobId, cause)
    lines.add('hub', 'warning', 'The machine is short of files, processes or memory: the job is tried again in a moment')
  }
  // First of all: on a full disk the log waits for the room that these give back.
  await clear(jobId, { of: 'workspace and artifacts', options })
  await lines.finish()
  if (cause instanceof HubStoppingError) {
    await writer.append([{ type: 'status', data: { status: 'queued', reason: 'hub_stopped' } }], { attempt, durable: true })
    return 'back_to_queue'
  }
  if (isTriedAgain) {
    await writer.append([{ type: 'status', data: { status: 'queued', reason: 'short_of_resources' } }], { attempt, durable: true })
    return 'back_later'
  }
  const { retentionMs } = options
  if (cause instanceof JobCancelledError) {
    await endCancelled(writer, { reason: cause.reason, logTail: lines.tail, attempt, retentionMs })
    return 'ended'
  }
  const jobError = toJobError(cause, { logTail: [...lines.tail], lastError: lines.lastError })
  if (jobError.code === 'internal') options.onInternalError(jobId, cause)
  await end(writer, { status: 'failed', attempt, retentionMs, error: jobError })
  return 'ended'
}

/** A file that cannot be removed is the operator's trouble, and no reason to leave a job without its end. */
async function clear(jobId: string, { of, options }: { of: 'workspace' | 'workspace and artifacts'; options: WorkerOptions }): Promise<void> {
  try {
    await removeWorkspace(options.jobDirectory(jobId))
    if (of === 'workspace and artifacts') await options.artifacts.remove(jobId)
  } catch (error) {
    options.onInternalError(jobId, error)
  }
}

/** A command that found no room only says that it failed; the disk says why. */
async function causeOf(error: unknown, disk: DiskGuard): Promise<unknown> {
  if (!(error instanceof CommandFailedError) || error.signal !== null) return error
  return disk.assertRoomFor(WRITE_BYTES).then(() => error, (full: unknown) => (full instanceof HubError ? full : error))
}

/** With the reason as the job's error, where there is one. */
export function endCancelled(
  writer: JobWriter,
  { reason, logTail = [], attempt, retentionMs }: { reason: CancelReason | undefined; logTail?: readonly string[]; attempt: number; retentionMs: number },
): Promise<void> {
  return end(writer, { status: 'cancelled', attempt, retentionMs, ...(reason && { error: { ...reason, log_tail: [...logTail] } }) })
}

/** The last events of a job, in one piece: from here on its log is closed. */
export async function end(
  writer: JobWriter,
  { status, attempt, retentionMs, error }: { status: JobStatus; attempt: number; retentionMs: number; error?: JobError },
): Promise<void> {
  const now = Date.now()
  const { created_at, started_at = created_at } = writer.job
  const progress = status === 'completed' ? 100 : writer.progressSoFar
  // A clock that was set back must not have the job end before it began; what is left of its time is by the clock as it is.
  const data = { status, ended_at: Math.max(now, started_at), expires_at: now + retentionMs, progress }
  await writer.append(
    [...(error ? [{ type: 'error', data: { error } } as const] : []), { type: 'status', data }, { type: 'end', data: { status } }],
    { attempt, durable: true },
  )
}
