import type { FileOptions, FileWriter, OverlayText, Patch } from '../file-writer.ts'
import { chunkHead, SOUND } from './chunk.ts'
import { FrameTimes } from './frame-times.ts'
import { COMBINED_SIZE_AT, fileHead, sizeAndCount, STREAM_HEAD_BYTES } from './head.ts'
import { IndexTable } from './index-table.ts'
import { SECONDS_PER_CHUNK, SoundChunks } from './sound-chunks.ts'
import { subtitleChunk } from './subtitle-chunk.ts'

type Vid32Options = Omit<FileOptions, 'format' | 'isBinary' | 'title' | 'date'>

/** A frame or a subtitle that waits for its sound. */
interface Waiting {
  readonly chunk: Uint8Array
  readonly isFrame: boolean
}

/**
 * A 32vid of one combined stream: each half second its sound, then its frames, a subtitle before the first frame that it
 * is seen on. Behind the stream stands an index of frames. The file tells of one stream only: the published players take
 * no other, and stop where that one ends.
 */
export class Vid32Writer implements FileWriter {
  readonly #options: Vid32Options
  readonly #times: FrameTimes
  readonly #index: IndexTable
  readonly #cutter: SoundChunks
  readonly #chunksPerFrame: number
  #isSoundOpen: boolean
  readonly #sound: Uint8Array[] = []
  readonly #waiting: Waiting[] = []
  #offset = 0
  #chunks = 0
  #frames = 0
  #halfSeconds = 0

  constructor(options: Vid32Options) {
    this.#options = options
    this.#times = new FrameTimes(options.fps)
    this.#index = new IndexTable(this.#times.filesRate)
    this.#cutter = new SoundChunks(options)
    this.#isSoundOpen = options.hasSound
    this.#chunksPerFrame = options.monitors ? options.monitors.columns * options.monitors.rows : 1
  }

  begin(): readonly Uint8Array[] {
    return this.#written([fileHead(this.#options, this.#times.filesRate)])
  }

  frame(encoded: Uint8Array): readonly Uint8Array[] {
    for (let times = this.#times.next(); times > 0; times--) this.#waiting.push({ chunk: encoded, isFrame: true })
    return this.#advance()
  }

  sound(samples: Uint8Array): readonly Uint8Array[] {
    this.#sound.push(...this.#cutter.push(samples))
    return this.#advance()
  }

  endSound(): readonly Uint8Array[] {
    this.#sound.push(...this.#cutter.end())
    this.#isSoundOpen = false
    return this.#advance()
  }

  subtitle(text: OverlayText): readonly Uint8Array[] {
    this.#waiting.push({ chunk: subtitleChunk(text, this.#times.filesRate), isFrame: false })
    return this.#advance()
  }

  end(): { readonly pieces: readonly Uint8Array[]; readonly patches: readonly Patch[] } {
    const last = [...this.endSound(), ...this.#takeSound(Infinity)]
    const streamBytes = this.#offset - (COMBINED_SIZE_AT + STREAM_HEAD_BYTES)
    const patch = { offset: COMBINED_SIZE_AT, bytes: sizeAndCount(streamBytes, this.#chunks) }
    return { pieces: [...last, ...this.#written(this.#index.stream())], patches: [patch] }
  }

  get heldBytes(): number {
    return [...this.#sound, ...this.#waiting.map(({ chunk }) => chunk)].reduce((sum, { length }) => sum + length, this.#cutter.heldBytes)
  }

  /** Everything whose time has come and for which nothing earlier is missing. */
  #advance(): readonly Uint8Array[] {
    const pieces = this.#options.hasPicture ? [] : this.#takeSound(Infinity)
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const halfSeconds = Math.floor(this.#frames / (this.#times.filesRate * SECONDS_PER_CHUNK)) + 1
      pieces.push(...this.#takeSound(halfSeconds))
      if (this.#isSoundOpen && this.#halfSeconds < halfSeconds) break
      this.#waiting.shift()
      if (next.isFrame) this.#index.add(this.#frames++, this.#offset)
      this.#chunks += next.isFrame ? this.#chunksPerFrame : 1
      pieces.push(...this.#written([next.chunk]))
    }
    return pieces
  }

  /** Sound up to that many half seconds of the whole. */
  #takeSound(halfSeconds: number): Uint8Array[] {
    const pieces: Uint8Array[] = []
    while (this.#halfSeconds < halfSeconds && this.#sound.length > 0) {
      const samples = this.#sound.shift()!
      pieces.push(...this.#written([chunkHead(samples.length, SOUND), samples]))
      this.#halfSeconds++
      this.#chunks++
    }
    return pieces
  }

  #written(pieces: Uint8Array[]): Uint8Array[] {
    for (const { length } of pieces) this.#offset += length
    return pieces
  }
}
