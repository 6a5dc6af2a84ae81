import { refuseField } from './source-field.ts'
import type { ShownPicture } from './shown-picture.ts'

export const MOST_PICTURES = 1000

/** When pictures are taken. */
export interface Moments {
  /** Seconds from the beginning of the film. */
  readonly seconds: readonly number[]
  /** Between two of them, where that is always the same; each then stands for so long a part of the film. */
  readonly step?: number
  /** Of the whole film; undefined where it does not tell. */
  readonly end: number | undefined
}

interface Wanted {
  readonly count?: number | undefined
  readonly every_seconds?: number | undefined
  readonly at_seconds?: readonly number[] | undefined
}

/** Throws a HubError that names the field, where the film is not long enough, too long, or does not tell. */
export function momentsOf({ count, every_seconds, at_seconds }: Wanted, { seconds: end, stream }: ShownPicture): Moments {
  if (at_seconds) {
    at_seconds.forEach((at, index) => {
      if (end !== undefined && at >= end) refuseField(`at_seconds[${index}]`, `is not before the end: the film has ${Math.round(end * 100) / 100} s`)
    })
    return { seconds: at_seconds, end }
  }
  if (end === undefined) refuseField('source', 'does not tell how long it is', 'Send at_seconds, or convert it first with the tool transcode')
  if (every_seconds !== undefined) {
    const made = Math.max(1, Math.ceil(end / every_seconds))
    if (made > MOST_PICTURES) refuseField('every_seconds', `would make ${made} pictures, of which there may be ${MOST_PICTURES}`, `Send ${Math.ceil(end / MOST_PICTURES)} or more`)
    return { seconds: evenly(0, every_seconds, made, end, stream.framesPerSecond), step: every_seconds, end }
  }
  // From the middle of each part: films begin and end with black.
  const wanted = count ?? 12
  return { seconds: evenly(end / wanted / 2, end / wanted, wanted, end, stream.framesPerSecond), step: end / wanted, end }
}

/** None of them behind the last frame, which begins before the end. */
function evenly(first: number, step: number, count: number, end: number, framesPerSecond = 25): readonly number[] {
  const last = Math.max(0, end - 1.5 / framesPerSecond)
  return Array.from({ length: count }, (_, index) => Math.floor(Math.min(first + index * step, last) * 1000) / 1000)
}
