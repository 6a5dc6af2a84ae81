import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { encodeGif } from '../encoder/encode-gif.ts'
import { measuredDithering } from '../encoder/measured-dithering.ts'
import { planScenes, type ScenePlan } from '../encoder/scenes.ts'
import type { GifQuality, GifTask } from '../gif-task.ts'
import type { Ffmpeg } from './ffmpeg.ts'
import type { FrameSpool } from './frame-spool.ts'
import { retimeApng } from './retimed-apng.ts'
import { retimeWebp, WEBP_FRAME_MS } from './retimed-webp.ts'

/** Writes all frames into a file. `effort` 0 is as asked for; the further below, the smaller and the worse. */
export interface Encoding {
  /** How many efforts there are. */
  readonly efforts: number
  /** Resolves to the bytes of the file. */
  encode(spool: FrameSpool, file: string, options: EncodeOptions): Promise<EncodedFile>
}

export interface EncodeOptions {
  readonly effort: number
  readonly onProgress: (fraction: number) => Promise<void>
}

export interface EncodedFile {
  readonly bytes: number
  /** What was done for it, for people. */
  readonly how: string
}

export function encodingOf(task: GifTask, ffmpeg: Ffmpeg): Encoding {
  if (task.format === 'gif') return new GifEncoding(task)
  return task.format === 'webp' ? webpEncoding(task, ffmpeg) : apngEncoding(task, ffmpeg)
}

interface Effort {
  readonly mostColors: number
  /** As `GifOptions` has them. */
  readonly hold: number
  readonly lossy: number
}

const EFFORTS: readonly Effort[] = [
  { mostColors: 256, hold: 2, lossy: 0 },
  { mostColors: 256, hold: 4, lossy: 6 },
  { mostColors: 256, hold: 5, lossy: 10 },
  { mostColors: 160, hold: 7, lossy: 14 },
  { mostColors: 112, hold: 9, lossy: 19 },
  { mostColors: 80, hold: 11, lossy: 25 },
  { mostColors: 48, hold: 13, lossy: 32 },
]
const FIRST_EFFORT: Readonly<Record<GifQuality, number>> = { high: 0, medium: 1, low: 3 }
/** One index of a table leaves a pixel as it is. */
const MOST_COLORS = 255

class GifEncoding implements Encoding {
  readonly #task: GifTask
  readonly #first: number
  readonly #plans = new Map<string, ScenePlan>()

  constructor(task: GifTask) {
    this.#task = task
    this.#first = FIRST_EFFORT[task.quality]
  }

  get efforts(): number {
    return EFFORTS.length - this.#first
  }

  async encode(spool: FrameSpool, file: string, { effort, onProgress }: EncodeOptions): Promise<EncodedFile> {
    const { mostColors, hold, lossy } = EFFORTS[this.#first + effort]!
    const plan = this.#planOf(spool, Math.min(this.#task.colors, mostColors, MOST_COLORS))
    const { dither } = this.#task
    const dithering = dither === 'auto' ? measuredDithering(spool, plan) : dither
    const handle = await open(file, 'w')
    let bytes = 0
    try {
      const onFrame = (frames: number) => onProgress(frames / spool.delays.length)
      for await (const part of encodeGif(spool, plan, { plays: this.#task.plays, dithering, hold, lossy, onFrame })) {
        await handle.writeFile(part)
        bytes += part.length
      }
    } finally {
      await handle.close()
    }
    const own = plan.scenes.filter(({ isShared }) => !isShared).length
    return { bytes, how: `${plan.shared.clear} colours${own > 0 ? `, ${own} scenes with their own` : ''}, dither ${dithering}` }
  }

  /** Colours are the same however the rest is done. */
  #planOf(spool: FrameSpool, colors: number): ScenePlan {
    const key = `${spool.file} ${colors}`
    const plan = this.#plans.get(key) ?? planScenes(spool, colors)
    this.#plans.clear()
    this.#plans.set(key, plan)
    return plan
  }
}

const WEBP_QUALITIES: readonly number[] = [80, 65, 50, 38, 28, 18, 10]

function webpEncoding({ quality, plays }: GifTask, ffmpeg: Ffmpeg): Encoding {
  const qualities = WEBP_QUALITIES.slice(FIRST_EFFORT[quality])
  return {
    efforts: qualities.length,
    async encode(spool, file, { effort }) {
      const factor = qualities[effort]!
      await ffmpeg.output([...rawInput(spool, 1000 / WEBP_FRAME_MS), '-c:v', 'libwebp_anim', '-quality', String(factor), '-compression_level', '5', '-f', 'webp', file])
      return rewritten(file, `quality ${factor} of 100`, (bytes) => retimeWebp(bytes, { delays: spool.delays, plays }))
    },
  }
}

function apngEncoding({ plays }: GifTask, ffmpeg: Ffmpeg): Encoding {
  return {
    efforts: 1,
    async encode(spool, file) {
      await ffmpeg.output([...rawInput(spool, 10), '-c:v', 'apng', '-pred', 'mixed', '-f', 'apng', file])
      return rewritten(file, 'without loss', (bytes) => retimeApng(bytes, { delays: spool.delays, plays }))
    },
  }
}

function rawInput({ file, width, height }: FrameSpool, framesPerSecond: number): readonly string[] {
  return ['-f', 'rawvideo', '-pixel_format', 'rgb24', '-video_size', `${width}x${height}`, '-framerate', String(framesPerSecond), '-i', file]
}

function rewritten(file: string, how: string, change: (bytes: Buffer) => void): EncodedFile {
  const bytes = readFileSync(file)
  change(bytes)
  writeFileSync(`${file}.part`, bytes)
  renameSync(`${file}.part`, file)
  return { bytes: statSync(file).size, how }
}
