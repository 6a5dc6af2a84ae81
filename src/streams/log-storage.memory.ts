import type { LogStorage, StreamStorage } from './log-storage.ts'

/** Keeps the newest bytes of each stream in memory: for streams that need not survive a restart, and for tests. */
export class MemoryLogStorage implements LogStorage {
  readonly #streams = new Map<string, MemoryStreamStorage>()
  readonly #keepBytes: number

  constructor({ keepBytes = Number.POSITIVE_INFINITY }: { keepBytes?: number } = {}) {
    this.#keepBytes = keepBytes
  }

  async open(stream: string, { create }: { create: boolean }): Promise<StreamStorage | undefined> {
    let storage = this.#streams.get(stream)
    if (!storage && create) this.#streams.set(stream, (storage = new MemoryStreamStorage(this.#keepBytes)))
    return storage
  }

  async remove(stream: string): Promise<void> {
    this.#streams.delete(stream)
  }
}

class MemoryStreamStorage implements StreamStorage {
  start = 0
  size = 0
  #chunks: Buffer[] = []
  readonly #keepBytes: number

  constructor(keepBytes: number) {
    this.#keepBytes = keepBytes
  }

  async append(bytes: Buffer): Promise<void> {
    this.#chunks.push(bytes)
    this.size += bytes.length
    while (this.size - this.start > this.#keepBytes && this.#chunks.length > 1) this.start += this.#chunks.shift()!.length
  }

  async read(from: number, length: number): Promise<Buffer> {
    if (from < this.start) return NOTHING
    const wanted: Buffer[] = []
    let at = this.start
    for (const chunk of this.#chunks) {
      const part = chunk.subarray(Math.max(0, from - at), Math.max(0, from + length - at))
      if (part.length > 0) wanted.push(part)
      at += chunk.length
    }
    return Buffer.concat(wanted)
  }

  async truncate(size: number): Promise<void> {
    const kept = await this.read(this.start, size - this.start)
    this.#chunks = [kept]
    this.size = size
  }

  async close(): Promise<void> {}
}

const NOTHING = Buffer.alloc(0)
