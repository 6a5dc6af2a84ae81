import { z } from 'zod'
import { HubError } from '../errors.ts'
import type { MediaInfo, MediaStream } from './tool.ts'
import { shownPicture, type ShownPicture } from './shown-picture.ts'

/** Its JSON Schema has the format `source`, by which forms and command lines know that a file may be sent for it. */
export const sourceField = z.string().min(1).max(8192).meta({ format: 'source' }).describe('An http or https URL, upload:ID or job:ID/ARTIFACT')

export const colorField = z.string().regex(/^#[0-9a-f]{6}$/i, 'is six hexadecimal digits behind #, such as #4450c8')

/** Throws a HubError that names the field. */
export function refuseField(path: string, message: string, hint?: string): never {
  throw new HubError('invalid_input', `${path}: ${message}`, { errors: [{ path, message }], ...(hint !== undefined && { hint }) })
}

/** Throws a HubError where the source has no sound. */
export function soundOf(info: MediaInfo, path = 'source'): MediaStream {
  const sound = info.streams.find(({ kind }) => kind === 'audio')
  return sound ?? refuseField(path, 'has no sound', 'Send a song, or a video with sound')
}

/** Throws a HubError where there is no film, but at most a cover. */
export function filmOf(info: MediaInfo, path = 'source'): ShownPicture {
  const isFilm = info.streams.some(({ kind, isAttachedPicture, width }) => kind === 'video' && isAttachedPicture !== true && width !== undefined)
  return isFilm ? shownPicture(info) : refuseField(path, 'has no video', 'Send a video; sound alone is for the tool audio')
}
