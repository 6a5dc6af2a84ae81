import { open, type FileHandle } from 'node:fs/promises'

const SAMPLES_PER_SECOND = 48_000
/** Half a second: what 32vid keeps together. */
const SAMPLES_AT_ONCE = 24_000

/** A file of sound, one unsigned byte a sample, read as it is needed. */
export class SoundTrack {
  readonly #file: FileHandle
  #samples = 0
  isEnded = false

  private constructor(file: FileHandle) {
    this.#file = file
  }

  static async open(path: string): Promise<SoundTrack> {
    return new SoundTrack(await open(path, 'r'))
  }

  /** How much of it has been read. */
  get seconds(): number {
    return this.#samples / SAMPLES_PER_SECOND
  }

  /** Half a second of it, or what is left; undefined behind its end. */
  async read(): Promise<Uint8Array | undefined> {
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(SAMPLES_AT_ONCE), 0, SAMPLES_AT_ONCE, this.#samples)
    this.#samples += bytesRead
    if (bytesRead === 0) this.isEnded = true
    return bytesRead > 0 ? buffer.subarray(0, bytesRead) : undefined
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
