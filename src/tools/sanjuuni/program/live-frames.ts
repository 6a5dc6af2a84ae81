import { DescriptorWriter } from './descriptor-writer.ts'

const STDOUT = 1

/** Hands frames over on stdout as they are made, each behind its size. Resolves when the reader's pipe has taken it. */
export class LiveFrames {
  readonly #stdout = new DescriptorWriter(STDOUT)

  write(frame: Uint8Array): Promise<void> {
    const size = Buffer.allocUnsafe(4)
    size.writeUInt32BE(frame.length)
    return this.#stdout.write(size, frame)
  }
}
