import { ALLOCATION_GUARD, inputGuards } from '../../input-guards.ts'
import type { FilmSource, FrameLook, GifSource } from '../gif-task.ts'
import { MOST_SIDE, USUAL_SIDE } from '../gif-task.ts'

export interface FrameSize {
  readonly width: number
  readonly height: number
}

/** A source as it can be read: where it lies, and what sets it upright. */
export interface ReadableSource {
  readonly source: GifSource
  /** It may be a copy. */
  readonly file: string
  /** Where ffmpeg could not tell. */
  readonly form?: 'hevc'
  /** Filters; undefined where ffmpeg is to do it by itself. */
  readonly turn: readonly string[] | undefined
}

/** Arguments of an ffmpeg that writes a source's frames to its stdout, three bytes a pixel, each of that size. */
export function frameArguments(readable: ReadableSource, size: FrameSize, { look, captions }: { readonly look: FrameLook; readonly captions: readonly string[] }): readonly string[] {
  const { source } = readable
  const graph = [
    ...beginOf(readable), ...(source.isOpaque ? opaquely(size, look) : flattened(size, look)), ...captions, 'format=rgb24',
  ].join(',')
  return [...inputOf(readable), '-filter_complex', `[${mapOf(source)}]${graph}[out]`, '-map', '[out]', ...onlyOne(source), '-c:v', 'rawvideo', '-f', 'rawvideo', 'pipe:1']
}

/** Arguments of one that writes one frame as PPM, whose head tells the size that all frames are to have. */
export function sizeArguments(readable: ReadableSource, { width, height }: Partial<FrameSize>): readonly string[] {
  const scale = width === undefined && height === undefined
    ? `scale=w=min(iw\\,${USUAL_SIDE}):h=min(ih\\,${USUAL_SIDE}):force_original_aspect_ratio=decrease` : `scale=${width ?? -1}:${height ?? -1}`
  const graph = [...beginOf(readable), scale, 'format=rgb24'].join(',')
  return [
    ...inputOf(readable), '-filter_complex', `[${mapOf(readable.source)}]${graph}[out]`, '-map', '[out]', '-frames:v', '1',
    '-c:v', 'ppm', '-f', 'image2pipe', 'pipe:1',
  ]
}

/** The size in the head of a PPM. Throws where a side is longer than a file may have. */
export function sizeOfPpm(picture: Buffer): FrameSize {
  const [, width, height] = (/^P6\s+(\d+)\s+(\d+)\s/.exec(picture.toString('latin1', 0, 64)) ?? []).map(Number)
  if (width === undefined || height === undefined) throw new Error('ffmpeg tells no size')
  if (width > MOST_SIDE || height > MOST_SIDE) throw new Error(`${width}x${height} is too large: a side has at most ${MOST_SIDE} pixels; ask for width and height`)
  return { width, height }
}

function inputOf({ source, file, form, turn }: ReadableSource): readonly string[] {
  // Of a damaged picture ffmpeg would make half of one, and grey.
  const strictly = source.type === 'picture' ? ['-xerror', '-err_detect', 'explode'] : []
  return [
    ...ALLOCATION_GUARD, ...inputGuards(), ...strictly, ...(turn === undefined ? [] : ['-noautorotate']),
    ...(source.type === 'film' ? span(source) : []), ...(form === undefined ? [] : ['-f', form]), '-i', file,
  ]
}

function span({ startSeconds, durationSeconds }: FilmSource): readonly string[] {
  return ['-ss', String(startSeconds), ...(durationSeconds === undefined ? [] : ['-t', String(durationSeconds)])]
}

function mapOf(source: GifSource): string {
  return source.type === 'film' ? source.map : '0:v:0'
}

function onlyOne({ type }: GifSource): readonly string[] {
  return type === 'picture' ? ['-frames:v', '1'] : []
}

/** Upright, cut and timed. */
function beginOf({ source, turn = [] }: ReadableSource): readonly string[] {
  if (source.type === 'picture') return turn
  const { speed, framesPerSecond, crop } = source
  return [
    `setpts=(PTS-STARTPTS)/${speed}`, `fps=${framesPerSecond}`,
    ...(crop ? [`crop=${crop.width}:${crop.height}:${crop.left}:${crop.top}`] : []),
  ]
}

function opaquely({ width, height }: FrameSize, look: FrameLook): readonly string[] {
  return [...scaled({ width, height }, look), `pad=${width}:${height}:-1:-1:color=0x${look.background}`, 'setsar=1']
}

/** On the background, with what is half clear mixed with it: colours count by how opaque they are while pixels are mixed. */
function flattened(size: FrameSize, look: FrameLook): readonly string[] {
  const fitted = ['format=gbrap', 'premultiply=inplace=1', ...scaled(size, look), 'format=rgba', `pad=${size.width}:${size.height}:-1:-1:color=0x000000@0`, 'setsar=1']
  const [red, green, blue] = [0, 2, 4].map((at) => Number.parseInt(look.background.slice(at, at + 2), 16))
  const laid = `split[above][below];[below]lutrgb=r=${red}:g=${green}:b=${blue}:a=255[ground];[ground][above]overlay=format=rgb:alpha=premultiplied`
  return [...fitted, laid]
}

function scaled({ width, height }: FrameSize, { fit }: FrameLook): readonly string[] {
  if (fit === 'stretch') return [`scale=${width}:${height}:flags=bicubic`]
  if (fit === 'contain') return [`scale=${width}:${height}:force_original_aspect_ratio=decrease:flags=bicubic`]
  return [`scale=${width}:${height}:force_original_aspect_ratio=increase:flags=bicubic`, `crop=${width}:${height}`]
}
