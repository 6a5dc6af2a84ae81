import type { MediaInfo } from '../tools/tool.ts'

/** What a source is taken for that nobody has looked at. */
export type AssumedKind = 'film' | 'sound' | 'picture'

/** One that has not been chosen yet: `assumed:film`, `assumed:sound` or `assumed:picture`. */
export function assumedSource(source: string): AssumedKind | undefined {
  return (['film', 'sound', 'picture'] as const).find((kind) => source === `assumed:${kind}`)
}

/** By what it is called. */
export function assumedKind(name: string): AssumedKind {
  const [, extension = ''] = /\.([a-z0-9]{1,5})$/i.exec(name) ?? []
  if (SOUNDS.has(extension.toLowerCase())) return 'sound'
  return PICTURES.has(extension.toLowerCase()) ? 'picture' : 'film'
}

/** A plain one of its kind; `seconds` is how long it lasts, if it does. */
export function assumedMedia(kind: AssumedKind, seconds: number): MediaInfo {
  if (kind === 'picture') return { format: 'png_pipe', streams: [{ kind: 'video', codec: 'png', width: 1920, height: 1080, framesPerSecond: 25 }] }
  const sound = { kind: 'audio', durationSeconds: seconds, sampleRate: 48_000, channels: 2 } as const
  if (kind === 'sound') return { format: 'mp3', durationSeconds: seconds, streams: [{ ...sound, codec: 'mp3' }] }
  return {
    format: 'mov,mp4,m4a,3gp,3g2,mj2', durationSeconds: seconds,
    streams: [{ kind: 'video', codec: 'h264', durationSeconds: seconds, width: 1920, height: 1080, framesPerSecond: 30 }, { ...sound, codec: 'aac' }],
  }
}

export const ASSUMED_EXTENSIONS: Readonly<Record<AssumedKind, string>> = { film: 'mp4', sound: 'mp3', picture: 'png' }

/** What stands in a text that nobody has read: a line of subtitles. */
export const ASSUMED_TEXT = '1\n00:00:00,000 --> 00:00:02,000\n…\n'

const SOUNDS = new Set('mp3 m4a aac ogg oga opus flac wav wma aif aiff dfpwm'.split(' '))
const PICTURES = new Set('png jpg jpeg webp gif bmp avif heic tif tiff'.split(' '))
