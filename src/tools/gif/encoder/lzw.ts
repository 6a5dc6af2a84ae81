const MOST_CODES = 4096
/** So many codes are looked at to tell whether the table still fits the picture. */
const WINDOW = 512
/** Ways that are tried beside the first, for one code. */
const TRIES = 48

export interface LzwOptions {
  /** A code of this many bits holds every index; 2 to 8. */
  readonly indexBits: number
  /** The index that leaves a pixel as it is; undefined where there is none. */
  readonly clear?: number | undefined
  /** Of each pixel whether it may be left as it is. */
  readonly canStay?: Uint8Array | undefined
  /** Of each index those that may stand in its place, itself the first; only itself unless given. */
  readonly standIns?: readonly Uint8Array[] | undefined
}

/**
 * The image data of a GIF (GIF89a, appendix F) without its sub-blocks. Of the ways in which the pixels may be written
 * the one is taken that the table knows furthest; `indices` are then as they were written. A full table is kept for as
 * long as it does better than a new one did.
 */
export function encodeLzw(indices: Uint8Array, options: LzwOptions): Uint8Array {
  return new LzwEncoder(indices, options).encode()
}

class LzwEncoder {
  readonly #indices: Uint8Array
  readonly #clear: number
  readonly #canStay: Uint8Array | undefined
  readonly #standIns: readonly Uint8Array[] | undefined
  readonly #indexBits: number
  /** By a code and an index: the code of both together, 0 where there is none. */
  readonly #longer: Uint16Array
  readonly #parent = new Uint16Array(MOST_CODES)
  readonly #last = new Uint8Array(MOST_CODES)
  readonly #bits = new BitWriter()
  #next = 0
  #codeBits = 0
  #tries = 0
  #best = 0
  #bestEnd = 0

  constructor(indices: Uint8Array, { indexBits, clear = -1, canStay, standIns }: LzwOptions) {
    this.#indices = indices
    this.#clear = clear
    this.#canStay = canStay
    this.#standIns = standIns
    this.#indexBits = indexBits
    this.#longer = new Uint16Array(MOST_CODES << indexBits)
  }

  encode(): Uint8Array {
    const { length } = this.#indices
    this.#startTable()
    const pace = new Pace()
    for (let at = 0; at < length; ) {
      const first = this.#firstOf(at)
      this.#tries = TRIES
      this.#bestEnd = at
      this.#follow(first, at + 1)
      this.#write(this.#best, at)
      pace.wrote(this.#bestEnd - at, this.#codeBits)
      at = this.#bestEnd
      if (at === length) break
      if (this.#next < MOST_CODES) this.#learn(this.#best, this.#firstOf(at))
      else if (pace.isLosing()) {
        this.#startTable()
        pace.restart()
      }
    }
    this.#bits.write((1 << this.#indexBits) + 1, this.#codeBits)
    return this.#bits.end()
  }

  /** What a pixel begins a code as. */
  #firstOf(at: number): number {
    return this.#canStay?.[at] ? this.#clear : this.#indices[at]!
  }

  /** Goes on from a code that ends before the pixel, as far as the table knows a way. */
  #follow(code: number, at: number): void {
    for (;;) {
      if (at > this.#bestEnd) [this.#best, this.#bestEnd] = [code, at]
      if (at === this.#indices.length) return
      let next = 0
      const row = code << this.#indexBits
      const index = this.#indices[at]!
      if (this.#canStay?.[at]) {
        next = this.#longer[row | this.#clear]!
        const other = this.#longer[row | index]!
        if (next === 0) next = other
        else if (other !== 0 && other !== next && this.#tries-- > 0) this.#follow(other, at + 1)
      } else if (this.#standIns === undefined) next = this.#longer[row | index]!
      else {
        for (const standIn of this.#standIns[index]!) {
          const found = this.#longer[row | standIn]!
          if (found === 0) continue
          if (next === 0) next = found
          else if (this.#tries-- > 0) this.#follow(found, at + 1)
        }
      }
      if (next === 0) return
      code = next
      at++
    }
  }

  #write(code: number, start: number): void {
    this.#bits.write(code, this.#codeBits)
    let at = this.#bestEnd - 1
    for (let each = code; at >= start; at--) {
      this.#indices[at] = each < 1 << this.#indexBits ? each : this.#last[each]!
      each = this.#parent[each]!
    }
  }

  #learn(code: number, index: number): void {
    this.#longer[(code << this.#indexBits) | index] = this.#next
    this.#parent[this.#next] = code
    this.#last[this.#next] = index
    // The reader learns a code one code later than the writer.
    if (this.#next === 1 << this.#codeBits) this.#codeBits++
    this.#next++
  }

  #startTable(): void {
    if (this.#codeBits > 0) this.#bits.write(1 << this.#indexBits, this.#codeBits)
    this.#longer.fill(0)
    this.#next = (1 << this.#indexBits) + 2
    const isFirst = this.#codeBits === 0
    this.#codeBits = this.#indexBits + 1
    if (isFirst) this.#bits.write(1 << this.#indexBits, this.#codeBits)
  }
}

/** Whether a full table does worse by now than it did, what it cost to learn included. */
class Pace {
  #pixels = 0
  #bits = 0
  #windowPixels = 0
  #windowBits = 0
  #codes = 0

  wrote(pixels: number, bits: number): void {
    this.#windowPixels += pixels
    this.#windowBits += bits
    this.#codes++
  }

  isLosing(): boolean {
    if (this.#codes < WINDOW) return false
    const isLosing = this.#bits > 0 && this.#windowPixels * this.#bits < this.#pixels * this.#windowBits
    this.#pixels += this.#windowPixels
    this.#bits += this.#windowBits
    this.#startWindow()
    return isLosing
  }

  restart(): void {
    this.#pixels = 0
    this.#bits = 0
    this.#startWindow()
  }

  #startWindow(): void {
    this.#windowPixels = 0
    this.#windowBits = 0
    this.#codes = 0
  }
}

class BitWriter {
  #bytes = new Uint8Array(4096)
  #length = 0
  #held = 0
  #heldBits = 0

  write(value: number, bits: number): void {
    this.#held |= value << this.#heldBits
    this.#heldBits += bits
    for (; this.#heldBits >= 8; this.#heldBits -= 8) {
      this.#put(this.#held & 255)
      this.#held >>>= 8
    }
  }

  end(): Uint8Array {
    if (this.#heldBits > 0) this.#put(this.#held & 255)
    return this.#bytes.subarray(0, this.#length)
  }

  #put(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes[this.#length++] = byte
  }
}
