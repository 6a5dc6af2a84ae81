import type { ByteReader } from './byte-reader.ts'

/** Reads bits from the highest of each byte to the lowest. */
export class BitReader {
  readonly #bytes: ByteReader
  #byte = 0
  #left = 0

  constructor(bytes: ByteReader) {
    this.#bytes = bytes
  }

  read(bits: number): number {
    let value = 0
    for (let bit = 0; bit < bits; bit++) {
      if (this.#left === 0) {
        this.#byte = this.#bytes.u8()
        this.#left = 8
      }
      this.#left--
      value = value * 2 + ((this.#byte >> this.#left) & 1)
    }
    return value
  }

  /** Throws unless what is left of the last byte is zero. */
  finish(): void {
    if (this.#byte & ((1 << this.#left) - 1)) throw new Error('There are bits behind the last symbol')
  }
}
