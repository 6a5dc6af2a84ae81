import { FrameSplitter } from '../streams/frame-splitter.ts'
import type { FramePack } from '../streams/frame-pack.ts'
import type { FrameFormat } from '../streams/picture-scanner.ts'
import type { FrameOutput } from '../tools/tool.ts'
import { OutputMissingError } from './job-failure.ts'

/** The encoder stopped in the middle of a picture. */
export class FrameCutShortError extends Error {
  override name = 'FrameCutShortError'
}

/** How far the encoder may be ahead of the disk. */
const MOST_WAITING_BYTES = 4 * 2 ** 20

/** Frames on each other's heels are stored together: each store takes the processor from the encoder. */
const STORE_EACH_MS = 15

/**
 * Puts what an encoder writes into a job's pack, frame by frame: at once what comes after a pause, and what comes
 * within `STORE_EACH_MS` of the last store, or during it, together. An attempt that is not the first makes the frames again that are there already: they stay,
 * so that their readers notice nothing, unless one comes out differently.
 */
export class FrameIntake {
  readonly #pack: FramePack
  readonly #splitter: FrameSplitter
  readonly #onFrames: (count: number) => void
  #made = 0
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #storing: Promise<void> | undefined
  #storedAt = Number.NEGATIVE_INFINITY
  #pause: NodeJS.Timeout | undefined
  #failure: unknown

  constructor(pack: FramePack, output: FrameOutput, { onFrames }: { onFrames: (count: number) => void }) {
    this.#pack = pack
    this.#splitter = new FrameSplitter(formatOf(output))
    this.#onFrames = onFrames
  }

  /** Frames of this attempt that are in the pack. */
  get made(): number {
    return this.#made
  }

  /**
   * Takes a chunk, and tells by a promise when the next may come; without one it may come at once. Throws, or rejects
   * with, what stands in the way of storing this one or one before.
   */
  take(chunk: Uint8Array): void | Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const frames = this.#splitter.push(chunk)
    if (frames.length === 0) return
    for (const frame of frames) this.#waitingBytes += frame.length
    this.#waiting.push(...frames)
    if (this.#waitingBytes > MOST_WAITING_BYTES) return this.stored()
    this.#storeInTime()
  }

  /**
   * Throws FrameCutShortError, and OutputMissingError where there was no frame at all. Frames of an
   * earlier attempt that this one has not made again are let go.
   */
  async finish(): Promise<void> {
    await this.stored()
    if (this.#splitter.unfinishedBytes > 0) throw new FrameCutShortError(`The encoder stopped in the middle of frame ${this.#made + 1}`)
    if (this.#made === 0) throw new OutputMissingError('The command ended well but made no frame')
    if (this.#pack.count > this.#made) await this.#pack.cutBefore(this.#made + 1)
    this.#onFrames(this.#pack.count)
  }

  /** Resolves when each whole frame that has come is in the pack; rejects with what stands in the way. */
  async stored(): Promise<void> {
    while (this.#failure === undefined && (this.#storing || this.#waiting.length > 0)) {
      this.#storing ??= this.#store()
      await this.#storing
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  #storeInTime(): void {
    if (this.#storing || this.#pause || this.#waiting.length === 0) return
    const waitMs = this.#storedAt + STORE_EACH_MS - performance.now()
    if (waitMs <= 0) this.#storing = this.#store()
    else this.#pause = setTimeout(() => void this.stored().catch(() => undefined), waitMs)
  }

  async #store(): Promise<void> {
    clearTimeout(this.#pause)
    this.#pause = undefined
    this.#storedAt = performance.now()
    const frames = this.#waiting
    this.#waiting = []
    try {
      await this.#add(frames)
      for (const frame of frames) this.#waitingBytes -= frame.length
    } catch (error) {
      this.#failure = error
    }
    this.#storing = undefined
    if (this.#failure === undefined) this.#storeInTime()
  }

  async #add(frames: readonly Buffer[]): Promise<void> {
    const fresh: Buffer[] = []
    for (const frame of frames) {
      this.#made++
      if (!(await this.#isThere(frame))) fresh.push(frame)
    }
    if (fresh.length > 0) await this.#pack.append(fresh)
    this.#onFrames(this.#pack.count)
  }

  async #isThere(frame: Buffer): Promise<boolean> {
    if (this.#made > this.#pack.count) return false
    const known = await this.#pack.frame(this.#made)
    if (known?.equals(frame)) return true
    await this.#pack.cutBefore(this.#made)
    return false
  }
}

function formatOf({ format, width, height }: FrameOutput): FrameFormat {
  if (format === 'cells') return { type: 'sized' }
  return format === 'raw' ? { type: 'raw', frameBytes: width * height * 3 } : { type: format }
}
