import { FrameSplitter } from '../streams/frame-splitter.ts'
import type { FramePack } from '../streams/frame-pack.ts'
import type { FrameFormat } from '../streams/picture-scanner.ts'
import type { FrameOutput } from '../tools/tool.ts'
import { OutputMissingError } from './job-failure.ts'

/** The encoder stopped in the middle of a picture. */
export class FrameCutShortError extends Error {
  override name = 'FrameCutShortError'
}

/**
 * Puts what an encoder writes into a job's pack, frame by frame. An attempt that is not the first makes the frames
 * again that are there already: they stay, so that their readers notice nothing, unless one comes out differently.
 */
export class FrameIntake {
  readonly #pack: FramePack
  readonly #splitter: FrameSplitter
  readonly #onFrames: (count: number) => void
  #made = 0
  #taken: Promise<void> = Promise.resolve()

  constructor(pack: FramePack, output: FrameOutput, { onFrames }: { onFrames: (count: number) => void }) {
    this.#pack = pack
    this.#splitter = new FrameSplitter(formatOf(output))
    this.#onFrames = onFrames
  }

  /** Frames made by this attempt so far. */
  get made(): number {
    return this.#made
  }

  /** Chunks may come while others are being taken: a program's pipe is emptied at once when it ends. */
  take(chunk: Uint8Array): Promise<void> {
    const taken = this.#taken.then(() => this.#take(chunk))
    this.#taken = taken
    taken.catch(() => undefined)
    return taken
  }

  /**
   * Throws FrameCutShortError, and OutputMissingError where there was no frame at all. Frames of an
   * earlier attempt that this one has not made again are let go.
   */
  async finish(): Promise<void> {
    await this.#taken
    if (this.#splitter.unfinishedBytes > 0) throw new FrameCutShortError(`The encoder stopped in the middle of frame ${this.#made + 1}`)
    if (this.#made === 0) throw new OutputMissingError('The command ended well but made no frame')
    if (this.#pack.count > this.#made) await this.#pack.cutBefore(this.#made + 1)
    this.#onFrames(this.#pack.count)
  }

  async #take(chunk: Uint8Array): Promise<void> {
    const frames = this.#splitter.push(chunk)
    if (frames.length === 0) return
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
  return format === 'raw' ? { type: 'raw', frameBytes: width * height * 3 } : { type: format }
}
