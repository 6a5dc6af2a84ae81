import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { HubError } from '../errors.ts'

/**
 * A file that is there under its name only when it is whole; until then it is `NAME.part`. Whoever opens it calls
 * `discard` in the end, in any case.
 */
export class PartFile {
  #size = 0
  readonly #file: string
  readonly #handle: FileHandle

  private constructor(file: string, handle: FileHandle) {
    this.#file = file
    this.#handle = handle
  }

  static async open(file: string): Promise<PartFile> {
    return new PartFile(file, await open(partOf(file), 'w'))
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size
  }

  /** Appends all of them. Throws `disk_full` where there is no room. */
  async append(chunks: readonly Uint8Array[]): Promise<void> {
    const { bytesWritten } = await this.#handle.writev(chunks, this.#size).catch(explainFull)
    this.#size += bytesWritten
    if (bytesWritten < totalLength(chunks)) await this.#appendWhole(Buffer.concat(chunks).subarray(bytesWritten))
  }

  /** What a disk that is nearly full has left over: the next write tells whether it takes more. */
  async #appendWhole(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#size).catch(explainFull)
      done += bytesWritten
      this.#size += bytesWritten
    }
  }

  /** Back to an empty file. */
  async restart(): Promise<void> {
    if (this.#size === 0) return
    await this.#handle.truncate(0)
    this.#size = 0
  }

  /** Gives the file its name. It is not brought to the disk: what a crash takes is fetched again. */
  async finish(): Promise<void> {
    await this.#handle.close()
    await rename(partOf(this.#file), this.#file)
  }

  /** Leaves nothing behind of a file that was not finished. Does nothing to one that was. */
  async discard(): Promise<void> {
    await this.#handle.close()
    await rm(partOf(this.#file), { force: true })
  }
}

export function totalLength(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((bytes, { length }) => bytes + length, 0)
}

function partOf(file: string): string {
  return `${file}.part`
}

function explainFull(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') throw error
  throw new HubError('disk_full', 'no room left for the source', {
    hint: 'Try again later; the operator can free space in the data directory.',
    cause: error,
  })
}
