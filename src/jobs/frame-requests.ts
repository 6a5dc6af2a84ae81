import { HubError } from '../errors.ts'
import type { FramePack } from '../streams/frame-pack.ts'
import { rangesOf, type PackPiece } from '../streams/frame-sender.ts'
import { frameArrives } from './frame-arrival.ts'
import type { FrameStore, HeldFrames } from './frame-store.ts'
import type { Job } from './job.ts'

export interface WantedFrame {
  readonly jobId: string
  /** From 1. */
  readonly number: number
}

export interface FramePieces {
  /** Frames in `pieces`; fewer than wanted where a job has ended with fewer. */
  readonly count: number
  readonly bytes: number
  readonly pieces: readonly PackPiece[]
}

export interface FrameRequestOptions {
  readonly jobs: { get(id: string): Job }
  readonly frames: FrameStore
  /** How long frames that are still coming are waited for. */
  readonly waitMs: number
  /** Throws `payload_too_large` for more. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/**
 * Runs `use` with the frames wanted, in the order wanted; they stay open meanwhile. Frames behind the last one of a
 * job that has ended are left out. Throws a HubError: `frames_not_ready` where some are still to come after the wait.
 */
export async function withFrames<T>(
  wanted: readonly WantedFrame[], options: FrameRequestOptions, use: (pieces: FramePieces) => Promise<T>,
): Promise<T> {
  const jobIds = [...new Set(wanted.map(({ jobId }) => jobId))]
  for (const id of jobIds) options.jobs.get(id)
  return holdAll(options.frames, jobIds, async (held) => {
    const deadline = performance.now() + options.waitMs
    for (const [jobId, frames] of held) {
      const last = Math.max(...wanted.filter((frame) => frame.jobId === jobId).map(({ number }) => number))
      await untilThere(jobId, frames, { ...options, last, deadline })
    }
    const pieces = gather(wanted, held)
    if (pieces.bytes > options.maxBytes) {
      throw new HubError('payload_too_large', `These frames are ${pieces.bytes} bytes, more than ${options.maxBytes}`, { hint: 'Ask for fewer at a time' })
    }
    return use(pieces)
  })
}

/** Resolves when frame `last` is there or never will be. */
async function untilThere(
  jobId: string, frames: HeldFrames, { jobs, last, deadline, signal }: FrameRequestOptions & { last: number; deadline: number },
): Promise<void> {
  const late = new AbortController()
  const giveUp = () => late.abort(notReady(frames.pack?.count ?? 0, last))
  const leave = () => late.abort(signal.reason)
  const waitMs = deadline - performance.now()
  const timer = setTimeout(giveUp, Math.max(0, waitMs))
  if (waitMs <= 0) giveUp()
  if (signal.aborted) leave()
  signal.addEventListener('abort', leave)
  try {
    await frameArrives(jobId, last, { jobs, frames, signal: late.signal })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', leave)
  }
}

function gather(wanted: readonly WantedFrame[], held: ReadonlyMap<string, HeldFrames>): FramePieces {
  const runs: { pack: FramePack; numbers: number[] }[] = []
  let count = 0
  for (const { jobId, number } of wanted) {
    const pack = held.get(jobId)!.pack
    if (!pack || number < 1 || number > pack.count) continue
    count++
    const run = runs.at(-1)
    if (run?.pack === pack) run.numbers.push(number)
    else runs.push({ pack, numbers: [number] })
  }
  const pieces = runs.flatMap(({ pack, numbers }) => rangesOf(pack, numbers).map((range) => ({ pack, range })))
  return { count, pieces, bytes: pieces.reduce((sum, { range }) => sum + range.to - range.from, 0) }
}

async function holdAll<T>(
  frames: FrameStore, jobIds: readonly string[], use: (held: ReadonlyMap<string, HeldFrames>) => Promise<T>, held = new Map<string, HeldFrames>(),
): Promise<T> {
  const [first, ...rest] = jobIds
  if (first === undefined) return use(held)
  return frames.use(first, (one) => holdAll(frames, rest, use, held.set(first, one)))
}

function notReady(count: number, last: number): HubError {
  return new HubError('frames_not_ready', `Frame ${last} is not there yet, ${count} are`, { hint: 'Ask again in a moment', retryAfterSeconds: 1 })
}
