import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import type { FilmSource, FrameLook, GifSource, PictureSource } from '../gif-task.ts'
import { captionFilters } from './captions.ts'
import type { Ffmpeg } from './ffmpeg.ts'
import { frameArguments, sizeArguments, sizeOfPpm, type FrameSize, type ReadableSource } from './frame-graph.ts'
import { FrameSpool } from './frame-spool.ts'
import { hevcPictureOf, isHeic } from './heic.ts'
import { readOrientation, turnFilters } from './orientation.ts'
import { firstFrameOfWebp } from './still-webp.ts'

export interface ReadOptions {
  readonly look: FrameLook
  readonly ffmpeg: Ffmpeg
  /** Told what part of all there is has been read; null where nobody can tell. */
  readonly onProgress: (fraction: number | null) => Promise<void>
}

/** Makes frames of one size of all sources. Throws an error that names the source which cannot be read. */
export async function readSources(sources: readonly GifSource[], options: ReadOptions): Promise<FrameSpool> {
  const first = await named(sources[0]!, async () => readable(sources[0]!))
  const { width, height } = options.look
  const size = width !== undefined && height !== undefined ? { width, height } : await named(first.source, () => sizeOf(first, options))
  const spool = new FrameSpool('frames.rgb', size)
  for (const [index, source] of sources.entries()) {
    if (source.type === 'film') await named(source, () => readFilm(source, spool, { ...options, size }))
    else {
      await named(source, () => readPicture(source, spool, { ...options, size, index }))
      await options.onProgress((index + 1) / sources.length)
    }
  }
  return spool
}

async function sizeOf(first: ReadableSource, { look, ffmpeg }: ReadOptions): Promise<FrameSize> {
  return sizeOfPpm(await ffmpeg.output(sizeArguments(first, look)))
}

interface FrameOptions extends ReadOptions {
  readonly size: FrameSize
}

async function readPicture(source: PictureSource, spool: FrameSpool, { look, ffmpeg, size, index }: FrameOptions & { readonly index: number }): Promise<void> {
  const captions = captionFilters(source.caption, look, { ...size, name: `caption-${index}` })
  const frame = await ffmpeg.output(frameArguments(readable(source), size, { look, captions }))
  if (frame.length !== size.width * size.height * 3) throw new Error('there is no whole picture in it')
  spool.add(frame, source.delayMs)
}

async function readFilm(source: FilmSource, spool: FrameSpool, { look, ffmpeg, size, onProgress }: FrameOptions): Promise<void> {
  const captions = captionFilters(source.caption, look, { ...size, name: 'caption' })
  const { expectedFrames, framesPerSecond } = source
  let count = 0
  for await (const frame of ffmpeg.frames(frameArguments({ source, file: source.file, turn: undefined }, size, { look, captions }), size.width * size.height * 3)) {
    spool.add(frame, 1000 / framesPerSecond)
    count++
    await onProgress(expectedFrames === null ? null : Math.min(1, count / expectedFrames))
  }
  if (count === 0) throw new Error('there is no picture in that part of it')
}

/** Errors of one source say which it is. */
async function named<Result>({ label, file }: GifSource, read: () => Promise<Result>): Promise<Result> {
  return read().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${label} cannot be read: ${reason.replace(`${file}: `, '')}`, { cause: error })
  })
}

const HEAD_BYTES = 256 * 1024

function readable(source: GifSource): ReadableSource {
  if (source.type === 'film') return { source, file: source.file, turn: undefined }
  const head = headOf(source.file)
  // A WebP tells of itself behind the picture, and a HEIC has its picture anywhere.
  const file = head.toString('latin1', 0, 4) === 'RIFF' || isHeic(head) ? readFileSync(source.file) : head
  if (isHeic(head)) {
    const photo = hevcPictureOf(file)
    writeFileSync(STILL, photo.stream)
    return { source, file: STILL, form: 'hevc', turn: photo.filters }
  }
  const [orientation, still] = [readOrientation(file), firstFrameOfWebp(file)]
  if (still) writeFileSync(STILL, still)
  return { source, file: still ? STILL : source.file, turn: orientation && turnFilters(orientation) }
}

/** Without an extension, which ffmpeg would take to mean that there are more. */
const STILL = 'still'

function headOf(file: string): Buffer {
  const descriptor = openSync(file, 'r')
  try {
    const head = Buffer.alloc(HEAD_BYTES)
    return head.subarray(0, readSync(descriptor, head, 0, HEAD_BYTES, 0))
  } finally {
    closeSync(descriptor)
  }
}
