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

/**
 * Puts what an encoder writes into a job's pack, frame by frame: what comes while frames are being stored is stored
 * together with the next. An attempt that is not the first makes the frames again that are there already: they stay,
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

  /** Resolves when the next chunk may come. Rejects with what stands in the way of storing this one or one before. */
  async take(chunk: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const frames = this.#splitter.push(chunk)
    if (frames.length === 0) return
    for (const frame of frames) this.#waitingBytes += frame.length
    this.#waiting.push(...frames)
    this.#storing ??= this.#store()
    if (this.#waitingBytes > MOST_WAITING_BYTES) await this.stored()
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
    await this.#storing
    if (this.#failure !== undefined) throw this.#failure
  }

  async #store(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const frames = this.#waiting
        this.#waiting = []
        await this.#add(frames)
        for (const frame of frames) this.#waitingBytes -= frame.length
      }
    } catch (error) {
      this.#failure = error
    } finally {
      this.#storing = undefined
    }
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
