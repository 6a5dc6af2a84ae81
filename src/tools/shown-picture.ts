import { HubError } from '../errors.ts'
import type { MediaInfo, MediaStream } from './tool.ts'

/** What is to be seen of a file. */
export interface ShownPicture {
  readonly stream: MediaStream
  readonly width: number
  readonly height: number
  /** Absent where nothing tells. */
  readonly seconds?: number
}

/** The film, or the cover that stands for one. Throws a HubError where there is nothing to be seen. */
export function shownPicture(info: MediaInfo): ShownPicture {
  const pictures = info.streams.filter(({ kind }) => kind === 'video')
  // A cover may stand in front of the film that it belongs to.
  const stream = pictures.find(({ isAttachedPicture }) => !isAttachedPicture) ?? pictures[0]
  if (stream?.width === undefined || stream.height === undefined) {
    const hint = 'Send a video; sound alone can be converted with the ffmpeg tool'
    throw new HubError('invalid_input', 'The input has no picture', { hint })
  }
  // A moving picture's own length where it tells; a cover lasts as long as its song.
  const seconds = stream.isAttachedPicture ? info.durationSeconds : (stream.durationSeconds ?? info.durationSeconds)
  return { stream, width: stream.width, height: stream.height, ...(seconds !== undefined && { seconds }) }
}

/** Its size in square pixels, as players show it. */
export function squareSize({ width, height, stream }: ShownPicture): { readonly width: number; readonly height: number } {
  return { width: Math.max(1, Math.round(width * (stream.pixelAspect ?? 1))), height }
}

/** The stream to take, for `-map`. */
export function mapOf({ stream }: ShownPicture): string {
  return stream.isAttachedPicture ? '0:v:0' : '0:V:0'
}

/** Filters that make so many frames a second of it. */
export function rateFilters({ stream, seconds }: ShownPicture, framesPerSecond: number): readonly string[] {
  return [
    // A cover is one picture that lasts no time: it is shown for as long as its song plays.
    ...(stream.isAttachedPicture ? ['loop=loop=-1:size=1', `setpts=N/(${framesPerSecond}*TB)`] : []),
    // What is shorter than one frame, as a picture is, would be rounded to none.
    (seconds ?? 0) * framesPerSecond < 1 ? `fps=${framesPerSecond}:eof_action=pass` : `fps=${framesPerSecond}`,
  ]
}

/** What ends a cover that is shown for as long as its song. */
export function lengthLimit({ stream, seconds }: ShownPicture): readonly string[] {
  if (!stream.isAttachedPicture) return []
  return seconds === undefined ? ['-frames:v', '1'] : ['-t', String(seconds)]
}
