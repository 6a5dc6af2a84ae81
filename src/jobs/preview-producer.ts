import { setTimeout } from 'node:timers/promises'
import type { FramePack } from '../streams/frame-pack.ts'
import type { NewestPicture } from '../streams/mjpeg.ts'
import { NotAPictureError } from '../streams/picture-scanner.ts'
import { CommandFailedError } from './command-errors.ts'
import { convertFrames, type FrameFacts } from './frame-converter.ts'
import type { HeldFrames } from './frame-store.ts'
import { hasEnded } from './job.ts'
import { convertArgs, MOST_FPS, playArgs, stillArgs, type PreviewQuery } from './preview-commands.ts'
import { findSource, frameFacts, nothingToSee, runPictures, type PreviewContext } from './preview-source.ts'
import { convertFrame } from './preview-still.ts'

export interface Production {
  readonly query: PreviewQuery
  readonly picture: NewestPicture
  readonly signal: AbortSignal
  readonly context: PreviewContext
}

/** Shows a job until there is no more to be seen of it: what it makes while it runs, what it has made when it has ended. */
export async function produce(jobId: string, production: Production): Promise<void> {
  const { query, picture, signal, context } = production
  const source = await findSource(context.jobs.get(jobId), context, signal)
  if (source.type === 'frames') return produceFrames(jobId, production)
  if (source.type === 'video') {
    return runPictures(playArgs(source.file, query, source.fps), { context, file: source.file, signal, onPicture: (jpeg) => picture.show(jpeg) })
  }
  await produceInput(jobId, source.file, production)
  // It had ended before anything of it was seen.
  if (picture.number === 0 && hasEnded(context.jobs.get(jobId).status)) await produce(jobId, production)
}

const LIVE_FPS = 25
const INPUT_FPS = 2
const MOST_INPUT_FPS = 5
const LOOK_EVERY_MS = 250

/** A running encode: its input, at the place where it is. */
async function produceInput(jobId: string, file: string, { query, picture, signal, context }: Production): Promise<void> {
  const stepMs = 1000 / Math.min(query.fps ?? INPUT_FPS, MOST_INPUT_FPS)
  let shownAt: number | undefined
  for (;;) {
    const beganAt = performance.now()
    const { status, phase, out_time_s } = context.jobs.get(jobId)
    if (status !== 'running') return
    if (phase === 'running' && out_time_s !== undefined && out_time_s !== shownAt) {
      shownAt = out_time_s
      await runPictures(stillArgs(file, query, out_time_s), { context, file, signal, onPicture: (jpeg) => picture.show(jpeg) }).catch(forgive)
    }
    await pause(beganAt + stepMs, signal)
  }
}

/**
 * Where an encode is may lie behind the end of its input, and its input goes when it ends: then there is no picture.
 * The portable engine breaks down now and then on a busy machine: then the next one is seen.
 */
function forgive(error: unknown): void {
  if (!(error instanceof CommandFailedError || error instanceof NotAPictureError)) throw error
}

async function produceFrames(jobId: string, production: Production): Promise<void> {
  const { query, picture, signal, context } = production
  await context.frames.use(jobId, async (held) => {
    const facts = await untilFrames(jobId, held, production)
    if (!facts || !held.pack) throw nothingToSee()
    const { pack } = held
    const show = async (take: Take) => {
      if (hasEnded(context.jobs.get(jobId).status)) await playPack(pack, facts, { query, signal, take })
      else await followFrames(jobId, held, { ...production, take })
    }
    const showPicture = (jpeg: Buffer) => picture.show(jpeg)
    const isAsWanted = facts.format === 'jpeg' && query.width === undefined && query.quality === undefined
    if (isAsWanted) return show(async (frame) => showPicture(frame))
    // The portable engine opens no pipe: it is started for each frame, and those that come meanwhile are skipped.
    if ((await context.engine()).kind === 'portable') {
      return show((frame) => convertFrame(frame, facts, { query, context, signal, onPicture: showPicture }).catch(forgive))
    }
    await convertFrames(facts, {
      directory: context.directory, signal,
      convert: (file, over) => runPictures(convertArgs(file, query, facts.format), { context, file, signal: over, onPicture: showPicture }),
    }, show)
  })
}

type Take = (frame: Buffer) => Promise<void>

/** undefined where the job has ended and made none. */
async function untilFrames(jobId: string, held: HeldFrames, { signal, context }: Production): Promise<FrameFacts | undefined> {
  const watch = held.watch()
  try {
    for (;;) {
      const job = context.jobs.get(jobId)
      const facts = frameFacts(job)
      if ((facts && held.pack && held.pack.count > 0) || hasEnded(job.status)) return facts
      await watch.changed(soon(signal))
      signal.throwIfAborted()
    }
  } finally {
    watch.stop()
  }
}

/** The newest frame as it is made, until the job ends. */
async function followFrames(
  jobId: string, held: HeldFrames, { query, signal, context, take }: Production & { readonly take: Take },
): Promise<void> {
  const stepMs = 1000 / Math.min(query.fps ?? LIVE_FPS, MOST_FPS)
  const watch = held.watch()
  let shown = 0
  let isShownTwice = true
  try {
    for (;;) {
      const beganAt = performance.now()
      const isOver = hasEnded(context.jobs.get(jobId).status)
      const count = held.pack?.count ?? 0
      if (count === shown && isOver) return
      if (count !== shown || !isShownTwice) {
        const frame = await held.pack?.frame(count)
        if (frame) await take(frame)
        // A converter keeps the last frame back until another comes.
        isShownTwice = count === shown
        shown = count
      }
      await pause(beganAt + stepMs, signal)
      await watch.changed(soon(signal))
      signal.throwIfAborted()
    }
  } finally {
    watch.stop()
  }
}

/** The frames of a job that has ended, at their own rate; what falls behind is skipped. */
async function playPack(
  pack: FramePack, { fps }: FrameFacts, { query, signal, take }: { query: PreviewQuery; signal: AbortSignal; take: Take },
): Promise<void> {
  const stepMs = 1000 / Math.min(query.fps ?? fps, fps, MOST_FPS)
  const beganAt = performance.now()
  const elapsed = () => performance.now() - beganAt
  for (;;) {
    const at = Math.floor((elapsed() * fps) / 1000)
    const isLast = at >= pack.count - 1 && !query.isLooped
    const frame = await pack.frame(isLast ? pack.count : 1 + (at % pack.count))
    if (frame) await take(frame)
    if (isLast) return
    await pause(beganAt + (Math.floor(elapsed() / stepMs) + 1) * stepMs, signal)
  }
}

/** Nobody is told that a job ended without frames, so that is looked for. */
function soon(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(LOOK_EVERY_MS)])
}

async function pause(until: number, signal: AbortSignal): Promise<void> {
  await setTimeout(Math.max(0, until - performance.now()), undefined, { signal })
}
