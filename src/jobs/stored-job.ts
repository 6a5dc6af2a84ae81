import type { LogStorage } from '../streams/log-storage.ts'
import { Stream } from '../streams/stream.ts'
import type { Job } from './job.ts'
import { JobFold } from './job-fold.ts'

/** A job as its log tells it, of a log that nobody has open. */
export interface StoredJob {
  readonly job: Job
  /** How often the hub went down under it since it was last asked for. */
  readonly interruptions: number
  readonly logBytes: number
  /** Its log holds the `end`. */
  readonly isClosed: boolean
}

/** undefined where there is no log, or nothing in it. Cuts off what a crash left half written. */
export async function readStoredJob(storage: LogStorage, id: string): Promise<StoredJob | undefined> {
  const file = await storage.open(id, { create: false })
  if (!file) return undefined
  try {
    const { fold, head, isClosed } = await Stream.open(id, { storage: file, fold: new JobFold(id) })
    return head === 0 ? undefined : { job: fold.record, interruptions: fold.interruptions, logBytes: head, isClosed }
  } finally {
    await file.close()
  }
}
