/** The stream ended in the middle of a frame. */
export class FrameCutShortError extends Error {
  override name = 'FrameCutShortError'
}

/** Takes a stream of bytes apart into frames of one size. */
export class FrameReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Fills `frame`; false where the stream has ended before it. Throws FrameCutShortError where it ends within. */
  async read(frame: Uint8Array): Promise<boolean> {
    for (let filled = 0; filled < frame.length; ) {
      if (this.#chunk.length === 0) {
        const { done, value } = await this.#chunks.next()
        if (done && filled === 0) return false
        if (done) throw new FrameCutShortError('The stream of frames ended within one')
        this.#chunk = value
      }
      const part = this.#chunk.subarray(0, frame.length - filled)
      frame.set(part, filled)
      filled += part.length
      this.#chunk = this.#chunk.subarray(part.length)
    }
    return true
  }
}
