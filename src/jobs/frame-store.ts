import { join } from 'node:path'
import { FramePack } from '../streams/frame-pack.ts'
import { WakeUps, type Watch } from '../streams/wake-up.ts'

const IDLE_MS = 30_000

/** The frames of one job, for as long as they are in use. */
export interface HeldFrames {
  /** undefined while the job has made none. It is another one when an attempt begins: look again after each wait. */
  readonly pack: FramePack | undefined
  /** Woken when frames have come, when an attempt begins to make them, and when it has ended. */
  watch(): Watch
}

interface Entry {
  pack: FramePack | undefined
  /** Packs that have been replaced, of which somebody may still be reading. */
  readonly replaced: FramePack[]
  readonly wakeUps: WakeUps
  readonly opened: Promise<void>
  users: number
  timer?: NodeJS.Timeout
}

/** The frames of jobs, each pack open once for all who write or read it, and closed when nobody has for a while. */
export class FrameStore {
  readonly #path: (jobId: string) => string
  readonly #entries = new Map<string, Entry>()

  constructor({ jobDirectory }: { jobDirectory: (jobId: string) => string }) {
    this.#path = (jobId) => join(jobDirectory(jobId), 'frames', 'frames.pack')
  }

  /** Runs `use` with the job's frames, which stay open meanwhile. */
  async use<T>(jobId: string, use: (frames: HeldFrames) => Promise<T>): Promise<T> {
    const entry = this.#entries.get(jobId) ?? this.#begin(jobId)
    entry.users++
    clearTimeout(entry.timer)
    try {
      await entry.opened
      return await use({
        get pack() {
          return entry.pack
        },
        watch: () => entry.wakeUps.watch(),
      })
    } finally {
      entry.users--
      if (entry.users === 0) entry.timer = setTimeout(() => this.#close(jobId, entry), IDLE_MS).unref()
    }
  }

  /** Runs `use` with the job's pack, open to be written: one at a time, which is the job's attempt. Then it has ended. */
  write<T>(jobId: string, use: (pack: FramePack) => Promise<T>): Promise<T> {
    return this.use(jobId, async () => {
      const entry = this.#entries.get(jobId)!
      const pack = await FramePack.openToWrite(this.#path(jobId), entry.wakeUps)
      if (entry.pack) entry.replaced.push(entry.pack)
      entry.pack = pack
      entry.wakeUps.wake()
      try {
        return await use(pack)
      } finally {
        await pack.end()
      }
    })
  }

  async close(): Promise<void> {
    await Promise.all([...this.#entries].map(([jobId, entry]) => this.#close(jobId, entry)))
  }

  #begin(jobId: string): Entry {
    const entry: Entry = {
      pack: undefined, replaced: [], wakeUps: new WakeUps(), users: 0,
      opened: FramePack.openToRead(this.#path(jobId)).then((pack) => void (entry.pack = pack)),
    }
    entry.opened.catch(() => this.#entries.delete(jobId))
    this.#entries.set(jobId, entry)
    return entry
  }

  async #close(jobId: string, entry: Entry): Promise<void> {
    clearTimeout(entry.timer)
    if (this.#entries.get(jobId) === entry) this.#entries.delete(jobId)
    await entry.opened.catch(() => undefined)
    await Promise.all([...entry.replaced, entry.pack].map((pack) => pack?.close()))
  }
}
