import { ALLOCATION_GUARD, inputGuards } from '../input-guards.ts'
import { lengthLimit, mapOf, rateFilters, type ShownPicture } from '../shown-picture.ts'

export interface DecodeOptions {
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
  /** Keeps the aspect, and fills up with black. */
  readonly isPadded: boolean
  /** One picture, whatever the source lasts. */
  readonly isStill: boolean
}

/** Arguments of an ffmpeg that writes a file's frames to its stdout, plane by plane (`gbrp`), in the size and rate of a video. */
export function decodeArguments(file: string, picture: ShownPicture, options: DecodeOptions): readonly string[] {
  return [
    '-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info', ...ALLOCATION_GUARD, ...inputGuards(),
    // Of frames that no other is made from, the edges of blocks are left as they are: they vanish where a pixel is made of
    // four and more. It takes a twentieth off the decoding, and the difference is 60 dB below the picture.
    ...(isSmaller(picture, { ...options, times: 2 }) ? ['-skip_loop_filter', 'noref'] : []), '-i', file,
    '-map', mapOf(picture), '-an', '-sn', '-dn', '-vf', videoFilters(picture, options).join(','),
    ...(options.isStill ? ['-frames:v', '1'] : lengthLimit(picture)),
    '-c:v', 'rawvideo', '-pix_fmt', 'gbrp', '-f', 'rawvideo', 'pipe:1',
  ]
}

/** Frames of that size and rate. */
export function videoFilters(picture: ShownPicture, { width, height, framesPerSecond, isStill, isPadded }: DecodeOptions): readonly string[] {
  // The smaller the picture, the more pixels of the source bicubic weighs for each, and shows no more than their mean.
  const isMuchSmaller = isSmaller(picture, { width, height, times: MUCH })
  return [
    ...(isStill ? [] : rateFilters(picture, framesPerSecond)),
    `scale=${width}:${height}:flags=${isMuchSmaller ? 'area' : 'bicubic'}${isPadded ? ':force_original_aspect_ratio=decrease' : ''}`,
    ...(isPadded ? [`pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`] : []), 'setsar=1',
  ]
}

const MUCH = 6

/** On both sides, by more than so many times. */
function isSmaller(picture: ShownPicture, { width, height, times }: { readonly width: number; readonly height: number; readonly times: number }): boolean {
  return picture.width > width * times && picture.height > height * times
}
