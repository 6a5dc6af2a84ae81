import { createWriteStream, fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'

/**
 * Writes to a descriptor that the program was started with. Unlike process.stdout it never holds the thread up where
 * that is a pipe and its reader is slow: signals must be heard meanwhile.
 */
export class DescriptorWriter {
  readonly #stream: Writable

  constructor(descriptor: number) {
    this.#stream = fstatSync(descriptor).isFile()
      ? createWriteStream('', { fd: descriptor, autoClose: false })
      : new Socket({ fd: descriptor, readable: false, writable: true })
    // Told by each write.
    this.#stream.on('error', () => undefined)
  }

  /** Resolves when the reader's pipe has taken all of the parts, of which there is one at least. */
  write(...parts: readonly Uint8Array[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.cork()
      parts.forEach((part, index) => {
        if (index < parts.length - 1) this.#stream.write(part)
        else this.#stream.write(part, (error) => (error ? reject(error) : resolve()))
      })
      this.#stream.uncork()
    })
  }
}
