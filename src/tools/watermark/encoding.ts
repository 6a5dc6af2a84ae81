import { VIDEO_ENCODERS } from '../media-encoders.ts'
import { findFormat, type MediaFormat } from '../media-formats.ts'
import type { MediaInfo } from '../tool.ts'
import { PIXEL_FORMATS, type PixelFormat } from './fill/picture.ts'
import type { Encoding } from './task.ts'
import type { WatermarkInput } from './watermark-input.ts'

/** What players of mp4 know. */
const MP4_SOUND: ReadonlySet<string> = new Set(['aac', 'mp3', 'ac3', 'eac3', 'alac', 'opus', 'mp2'])

/** As the film is, where that can be worked on; else what comes nearest. */
export function workingFormat(pixelFormat = 'yuv420p'): PixelFormat {
  const same = PIXEL_FORMATS.find((format) => format === pixelFormat)
  if (same) return same
  const isHigh = /1[0-6](?:le|be)$|^p01/.test(pixelFormat)
  if (/444|gbr|rgb|bgr/.test(pixelFormat)) return isHigh ? 'yuv422p10le' : 'yuv444p'
  if (/422/.test(pixelFormat)) return isHigh ? 'yuv422p10le' : 'yuv422p'
  return isHigh ? 'yuv420p10le' : 'yuv420p'
}

/** The kind of file: mp4, unless the sound would have to be encoded anew for it. */
export function containerFor({ container }: Pick<WatermarkInput, 'container'>, { streams }: MediaInfo): MediaFormat {
  const fits = streams.every(({ kind, codec }) => kind !== 'audio' || MP4_SOUND.has(codec))
  return findFormat(container ?? (fits ? 'mp4' : 'mkv'), 'container')
}

/** Picture encoded anew, sound as it is. */
export function encodingFor(wanted: Pick<WatermarkInput, 'codec' | 'crf' | 'quality'>, { info, format, output }: { readonly info: MediaInfo; readonly format: MediaFormat; readonly output: string }): Encoding {
  const { name, args, crf } = VIDEO_ENCODERS[wanted.codec]
  const isMp4 = format.name === 'mp4'
  const isEncodedAnew = (codec: string) => isMp4 && !MP4_SOUND.has(codec)
  const sounds = info.streams.filter(({ kind }) => kind === 'audio')
  const subtitles = info.streams.filter(({ kind }) => kind === 'subtitle')
  const keepsSubtitles = subtitles.length > 0 && subtitles.every(({ codec }) => (isMp4 ? codec === 'mov_text' : codec !== 'mov_text'))
  return {
    picture: ['-c:v', name, ...args, '-crf', String(wanted.crf ?? crf[wanted.quality]), ...(wanted.codec === 'h265' && isMp4 ? ['-tag:v', 'hvc1'] : [])],
    rest: [
      '-map', '0:a?', ...sounds.flatMap(({ codec }, index) => (isEncodedAnew(codec) ? [`-c:a:${index}`, 'aac', `-b:a:${index}`, '192k'] : [`-c:a:${index}`, 'copy'])),
      ...(keepsSubtitles ? ['-map', '0:s?', '-c:s', 'copy'] : ['-sn']), '-dn', ...(isMp4 ? ['-movflags', '+faststart'] : []), '-f', format.muxer,
    ],
    output,
  }
}
