import { open, rename, stat } from 'node:fs/promises'
import path from 'node:path'
import { HubError } from '../errors.ts'
import { ifPresent } from './file-error.ts'

/** What the directory of an upload holds: its bytes, what is known of it, and whether a job has named it. */
export const DATA_FILE = 'data'
export const META_FILE = 'upload.json'
export const USED_FILE = 'used'

/** 125 random bits: who knows the id may read the upload, go on with it, and remove it. */
export const UPLOAD_ID = /^[A-Za-z0-9_-]{21}$/

/** Throws a HubError for what can be no upload's id, and so no path either. */
export function uploadDirectory(root: string, id: string): string {
  if (!UPLOAD_ID.test(id)) throw uploadNotFound(id)
  return path.join(root, id)
}

export function uploadNotFound(id: string, cause?: unknown): HubError {
  return new HubError('upload_not_found', `There is no upload "${id.slice(0, 40)}".`, {
    hint: 'It may have expired. Send the file again.',
    cause,
  })
}

export function emptyUpload(): HubError {
  return new HubError('invalid_input', 'The upload has no bytes.', {
    hint: 'Send the file itself as the body of the request.',
    errors: [{ path: 'body', message: 'must not be empty' }],
  })
}

const NAME_CHARACTERS = 200

/** The last part of a name, without what could mislead the eye or a terminal. */
export function cleanUploadName(name: string): string {
  const cleaned = name.normalize('NFC').replace(/.*[/\\]/su, '').replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '').trim()
  if (cleaned !== '' && [...cleaned].length <= NAME_CHARACTERS) return cleaned
  throw new HubError('invalid_input', `The name of an upload must have 1 to ${NAME_CHARACTERS} characters.`, {
    hint: 'Any short name will do, for example input.mp4; it is only shown to people.',
    errors: [{ path: 'name', message: `must have 1 to ${NAME_CHARACTERS} visible characters` }],
  })
}

/** All of it or, after a crash, what was there before. Still to be synced is the directory. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const handle = await open(`${file}.part`, 'w')
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.part`, file)
}

export async function modifiedAt(file: string): Promise<number | undefined> {
  return (await ifPresent(stat(file)))?.mtimeMs
}
