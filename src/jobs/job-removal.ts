import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { nanoid } from 'nanoid'
import type { EventLog } from '../streams/event-log.ts'
import { ifPresent } from './file-error.ts'
import type { JobFeed } from './job-feed.ts'
import type { JobFold } from './job-fold.ts'
import type { JobIndex } from './job-index.ts'
import type { JobQueue } from './job-queue.ts'

export interface JobRemovalOptions {
  readonly events: EventLog<JobFold>
  readonly index: JobIndex
  readonly queue: JobQueue
  readonly feed: JobFeed
  readonly jobDirectory: (id: string) => string
  readonly trashDirectory: string
}

/**
 * Removes an ended job with all its files. First nobody can find it any more, then its directory goes in one rename,
 * then the bytes; who is reading a file of it has it open and reads it to the end.
 */
export class JobRemoval {
  readonly #options: JobRemovalOptions

  constructor(options: JobRemovalOptions) {
    this.#options = options
  }

  async remove(id: string): Promise<void> {
    const { events, index, queue, feed, jobDirectory, trashDirectory } = this.#options
    index.remove(id, Date.now())
    queue.forget(id)
    await events.remove(id)
    await mkdir(trashDirectory, { recursive: true })
    const trash = join(trashDirectory, nanoid())
    await ifPresent(rename(jobDirectory(id), trash))
    await rm(trash, { recursive: true, force: true })
    await feed.removed(id)
  }

  /** What a crash left in the middle of a removal. */
  async emptyTrash(): Promise<void> {
    await rm(this.#options.trashDirectory, { recursive: true, force: true })
  }
}
