import { HubError } from '../errors.ts'
import { nearestName } from './nearest-name.ts'

export interface MediaFormat {
  /** What a request calls it, and the extension of its files. */
  readonly name: string
  readonly muxer: string
  /** A `picture` is one frame; what moves without sound, such as a GIF, is `video`. */
  readonly kind: 'video' | 'audio' | 'picture' | 'subtitle'
  readonly contentType: string
  /** What ffmpeg takes if the request names no encoder; absent where it depends on how ffmpeg was built. */
  readonly encoder?: string
  /** What ffmpeg would not choose by itself; stands before the request's own, which win. */
  readonly defaults: readonly string[]
}

/** The format of that name. Throws a HubError that says which there are. */
export function findFormat(name: string, path: string): MediaFormat {
  const format = FORMATS.get(name.toLowerCase())
  if (format !== undefined) return format
  const nearest = nearestName(name, FORMATS.keys())
  const shown = JSON.stringify(name.slice(0, 40))
  const message = `There is no output format ${shown}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`
  throw new HubError('invalid_input', message, {
    hint: `The output formats are ${[...FORMATS.keys()].join(', ')}`,
    errors: [{ path, message }],
  })
}

/** Whether a file so named holds that format: `a.jpeg` and `a.jpg` both hold a jpg. */
export function isNamedAs(format: MediaFormat, fileName: string): boolean {
  const extension = fileName.slice(fileName.lastIndexOf('.') + 1).toLowerCase()
  const named = FORMATS.get(extension)
  return named !== undefined && named.muxer === format.muxer && named.contentType === format.contentType
}

export function formatNames(): readonly string[] {
  return [...FORMATS.keys()]
}

const VIDEO: readonly FormatRow[] = [
  ['mp4', 'mp4', 'video/mp4'],
  ['m4v', 'ipod', 'video/x-m4v'],
  ['mov', 'mov', 'video/quicktime'],
  ['mkv', 'matroska', 'video/x-matroska'],
  ['webm', 'webm', 'video/webm'],
  ['avi', 'avi', 'video/x-msvideo'],
  ['ts', 'mpegts', 'video/mp2t'],
  ['m2ts', 'mpegts', 'video/mp2t'],
  ['mpg', 'mpeg', 'video/mpeg'],
  ['mpeg', 'mpeg', 'video/mpeg'],
  ['flv', 'flv', 'video/x-flv'],
  ['wmv', 'asf', 'video/x-ms-wmv'],
  ['ogv', 'ogv', 'video/ogg'],
  // By itself ffmpeg takes H.263, which knows five sizes only, and AMR.
  ['3gp', '3gp', 'video/3gpp', 'libx264', ['-c:v', 'libx264', '-c:a', 'aac']],
  ['nut', 'nut', 'application/octet-stream'],
  ['gif', 'gif', 'image/gif', 'gif'],
  ['apng', 'apng', 'image/apng', 'apng'],
  ['webp', 'webp', 'image/webp'],
]

const AUDIO: readonly FormatRow[] = [
  ['mp3', 'mp3', 'audio/mpeg', 'libmp3lame'],
  ['ogg', 'ogg', 'audio/ogg'],
  ['oga', 'oga', 'audio/ogg'],
  ['opus', 'opus', 'audio/ogg', 'libopus'],
  ['wav', 'wav', 'audio/wav', 'pcm_s16le'],
  ['flac', 'flac', 'audio/flac', 'flac'],
  ['aac', 'adts', 'audio/aac', 'aac'],
  ['m4a', 'ipod', 'audio/mp4', 'aac'],
  ['m4b', 'ipod', 'audio/mp4', 'aac'],
  ['mka', 'matroska', 'audio/x-matroska', undefined, ['-vn']],
  ['weba', 'webm', 'audio/webm', 'libopus', ['-vn']],
  ['dfpwm', 'dfpwm', 'application/octet-stream', 'dfpwm'],
  ['aiff', 'aiff', 'audio/aiff', 'pcm_s16be'],
  ['aif', 'aiff', 'audio/aiff', 'pcm_s16be'],
  ['au', 'au', 'audio/basic', 'pcm_s16be'],
  ['caf', 'caf', 'audio/x-caf', 'pcm_s16be'],
  ['w64', 'w64', 'application/octet-stream', 'pcm_s16le'],
  ['ac3', 'ac3', 'audio/ac3', 'ac3'],
  ['eac3', 'eac3', 'audio/eac3', 'eac3'],
  ['mp2', 'mp2', 'audio/mpeg', 'mp2'],
  ['wma', 'asf', 'audio/x-ms-wma', 'wmav2'],
  ['tta', 'tta', 'audio/x-tta', 'tta'],
  ['wv', 'wv', 'audio/x-wavpack', 'wavpack'],
  ['spx', 'spx', 'audio/ogg', 'libspeex'],
  ['s8', 's8', 'application/octet-stream', 'pcm_s8'],
  ['u8', 'u8', 'application/octet-stream', 'pcm_u8'],
  ['s16le', 's16le', 'application/octet-stream', 'pcm_s16le'],
  ['f32le', 'f32le', 'application/octet-stream', 'pcm_f32le'],
]

const PICTURES: readonly FormatRow[] = [
  ['png', 'image2', 'image/png', 'png'],
  ['jpg', 'image2', 'image/jpeg', 'mjpeg'],
  ['jpeg', 'image2', 'image/jpeg', 'mjpeg'],
  ['bmp', 'image2', 'image/bmp', 'bmp'],
  ['tiff', 'image2', 'image/tiff', 'tiff'],
  ['tif', 'image2', 'image/tiff', 'tiff'],
  ['jxl', 'image2', 'image/jxl', 'libjxl'],
  ['jp2', 'image2', 'image/jp2'],
  ['tga', 'image2', 'image/x-tga', 'targa'],
  ['ppm', 'image2', 'image/x-portable-pixmap', 'ppm'],
  ['pgm', 'image2', 'image/x-portable-graymap', 'pgm'],
  ['ico', 'ico', 'image/x-icon', 'bmp'],
  ['avif', 'avif', 'image/avif', 'libaom-av1'],
]

const SUBTITLES: readonly FormatRow[] = [
  ['srt', 'srt', 'application/x-subrip'],
  ['ass', 'ass', 'text/x-ssa'],
  ['vtt', 'webvtt', 'text/vtt'],
]

type FormatRow = readonly [
  name: string, muxer: string, contentType: string, encoder?: string | undefined, defaults?: readonly string[],
]

// A Map, since an object would also answer to `constructor`.
const FORMATS: ReadonlyMap<string, MediaFormat> = new Map([
  ...rows('video', VIDEO), ...rows('audio', AUDIO), ...rows('picture', PICTURES), ...rows('subtitle', SUBTITLES),
])

function rows(kind: MediaFormat['kind'], table: readonly FormatRow[]): readonly (readonly [string, MediaFormat])[] {
  return table.map(([name, muxer, contentType, encoder, defaults = []]) =>
    [name, { name, muxer, kind, contentType, defaults, ...(encoder === undefined ? {} : { encoder }) }])
}
