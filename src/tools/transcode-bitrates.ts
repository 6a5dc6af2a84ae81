import { refuseField } from './source-field.ts'

export interface SizeTarget {
  readonly bytes: number
  readonly seconds: number | undefined
  readonly framesPerSecond: number
  /** Left out where there is no sound. */
  readonly soundKbps?: number | 'as it fits' | undefined
}

/** What is aimed at, since two passes may miss it by a little. */
const AIM = 0.97
/** What a container notes of each frame, and of itself. */
const BYTES_PER_FRAME = 14
const BYTES_PER_SOUND_FRAME = 6
const SOUND_FRAMES_PER_SECOND = 50
const HEADER_BYTES = 2500
const LEAST_PICTURE_KBPS = 20
const LEAST_SOUND_KBPS = 24
const USUAL_SOUND_KBPS = 128

/** The bitrates with which a film becomes that large. Throws a HubError where none are enough. */
export function bitratesFor({ bytes, seconds, framesPerSecond, soundKbps }: SizeTarget): { readonly pictureKbps: number; readonly soundKbps: number } {
  if (seconds === undefined) refuseField('target_mb', 'cannot be met: the source does not tell how long it is', 'Send quality instead')
  const hasSound = soundKbps !== undefined
  const overhead = HEADER_BYTES + seconds * (framesPerSecond * BYTES_PER_FRAME + (hasSound ? SOUND_FRAMES_PER_SECOND * BYTES_PER_SOUND_FRAME : 0))
  const kbps = (((bytes - overhead) * 8) / seconds / 1000) * AIM
  const sound = !hasSound ? 0
    : typeof soundKbps === 'number' ? soundKbps : Math.round(Math.max(LEAST_SOUND_KBPS, Math.min(USUAL_SOUND_KBPS, kbps * 0.2)))
  const picture = Math.floor(kbps - sound)
  if (picture < LEAST_PICTURE_KBPS) {
    const least = ((((LEAST_PICTURE_KBPS + sound) / AIM) * 1000 * seconds) / 8 + overhead) / 1e6
    refuseField('target_mb', `is too small for ${Math.round(seconds)} s`, `Send ${Math.ceil(least * 100) / 100} or more, or sound: false`)
  }
  return { pictureKbps: picture, soundKbps: sound }
}
