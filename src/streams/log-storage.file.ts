import { constants } from 'node:fs'
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { LogStorage, StreamStorage } from './log-storage.ts'

/** One file per stream. `path` says where a stream's file stands. */
export class FileLogStorage implements LogStorage {
  readonly #path: (stream: string) => string

  constructor({ path }: { path: (stream: string) => string }) {
    this.#path = path
  }

  async open(stream: string, { create }: { create: boolean }): Promise<StreamStorage | undefined> {
    const path = this.#path(stream)
    try {
      if (create) await mkdir(dirname(path), { recursive: true })
      // Not O_APPEND: a write after a failed one must land on the log's own end.
      const file = await open(path, create ? constants.O_RDWR | constants.O_CREAT : constants.O_RDWR)
      return new FileStreamStorage(file, { path, size: (await file.stat()).size })
    } catch (error) {
      if (!create && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  async remove(stream: string): Promise<void> {
    await rm(this.#path(stream), { force: true })
  }
}

class FileStreamStorage implements StreamStorage {
  readonly start = 0
  size: number
  readonly #file: FileHandle
  readonly #path: string
  #isNameDurable: boolean

  constructor(file: FileHandle, { path, size }: { path: string; size: number }) {
    this.#file = file
    this.#path = path
    this.size = size
    this.#isNameDurable = size > 0
  }

  async append(bytes: Buffer, { durable }: { durable: boolean }): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += (await this.#file.write(bytes, done, bytes.length - done, this.size + done)).bytesWritten
      }
      if (durable) await this.#sync()
    } catch (error) {
      // Half a line must not stay: the next write would stand behind it.
      await this.#file.truncate(this.size).catch(() => undefined)
      throw error
    }
    this.size += bytes.length
  }

  async read(from: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.size - from)))
    let done = 0
    while (done < bytes.length) {
      const { bytesRead } = await this.#file.read(bytes, done, bytes.length - done, from + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return bytes.subarray(0, done)
  }

  async truncate(size: number): Promise<void> {
    await this.#file.truncate(size)
    this.size = size
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  /** The bytes, and of a file that is new its name too. */
  async #sync(): Promise<void> {
    await this.#file.datasync()
    if (this.#isNameDurable) return
    const directory = await open(dirname(this.#path), constants.O_RDONLY)
    await directory.sync().finally(() => directory.close())
    this.#isNameDurable = true
  }
}
