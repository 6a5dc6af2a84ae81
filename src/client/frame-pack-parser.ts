/** The count word of a pack whose end is not known yet: it ends with its last frame. */
const UNCOUNTED = 0xffff_ffff
const WORD_BYTES = 4
/** Far above the largest picture that a hub makes. */
const MOST_FRAME_BYTES = 2 ** 28

/** Bytes that are no frame pack. */
export class NotAPackError extends Error {
  override name = 'NotAPackError'
}

/** Takes a frame pack apart as it comes: `u32be count`, then for each frame `u32be size` and its bytes. */
export class FramePackParser {
  readonly #word = new Uint8Array(WORD_BYTES)
  #wordLength = 0
  #expected: number | undefined
  #count = 0
  #frame: Uint8Array<ArrayBuffer> | undefined
  #frameLength = 0

  /** The frames that are whole with this chunk; they are the caller's to keep, the chunk is not kept. Throws NotAPackError. */
  push(chunk: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const frames: Uint8Array<ArrayBuffer>[] = []
    for (let at = 0; at < chunk.length;) at = this.#frame ? this.#fill(this.#frame, chunk, at, frames) : this.#readWord(chunk, at, frames)
    return frames
  }

  /** What came may be all: it stops behind a frame, and where they were counted behind the last one. */
  get isWhole(): boolean {
    const isBetweenFrames = !this.#frame && this.#wordLength === 0
    return isBetweenFrames && this.#expected !== undefined && (this.#expected === UNCOUNTED || this.#expected === this.#count)
  }

  #readWord(chunk: Uint8Array, from: number, frames: Uint8Array<ArrayBuffer>[]): number {
    const piece = chunk.subarray(from, from + WORD_BYTES - this.#wordLength)
    this.#word.set(piece, this.#wordLength)
    this.#wordLength += piece.length
    if (this.#wordLength === WORD_BYTES) {
      this.#wordLength = 0
      this.#take(new DataView(this.#word.buffer).getUint32(0), frames)
    }
    return from + piece.length
  }

  #take(word: number, frames: Uint8Array<ArrayBuffer>[]): void {
    if (this.#expected === undefined) {
      this.#expected = word
      return
    }
    if (word > MOST_FRAME_BYTES) throw new NotAPackError(`a frame of ${word} bytes was told`)
    if (this.#count === this.#expected) throw new NotAPackError(`more than the ${this.#expected} frames told came`)
    this.#frame = new Uint8Array(word)
    this.#frameLength = 0
    if (word === 0) this.#finish(this.#frame, frames)
  }

  #fill(frame: Uint8Array<ArrayBuffer>, chunk: Uint8Array, from: number, frames: Uint8Array<ArrayBuffer>[]): number {
    const piece = chunk.subarray(from, from + frame.length - this.#frameLength)
    frame.set(piece, this.#frameLength)
    this.#frameLength += piece.length
    if (this.#frameLength === frame.length) this.#finish(frame, frames)
    return from + piece.length
  }

  #finish(frame: Uint8Array<ArrayBuffer>, frames: Uint8Array<ArrayBuffer>[]): void {
    frames.push(frame)
    this.#frame = undefined
    this.#count++
  }
}
