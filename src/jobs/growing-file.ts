import { createHash, type Hash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { receiveChunks, writeChunk, type ReceiveLimits } from './receive-file.ts'

const READ_BYTES = 1024 * 1024

/** A file that comes in over several requests. What has come stays, whatever ends one of them. */
export class GrowingFile {
  readonly #path: string
  #received: number
  #hash: Hash = createHash('sha256')
  /** How many of its bytes the hash knows: none of those that an earlier run of the hub has received. */
  #hashedBytes = 0

  constructor(path: string, { received }: { readonly received: number }) {
    this.#path = path
    this.#received = received
  }

  /** Bytes from the beginning without a gap. Outside of `append` they are on the disk for good. */
  get received(): number {
    return this.#received
  }

  /** Adds what a sender sends. Throws as `receiveChunks` does, and a HubError with `disk_full`; what came before stays. */
  async append(stream: AsyncIterable<Uint8Array>, { onGrown, ...limits }: ReceiveLimits & { readonly onGrown: () => void }): Promise<void> {
    const handle = await open(this.#path, 'r+')
    const begin = this.#received
    try {
      await this.#catchUp(handle, limits.signal)
      await receiveChunks(stream, limits, async (chunk, position) => {
        await writeChunk(handle, chunk, begin + position)
        this.#hash.update(chunk)
        this.#received = this.#hashedBytes = begin + position + chunk.byteLength
        onGrown()
      })
    } finally {
      await handle.datasync().finally(() => handle.close())
    }
  }

  /** Of all that has been received. */
  async sha256(): Promise<string> {
    const handle = await open(this.#path, 'r+')
    try {
      await this.#catchUp(handle)
      // A write that failed in the middle may have left more than was told.
      await handle.truncate(this.#received)
      await handle.sync()
    } finally {
      await handle.close()
    }
    return this.#hash.copy().digest('hex')
  }

  /** Reads what the hash does not know. */
  async #catchUp(handle: FileHandle, signal?: AbortSignal): Promise<void> {
    const buffer = this.#hashedBytes < this.#received ? Buffer.allocUnsafe(READ_BYTES) : Buffer.alloc(0)
    while (this.#hashedBytes < this.#received) {
      signal?.throwIfAborted()
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, this.#received - this.#hashedBytes), this.#hashedBytes)
      if (bytesRead === 0) throw new Error(`The file of an upload ends at byte ${this.#hashedBytes} and not at ${this.#received}`)
      this.#hash.update(buffer.subarray(0, bytesRead))
      this.#hashedBytes += bytesRead
    }
  }
}
