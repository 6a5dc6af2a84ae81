import { open, type FileHandle } from 'node:fs/promises'
import { CELL_HEIGHT, CELL_WIDTH } from '../cell-frame.ts'
import type { Conversion } from '../conversion.ts'
import type { ConverterOptions } from '../converter-options.ts'
import { createFileWriter, encodeDfpwm, type FileWriter } from '../formats/index.ts'
import { subtitleColors } from '../subtitles/draw-subtitles.ts'
import type { SubtitleEvent } from '../subtitles/place-cues.ts'
import { SoundTrack } from './sound-track.ts'

/** What is written to the file at once: frames of 32vid take a sixth of it, and a write for each was a twentieth of the processor time. */
const WRITE_BYTES = 64 * 2 ** 10

/** Subtitles are a stream of their own, and not drawn into the pictures. */
export function keepsSubtitlesBeside({ format, monitors }: Pick<ConverterOptions, 'format' | 'monitors'>): boolean {
  return format === '32vid' && monitors === undefined
}

interface Beside {
  readonly track: SoundTrack | undefined
  readonly subtitles: readonly SubtitleEvent[]
}

/** Writes the file: frames in order, with the sound and the subtitles of their time beside them. */
export class ArtifactWriter {
  readonly #file: FileHandle
  readonly #writer: FileWriter
  readonly #track: SoundTrack | undefined
  readonly #framesPerSecond: number
  readonly #isDfpwm: boolean
  /** Those that are still to come. */
  #subtitles: readonly SubtitleEvent[]
  #frames = 0
  #bytes = 0
  /** The end of it, which is still to be written. */
  #held: Uint8Array[] = []
  #heldBytes = 0

  private constructor(file: FileHandle, conversion: Conversion, { track, subtitles }: Beside) {
    const { options, framesPerSecond, expectedFrames, title } = conversion
    this.#file = file
    this.#track = track
    this.#framesPerSecond = framesPerSecond
    this.#isDfpwm = options.isDfpwm
    this.#subtitles = keepsSubtitlesBeside(options) ? subtitles : []
    this.#writer = createFileWriter({
      ...options, fps: expectedFrames === 1 ? 0 : framesPerSecond, columns: options.width / CELL_WIDTH, rows: options.height / CELL_HEIGHT,
      hasPicture: true, hasSound: track !== undefined, title, date: new Date(),
    })
  }

  static async open(conversion: Conversion, subtitles: readonly SubtitleEvent[]): Promise<ArtifactWriter> {
    const track = conversion.sound === undefined ? undefined : await SoundTrack.open(conversion.sound)
    const writer = new ArtifactWriter(await open(conversion.output, 'w'), conversion, { track, subtitles })
    await writer.#put(writer.#writer.begin())
    return writer
  }

  get bytes(): number {
    return this.#bytes
  }

  /** `palette` is what the frame's first screen has. */
  async write(encoded: Uint8Array, palette: Uint8Array): Promise<void> {
    const seconds = this.#frames++ / this.#framesPerSecond
    await this.#putSoundUntil(seconds)
    await this.#put([...this.#subtitlesUntil(seconds, palette), ...this.#writer.frame(encoded)])
  }

  /** Resolves to the size of the file. */
  async finish(): Promise<number> {
    await this.#putSoundUntil(Number.POSITIVE_INFINITY)
    const { pieces, patches } = this.#writer.end()
    await this.#put(pieces)
    await this.#flush()
    for (const { offset, bytes } of patches) await this.#file.write(bytes, 0, bytes.length, offset)
    await this.#track?.close()
    await this.#file.close()
    return this.#bytes
  }

  async #putSoundUntil(seconds: number): Promise<void> {
    const track = this.#track
    while (track && !track.isEnded && track.seconds <= seconds) {
      const samples = await track.read()
      await this.#put(samples ? this.#writer.sound(this.#isDfpwm ? encodeDfpwm(samples) : samples) : this.#writer.endSound())
    }
  }

  #subtitlesUntil(seconds: number, palette: Uint8Array): readonly Uint8Array[] {
    // Less than a frame early is not late.
    const due = this.#subtitles.filter(({ startSeconds }) => startSeconds <= seconds + 1e-6)
    if (due.length === 0) return []
    this.#subtitles = this.#subtitles.slice(due.length)
    return due.flatMap(({ startSeconds, endSeconds, lines }) => lines.flatMap(({ text, x, y, color }) => this.#writer.subtitle({
      startSeconds, endSeconds, x, y, color: subtitleColors(color, palette), text,
    })))
  }

  async #put(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      this.#held.push(piece)
      this.#heldBytes += piece.length
      this.#bytes += piece.length
    }
    if (this.#heldBytes >= WRITE_BYTES) await this.#flush()
  }

  async #flush(): Promise<void> {
    const bytes = this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held)
    const start = this.#bytes - bytes.length
    this.#held = []
    this.#heldBytes = 0
    for (let done = 0; done < bytes.length; ) done += (await this.#file.write(bytes, done, bytes.length - done, start + done)).bytesWritten
  }
}
