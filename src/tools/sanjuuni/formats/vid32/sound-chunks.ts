/** Half a second at 48 kHz. */
const SAMPLES = 24000
export const SECONDS_PER_CHUNK = 0.5
const SILENCE = 128
/** DFPWM1a: a bit a sample. Bits that change each time are silence. */
const IDLE_AFTER_0 = 0x55
const IDLE_AFTER_1 = 0xaa

/** Cuts sound into chunks of half a second each. */
export class SoundChunks {
  readonly #isDfpwm: boolean
  readonly #chunkBytes: number
  #chunk: Uint8Array
  #filled = 0

  constructor({ isDfpwm }: { readonly isDfpwm: boolean }) {
    this.#isDfpwm = isDfpwm
    this.#chunkBytes = isDfpwm ? SAMPLES / 8 : SAMPLES
    this.#chunk = new Uint8Array(this.#chunkBytes)
  }

  /** The chunks that are full with these samples. */
  push(samples: Uint8Array): Uint8Array[] {
    const chunks: Uint8Array[] = []
    for (let at = 0; at < samples.length; ) {
      const taken = samples.subarray(at, at + this.#chunkBytes - this.#filled)
      this.#chunk.set(taken, this.#filled)
      this.#filled += taken.length
      at += taken.length
      if (this.#filled === this.#chunkBytes) chunks.push(this.#take())
    }
    return chunks
  }

  /** What is left, with silence behind it. */
  end(): Uint8Array[] {
    if (this.#filled === 0) return []
    this.#chunk.fill(this.#silence(), this.#filled)
    return [this.#take()]
  }

  get heldBytes(): number {
    return this.#filled
  }

  #take(): Uint8Array {
    const chunk = this.#chunk
    this.#chunk = new Uint8Array(this.#chunkBytes)
    this.#filled = 0
    return chunk
  }

  #silence(): number {
    if (!this.#isDfpwm) return SILENCE
    // The first sample is the lowest bit.
    return this.#chunk[this.#filled - 1]! & 0x80 ? IDLE_AFTER_1 : IDLE_AFTER_0
  }
}
