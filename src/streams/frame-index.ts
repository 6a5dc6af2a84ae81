import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'

/** In front of each frame: its size, u32be. */
export const FRAME_HEAD_BYTES = 4

const ENTRY_BYTES = 8
/** Where the first frame stands: behind the pack's own count. */
export const FIRST_FRAME_AT = 4

/** Where each frame of a pack ends: in memory, and as one double (little-endian) a frame in a file. */
export class FrameIndex {
  readonly #file: FileHandle
  #ends: Float64Array
  #count: number

  private constructor(file: FileHandle, ends: Float64Array) {
    this.#file = file
    this.#ends = ends
    this.#count = ends.length
  }

  static async open(path: string, { isWritable }: { isWritable: boolean }): Promise<FrameIndex> {
    const file = await open(path, isWritable ? constants.O_RDWR | constants.O_CREAT : constants.O_RDONLY)
    const bytes = await file.readFile()
    const ends = new Float64Array(Math.floor(bytes.length / ENTRY_BYTES))
    let count = 0
    for (let before = FIRST_FRAME_AT; count < ends.length; count++) {
      const end = bytes.readDoubleLE(count * ENTRY_BYTES)
      // Behind an entry that cannot be, nothing tells where a frame begins.
      if (!Number.isSafeInteger(end) || end < before + FRAME_HEAD_BYTES) break
      ends[count] = end
      before = end
    }
    return new FrameIndex(file, ends.subarray(0, count))
  }

  get count(): number {
    return this.#count
  }

  /** How long the pack is by this index. */
  get bytes(): number {
    return this.endOf(this.#count)
  }

  /** The byte behind frame `number`; for 0 that at which the first one begins. */
  endOf(number: number): number {
    return number <= 0 ? FIRST_FRAME_AT : this.#ends[number - 1]!
  }

  async append(sizes: readonly number[]): Promise<void> {
    const entries = Buffer.allocUnsafe(sizes.length * ENTRY_BYTES)
    let end = this.bytes
    const ends = sizes.map((size, entry) => {
      end += size
      entries.writeDoubleLE(end, entry * ENTRY_BYTES)
      return end
    })
    for (let done = 0; done < entries.length; ) {
      done += (await this.#file.write(entries, done, entries.length - done, this.#count * ENTRY_BYTES + done)).bytesWritten
    }
    this.#reserve(this.#count + ends.length)
    this.#ends.set(ends, this.#count)
    this.#count += ends.length
  }

  /** Leaves out, in memory, the frames that a pack of `packBytes` does not hold whole. */
  trim(packBytes: number): void {
    while (this.#count > 0 && !(this.bytes <= packBytes && this.bytes > this.endOf(this.#count - 1))) this.#count--
  }

  /** The same in the file. */
  async cutTo(packBytes: number): Promise<void> {
    this.trim(packBytes)
    await this.cutToCount(this.#count)
  }

  async cutToCount(count: number): Promise<void> {
    this.#count = Math.min(this.#count, count)
    await this.#file.truncate(this.#count * ENTRY_BYTES)
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  #reserve(count: number): void {
    if (count <= this.#ends.length) return
    const larger = new Float64Array(Math.max(count, this.#ends.length * 2, 1024))
    larger.set(this.#ends.subarray(0, this.#count))
    this.#ends = larger
  }
}
