import type { FrameOutput } from '../tools/tool.ts'
import { ALLOCATION_GUARD, inputGuards } from '../tools/input-guards.ts'

/** How a viewer wants to see a job. */
export interface PreviewQuery {
  /** At most so many pictures a second. */
  readonly fps?: number | undefined
  /** Pixels; the height follows. */
  readonly width?: number | undefined
  /** 1 to 100, the best. */
  readonly quality?: number | undefined
  readonly isLooped: boolean
}

/** Arguments of an ffmpeg that plays a file as JPEGs on its stdout, at the rate at which it is to be seen. */
export function playArgs(file: string, query: PreviewQuery, ownFps: number): readonly string[] {
  const fps = Math.min(query.fps ?? ownFps, ownFps, MOST_FPS)
  const loop = query.isLooped ? ['-stream_loop', '-1'] : []
  return [...COMMON, ...loop, '-re', ...inputGuards(), '-i', file, ...jpegArgs(query, [`fps=${fps}`])]
}

/** One JPEG of what a file shows at that second. */
export function stillArgs(file: string, query: PreviewQuery, atSeconds: number): readonly string[] {
  return [...COMMON, '-ss', atSeconds.toFixed(3), ...inputGuards(), '-i', file, '-frames:v', '1', ...jpegArgs(query)]
}

/** A JPEG for each frame that stands, or comes, one behind the other in the file, which may be a pipe. */
export function convertArgs(file: string, query: PreviewQuery, format: FrameOutput['format']): readonly string[] {
  return [...COMMON, ...NO_WAITING, ...inputGuards(), '-f', DEMUXERS[format], '-frame_size', '256', '-i', file, ...jpegArgs(query)]
}

export const MOST_FPS = 60

const COMMON = ['-hide_banner', '-nostdin', '-loglevel', 'error', ...ALLOCATION_GUARD]

// Else it reads far ahead to find out what it reads, and each decoding thread holds a frame back.
const NO_WAITING = ['-probesize', '32', '-analyzeduration', '0', '-threads', '1']

/** `raw` frames and cells are handed over as PPM, since their size stands in that. */
const DEMUXERS: Readonly<Record<FrameOutput['format'], string>> = {
  png: 'png_pipe', jpeg: 'jpeg_pipe', webp: 'webp_pipe', raw: 'ppm_pipe', cells: 'ppm_pipe',
}

const WIDEST_UNASKED = 1280
const QUALITY_UNASKED = 90

function jpegArgs({ width, quality = QUALITY_UNASKED }: PreviewQuery, filters: readonly string[] = []): string[] {
  const scale = width === undefined ? `scale='min(${WIDEST_UNASKED},iw)':-2` : `scale=${width}:-2`
  // ffmpeg's own scale goes from 2, the best, to 31.
  const scaleOfQuality = Math.round(2 + ((100 - quality) * 29) / 99)
  return [
    '-map', '0:v:0', '-an', '-sn', '-dn', '-vf', [...filters, scale].join(','), '-threads', '1',
    '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-q:v', String(scaleOfQuality), '-flush_packets', '1', '-f', 'image2pipe', 'pipe:1',
  ]
}
