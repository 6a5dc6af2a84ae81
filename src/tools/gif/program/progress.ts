import { DescriptorWriter } from '../../sanjuuni/program/descriptor-writer.ts'

const TELL_EACH_MS = 250
const STEPS = 1000

/** Tells how far the program is, in the form of ffmpeg's -progress: the frame is a thousandth of the whole. */
export class Progress {
  readonly #writer: DescriptorWriter
  #toldAt = Number.NEGATIVE_INFINITY
  #furthest = 0

  constructor(descriptor: number) {
    this.#writer = new DescriptorWriter(descriptor)
  }

  /** `fraction` is a part of 1, which never goes back. Told at most four times a second. */
  async reached(fraction: number): Promise<void> {
    this.#furthest = Math.max(this.#furthest, Math.min(1, fraction))
    if (performance.now() - this.#toldAt < TELL_EACH_MS) return
    this.#toldAt = performance.now()
    await this.#writer.write(Buffer.from(`frame=${Math.floor(this.#furthest * STEPS)}\nprogress=continue\n`))
  }
}
