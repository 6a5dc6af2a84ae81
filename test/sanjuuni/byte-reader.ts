/** Reads bytes one after the other; throws where there are no more. */
export class ByteReader {
  readonly bytes: Uint8Array
  at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  u8(): number {
    const byte = this.bytes[this.at++]
    if (byte === undefined) throw new Error('Read beyond the end')
    return byte
  }

  u16(): number {
    return this.u8() + this.u8() * 0x100
  }

  u32(): number {
    return this.u16() + this.u16() * 0x10000
  }

  take(count: number): Uint8Array {
    if (this.at + count > this.bytes.length) throw new Error('Read beyond the end')
    this.at += count
    return this.bytes.subarray(this.at - count, this.at)
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length
  }
}
