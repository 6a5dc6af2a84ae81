import type { Writable } from 'node:stream'
import { sendPieces } from '../streams/frame-sender.ts'
import { frameArrives, type FrameArrivalOptions } from './frame-arrival.ts'

export interface FollowFramesOptions extends FrameArrivalOptions {
  readonly jobId: string
  /** The first frame, from 1. */
  readonly from: number
  /** At most so many. */
  readonly count: number
}

/**
 * Writes frames with their heads as they are made, until the last one of the job or of `count`. A reader is a cursor:
 * what it has not taken stays in the file. Rejects when the reader goes away or the signal aborts.
 */
export async function followFrames(target: Writable, { jobId, from, count, ...options }: FollowFramesOptions): Promise<void> {
  const { frames, signal } = options
  for (let next = from; next < from + count; ) {
    const isThere = await frameArrives(jobId, next, options)
    const { pack } = frames
    if (!isThere || !pack) return
    const some = Math.min(pack.count, from + count - 1) - next + 1
    // The attempt that has just begun made this frame anew: it is waited for once more.
    if (some < 1) continue
    await sendPieces(target, { pieces: [{ pack, range: pack.range(next, some) }], signal })
    next += some
  }
}
