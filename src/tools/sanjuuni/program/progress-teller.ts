import { DescriptorWriter } from './descriptor-writer.ts'

const TELL_EACH_MS = 250

/** Tells how far the conversion is, in the form of ffmpeg's -progress. */
export class ProgressTeller {
  readonly #writer: DescriptorWriter | undefined
  readonly #framesPerSecond: number
  readonly #startedAt = performance.now()
  #toldAt = Number.NEGATIVE_INFINITY

  constructor({ descriptor, framesPerSecond }: { descriptor: number | undefined; framesPerSecond: number }) {
    this.#writer = descriptor === undefined ? undefined : new DescriptorWriter(descriptor)
    this.#framesPerSecond = framesPerSecond
  }

  /** At most four times a second. Resolves when it is told. */
  async made(frames: number, bytes: number): Promise<void> {
    if (performance.now() - this.#toldAt >= TELL_EACH_MS) await this.#tell(frames, bytes, 'continue')
  }

  async end(frames: number, bytes: number): Promise<void> {
    await this.#tell(frames, bytes, 'end')
  }

  async #tell(frames: number, bytes: number, progress: 'continue' | 'end'): Promise<void> {
    this.#toldAt = performance.now()
    const elapsedSeconds = (this.#toldAt - this.#startedAt) / 1000
    const seconds = frames / this.#framesPerSecond
    const entries = {
      frame: frames, fps: (frames / elapsedSeconds).toFixed(2), total_size: bytes, out_time_us: Math.round(seconds * 1e6),
      speed: `${(seconds / elapsedSeconds).toFixed(3)}x`, progress,
    }
    await this.#writer?.write(Buffer.from(Object.entries(entries).map(([key, value]) => `${key}=${value}\n`).join('')))
  }
}
