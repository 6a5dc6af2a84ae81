import { constants } from 'node:fs'
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FIRST_FRAME_AT, FRAME_HEAD_BYTES, FrameIndex } from './frame-index.ts'
import { WakeUps } from './wake-up.ts'

/** Where frames stand in the file: contiguous frames are one piece of it. */
export interface FrameRange {
  /** The byte at which the head of the first frame stands. */
  readonly from: number
  /** The byte behind the last frame. */
  readonly to: number
}

/**
 * The frames of one job, in the format in which they travel: one file of `u32be count`, which is right once they have
 * ended, and `u32be size + bytes`, one frame behind the other, beside an index of where each ends. Frames are numbered from 1. Nobody is told of a frame that is not whole
 * in the file; one that a crash cut short is cut off when the file is opened to be written again.
 */
export class FramePack {
  readonly path: string
  /** No more frames will come. */
  isEnded: boolean
  /** The file as it stands is what travels, its count included. */
  isWhole = false
  readonly #file: FileHandle
  readonly #index: FrameIndex
  readonly #wakeUps: WakeUps

  private constructor(path: string, { file, index, isEnded, wakeUps }: { file: FileHandle; index: FrameIndex; isEnded: boolean; wakeUps: WakeUps }) {
    this.path = path
    this.#file = file
    this.#index = index
    this.isEnded = isEnded
    this.#wakeUps = wakeUps
  }

  /** Opens the pack to add to it, and makes it where there is none. Wakes `wakeUps` with each addition and the end. */
  static async openToWrite(path: string, wakeUps = new WakeUps()): Promise<FramePack> {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(path, constants.O_RDWR | constants.O_CREAT)
    const index = await FrameIndex.open(indexPath(path), { isWritable: true })
    const { size } = await file.stat()
    await index.cutTo(size)
    await file.truncate(index.bytes)
    return new FramePack(path, { file, index, isEnded: false, wakeUps })
  }

  /** Opens a pack that nobody adds to any more; undefined where there is none. */
  static async openToRead(path: string): Promise<FramePack | undefined> {
    let file: FileHandle | undefined
    try {
      file = await open(path, constants.O_RDONLY)
      const index = await FrameIndex.open(indexPath(path), { isWritable: false })
      const { size } = await file.stat()
      index.trim(size)
      const pack = new FramePack(path, { file, index, isEnded: true, wakeUps: new WakeUps() })
      pack.isWhole = size === index.bytes && (await readCount(file)) === index.count
      return pack
    } catch (error) {
      await file?.close()
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  get count(): number {
    return this.#index.count
  }

  get bytes(): number {
    return this.#index.bytes
  }

  /** Adds frames behind the last one. They are there for readers when it resolves. */
  async append(frames: readonly Uint8Array[]): Promise<void> {
    const parts = frames.flatMap((frame) => [frameHead(frame.length), frame])
    let at = this.#index.bytes
    for (let start = 0; start < parts.length; start += MOST_PARTS) {
      const some = parts.slice(start, start + MOST_PARTS)
      await writeAll(this.#file, some, at)
      at += some.reduce((bytes, { length }) => bytes + length, 0)
    }
    await this.#index.append(frames.map(({ length }) => FRAME_HEAD_BYTES + length))
    this.#wakeUps.wake()
  }

  /** Forgets frame `number` and all behind it: what was made again has come out differently. */
  async cutBefore(number: number): Promise<void> {
    await this.#index.cutToCount(number - 1)
    await this.#file.truncate(this.#index.bytes)
  }

  /** Never rejects: a count that could not be written is missing in the file only. */
  async end(): Promise<void> {
    this.isWhole = await writeAll(this.#file, [countWord(this.count)], 0).then(() => true, () => false)
    this.isEnded = true
    this.#wakeUps.wake()
  }

  /** Where `count` frames from `first` on stand, fewer where there are not so many. */
  range(first: number, count: number): FrameRange {
    const last = Math.min(this.count, first + count - 1)
    const from = this.#index.endOf(first - 1)
    return { from, to: Math.max(from, this.#index.endOf(last)) }
  }

  /** The size of frame `number` without its head. */
  sizeOf(number: number): number {
    const { from, to } = this.range(number, 1)
    return to - from - FRAME_HEAD_BYTES
  }

  /** Reads into `target` from byte `from` on, until it is full or the file ends; tells how many bytes came. */
  async read(target: Uint8Array, from: number): Promise<number> {
    let done = 0
    while (done < target.length) {
      const { bytesRead } = await this.#file.read(target, done, target.length - done, from + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return done
  }

  /** One frame without its head; undefined where there is none of this number. */
  async frame(number: number): Promise<Buffer | undefined> {
    if (!Number.isInteger(number) || number < 1 || number > this.count) return undefined
    const bytes = Buffer.allocUnsafe(this.sizeOf(number))
    const read = await this.read(bytes, this.range(number, 1).from + FRAME_HEAD_BYTES)
    // Cut off while it was being read.
    return read === bytes.length ? bytes : undefined
  }

  async close(): Promise<void> {
    await Promise.all([this.#file.close(), this.#index.close()])
  }
}

/** Buffers in one writev call; the system takes at most 1024. */
const MOST_PARTS = 512

/** In front of the frames of a pack: how many there are. */
export function countWord(count: number): Buffer {
  const word = Buffer.allocUnsafe(FIRST_FRAME_AT)
  word.writeUInt32BE(count)
  return word
}

async function readCount(file: FileHandle): Promise<number | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(FIRST_FRAME_AT), 0, FIRST_FRAME_AT, 0)
  return bytesRead === FIRST_FRAME_AT ? buffer.readUInt32BE(0) : undefined
}

export function indexPath(path: string): string {
  return `${path}.index`
}

function frameHead(size: number): Buffer {
  const head = Buffer.allocUnsafe(FRAME_HEAD_BYTES)
  head.writeUInt32BE(size)
  return head
}

async function writeAll(file: FileHandle, parts: readonly Uint8Array[], at: number): Promise<void> {
  const wanted = parts.reduce((bytes, { length }) => bytes + length, 0)
  const { bytesWritten } = await file.writev(parts, at)
  if (bytesWritten === wanted) return
  // Cut short by a signal or a disk that is nearly full: the rest in one piece tells which.
  const rest = Buffer.concat(parts).subarray(bytesWritten)
  for (let done = 0; done < rest.length; ) {
    done += (await file.write(rest, done, rest.length - done, at + bytesWritten + done)).bytesWritten
  }
}
