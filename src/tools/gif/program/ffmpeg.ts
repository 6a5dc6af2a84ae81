import { FrameReader } from '../../sanjuuni/program/frame-reader.ts'
import { startDecoder, type Decoder } from '../../sanjuuni/program/decoder.ts'
import type { Invocation } from '../gif-task.ts'

const QUIETLY = ['-hide_banner', '-nostdin', '-y', '-nostats', '-loglevel', 'level+error'] as const

/** Runs the engine's ffmpeg, one at a time. */
export class Ffmpeg {
  readonly #invocation: Invocation
  #running: Decoder | undefined

  constructor(invocation: Invocation) {
    this.#invocation = invocation
  }

  /** Resolves to what it has written to its stdout, once it has ended well. Throws a DecodingError that says what it said. */
  async output(args: readonly string[]): Promise<Buffer> {
    const decoder = this.#start(args)
    const chunks: Uint8Array[] = []
    for await (const chunk of decoder.frames) chunks.push(chunk as Uint8Array)
    await decoder.ended()
    return Buffer.concat(chunks)
  }

  /** Hands on frames of one size as they come out of its stdout; each is valid until the next. Throws as `output` does. */
  async *frames(args: readonly string[], bytes: number): AsyncGenerator<Uint8Array> {
    const decoder = this.#start(args)
    const reader = new FrameReader(decoder.frames)
    const frame = new Uint8Array(bytes)
    try {
      while (await reader.read(frame)) yield frame
    } finally {
      decoder.kill()
    }
    await decoder.ended()
  }

  kill(): void {
    this.#running?.kill()
  }

  #start(args: readonly string[]): Decoder {
    const { program, args: begin } = this.#invocation
    return (this.#running = startDecoder({ program, args: [...begin, ...QUIETLY, ...args] }))
  }
}
