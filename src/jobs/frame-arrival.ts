import type { HeldFrames } from './frame-store.ts'
import { hasEnded, type Job } from './job.ts'

/** Frames wake who waits for them; the end of their job, which may come without any, is looked for this often. */
const LOOK_MS = 250

export interface FrameArrivalOptions {
  readonly jobs: { get(id: string): Job }
  readonly frames: HeldFrames
  readonly signal: AbortSignal
}

/**
 * Resolves to true when frame `number` of the job is there, to false when it never will be, since the job has ended.
 * Rejects with the signal's reason, and as `jobs.get` does when the job is removed meanwhile.
 */
export async function frameArrives(jobId: string, number: number, { jobs, frames, signal }: FrameArrivalOptions): Promise<boolean> {
  const watch = frames.watch()
  try {
    for (;;) {
      // The job first: what its end says of the frames is then true of the look behind it.
      const isOver = hasEnded(jobs.get(jobId).status)
      if ((frames.pack?.count ?? 0) >= number) return true
      if (isOver) return false
      signal.throwIfAborted()
      await changedOrDue(watch, signal)
    }
  } finally {
    watch.stop()
  }
}

async function changedOrDue(watch: ReturnType<HeldFrames['watch']>, signal: AbortSignal): Promise<void> {
  const due = new AbortController()
  const wake = () => due.abort()
  const timer = setTimeout(wake, LOOK_MS)
  signal.addEventListener('abort', wake)
  try {
    await watch.changed(due.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', wake)
  }
}
