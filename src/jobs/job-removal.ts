import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { nanoid } from 'nanoid'
import type { EventLog } from '../streams/event-log.ts'
import { isFull } from './database.ts'
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
  readonly asideDirectory: string
  /** Called while the files are still there. Never rejects. */
  readonly onRemoving: (id: string) => Promise<void>
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
    await this.#options.onRemoving(id)
    const isForgotten = this.#forget(id)
    await this.#removeFiles(id)
    if (!isForgotten) this.#options.index.remove(id, Date.now())
    await this.#options.feed.removed(id)
  }

  /** Removes what a submission that failed has left: there never was such a job. */
  async discard(id: string): Promise<void> {
    await this.#removeFiles(id)
    await this.#options.feed.removed(id)
  }

  /** Moves a job that cannot be read out of the way, for the operator to look at. */
  async putAside(id: string): Promise<void> {
    const { index, queue, jobDirectory, asideDirectory } = this.#options
    await mkdir(asideDirectory, { recursive: true })
    await ifPresent(rename(jobDirectory(id), join(asideDirectory, id)))
    index.remove(id, Date.now())
    queue.forget(id)
  }

  /** What a crash left in the middle of a removal. */
  async emptyTrash(): Promise<void> {
    await rm(this.#options.trashDirectory, { recursive: true, force: true })
  }

  /** False on a disk so full that not even this can be written; removing the files makes room for it. */
  #forget(id: string): boolean {
    const { index, queue } = this.#options
    try {
      queue.forget(id)
      index.remove(id, Date.now())
      return true
    } catch (error) {
      if (isFull(error)) return false
      throw error
    }
  }

  async #removeFiles(id: string): Promise<void> {
    const { events, jobDirectory, trashDirectory } = this.#options
    await events.remove(id)
    // On a full disk there may be no room for this one: then what is to go is removed where it stands.
    await mkdir(trashDirectory, { recursive: true }).catch(() => undefined)
    const trash = join(trashDirectory, nanoid())
    await rename(jobDirectory(id), trash).catch(() => undefined)
    await rm(trash, { recursive: true, force: true })
    await rm(jobDirectory(id), { recursive: true, force: true })
  }
}
