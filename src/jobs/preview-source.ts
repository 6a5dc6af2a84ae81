import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { HubError } from '../errors.ts'
import { FrameSplitter } from '../streams/frame-splitter.ts'
import { NotMediaError } from '../tools/media-info.ts'
import type { FrameOutput, MediaInfo } from '../tools/tool.ts'
import { videoFrameTool } from '../tools/video-frame.ts'
import type { ArtifactStore } from './artifact-store.ts'
import type { CommandRunner } from './command-runner.ts'
import { invocationOf, type Engine } from './ffmpeg-engine.ts'
import type { FrameFacts } from './frame-converter.ts'
import type { FrameStore } from './frame-store.ts'
import type { Job } from './job.ts'
import { runCommand } from './run-command.ts'
import { workspaceOf } from './workspace.ts'

export interface PreviewContext {
  readonly jobs: { get(id: string): Job }
  readonly artifacts: Pick<ArtifactStore, 'served'>
  readonly frames: FrameStore
  readonly engine: () => Promise<Engine>
  readonly runner: Pick<CommandRunner, 'probe'>
  readonly jobDirectory: (id: string) => string
  /** Where previews keep what they need for a moment. */
  readonly directory: string
}

/** Where the pictures of a job come from. */
export type PreviewSource =
  | { readonly type: 'frames' }
  | { readonly type: 'input'; readonly file: string }
  | { readonly type: 'video'; readonly file: string; readonly fps: number; readonly seconds: number }

/**
 * Finds what there is to be seen of a job. Throws a HubError: `frames_not_ready` of a job that has not begun to make
 * anything, `artifact_not_found` where there is neither a video nor frames.
 */
export async function findSource(job: Job, context: PreviewContext, signal: AbortSignal): Promise<PreviewSource> {
  const makesFrames = job.tool === videoFrameTool.name || frameFacts(job) !== undefined
  if (makesFrames && job.status !== 'queued') return { type: 'frames' }
  if (job.status === 'running' && job.phase === 'running') {
    const file = join(workspaceOf(context.jobDirectory(job.id)), 'in', '0')
    if (await probeVideo(file, context, signal)) return { type: 'input', file }
    const now = context.jobs.get(job.id)
    // It has ended, and its input is gone, while that was looked at.
    if (now.status !== job.status || now.phase !== job.phase) return findSource(now, context, signal)
  } else if (job.status === 'running' && job.phase === 'publishing') {
    // What it has made is there in a moment.
    await setTimeout(LOOK_EVERY_MS, undefined, { signal })
    return findSource(context.jobs.get(job.id), context, signal)
  } else if (job.status === 'queued' || job.status === 'running') throw notReady()
  for (const { name, content_type } of job.artifacts) {
    if (/^(?:audio|text)\//.test(content_type)) continue
    const { path: file } = context.artifacts.served(job, name)
    const video = await probeVideo(file, context, signal)
    if (video) return { type: 'video', file, ...video }
  }
  throw nothingToSee()
}

/** What a job says of its frames; undefined while it has made none. */
export function frameFacts({ result }: Job): FrameFacts | undefined {
  if (!(Number(result['current_frames']) > 0)) return undefined
  const [width, height, fps] = ['width', 'height', 'fps'].map((name) => Number(result[name])) as [number, number, number]
  return { format: result['format'] as FrameOutput['format'], width, height, fps }
}

/** Runs an ffmpeg that reads the file and writes JPEGs, and hands each one over as it comes. */
export async function runPictures(
  args: readonly string[],
  { context, file, signal, onPicture }: { context: PreviewContext; file: string; signal: AbortSignal; onPicture: (jpeg: Buffer) => void },
): Promise<void> {
  const splitter = new FrameSplitter({ type: 'jpeg' })
  const engine = await context.engine()
  await runCommand({
    ...invocationOf(engine, { program: 'ffmpeg', args }), sandbox: engine.sandbox, reads: [file], cwd: context.directory, signal, graceMs: GRACE_MS,
    onLine: () => undefined,
    onStdout: (chunk) => splitter.push(chunk).forEach(onPicture),
  })
}

export function notReady(): HubError {
  return new HubError('frames_not_ready', 'There is nothing to be seen of this job so far', {
    hint: 'Ask again in a moment', retryAfterSeconds: 1,
  })
}

export function nothingToSee(): HubError {
  return new HubError('artifact_not_found', 'There is nothing to be seen of this job: it has neither a video nor frames', {
    hint: 'GET /api/jobs/:id/artifacts lists what it has made',
  })
}

/** Nothing is lost with a preview that is killed. */
const GRACE_MS = 500
const FPS_UNKNOWN = 25
const LOOK_EVERY_MS = 100

async function probeVideo(file: string, { runner, directory }: PreviewContext, signal: AbortSignal) {
  const probing: Promise<MediaInfo | undefined> = runner.probe(file, { cwd: directory, signal, onComplaint: () => undefined })
  const info = await probing.catch((error: unknown) => {
    if (error instanceof NotMediaError) return undefined
    throw error
  })
  const picture = info?.streams.find(({ kind, isAttachedPicture }) => kind === 'video' && !isAttachedPicture)
  return picture && { fps: picture.framesPerSecond ?? FPS_UNKNOWN, seconds: picture.durationSeconds ?? info?.durationSeconds ?? 0 }
}
