import type { EventLog, OpenStream } from '../streams/event-log.ts'
import { applyEvent, type Job, type ProgressData } from './job.ts'
import type { JobFeed } from './job-feed.ts'
import type { JobFold } from './job-fold.ts'
import type { JobIndex } from './job-index.ts'
import type { UnfinishedUploads } from './unfinished-uploads.ts'

const TELL_EACH_MS = 500

export interface UploadProgressOptions {
  readonly unfinished: Pick<UnfinishedUploads, 'get'>
  readonly index: Pick<JobIndex, 'get'>
  readonly events: Pick<EventLog<JobFold>, 'peek'>
  readonly feed: Pick<JobFeed, 'progressed'>
  /** The ids of the jobs that wait for an upload. */
  readonly waitingFor: (uploadId: string) => Iterable<string>
}

/**
 * Tells who looks at a job that waits for uploads how far these are, as progress of the phase `uploading`. Of the job
 * itself nothing is done yet, so that its own number stays unknown.
 */
export class UploadProgress {
  readonly #options: UploadProgressOptions
  /** By upload of which more has come than was told. */
  readonly #timers = new Map<string, NodeJS.Timeout>()

  constructor(options: UploadProgressOptions) {
    this.#options = options
  }

  /** Of the uploads that the job still waits for, together; undefined where it waits for none. */
  of({ waiting_for = [] }: Pick<Job, 'waiting_for'>): Omit<ProgressData, 'rev'> | undefined {
    const uploads = waiting_for.flatMap(({ type, id }) => (type === 'upload' ? this.#options.unfinished.get(id) ?? [] : []))
    if (uploads.length === 0) return undefined
    let bytes = 0
    let totalBytes: number | null = 0
    for (const { received, size } of uploads) {
      bytes += received
      totalBytes = totalBytes === null || size === null ? null : totalBytes + size
    }
    return { progress: null, phase: 'uploading', bytes, ...(totalBytes !== null && { total_bytes: totalBytes }) }
  }

  /** Tells who begins to follow. */
  show({ stream }: OpenStream<JobFold>): void {
    const progress = this.of(stream.fold.job)
    if (progress) stream.setLast('progress', progress)
  }

  /** A job is another than before: if it waits for uploads, that is told soon. */
  changed({ waiting_for = [] }: Pick<Job, 'waiting_for'>): void {
    for (const { type, id } of waiting_for) if (type === 'upload') this.grown(id)
  }

  /** More of an upload has come, which is told soon. */
  grown(uploadId: string): void {
    if (this.#timers.has(uploadId) || [...this.#options.waitingFor(uploadId)].length === 0) return
    this.#timers.set(uploadId, setTimeout(() => {
      this.#timers.delete(uploadId)
      for (const jobId of this.#options.waitingFor(uploadId)) this.#tell(jobId)
    }, TELL_EACH_MS).unref())
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  #tell(jobId: string): void {
    const { index, events, feed } = this.#options
    const job = index.get(jobId)
    const progress = job?.status === 'queued' ? this.of(job) : undefined
    if (!job || !progress) return
    const open = events.peek(jobId)
    if (open) this.show(open)
    void feed.progressed(applyEvent(job, { type: 'progress', data: { rev: 0, ...progress } }))
  }
}
