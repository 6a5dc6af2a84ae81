import type { Context } from 'hono'
import { HubError } from '../errors.ts'
import type { Caller } from '../jobs/caller.ts'
import { receiveMultipart } from '../jobs/multipart.ts'
import type { Upload, UploadStore } from '../jobs/upload-store.ts'

/** The two lists of files that the dialect's server keeps, and what may be sent to each. */
export const COLLECTIONS = {
  musics: ['mp3', 'wav', 'm4a', 'aac', 'flac', 'ogg', 'opus'],
  video_materials: ['mp4', 'mov', 'avi', 'flv', 'mkv', 'webm', 'jpg', 'jpeg', 'png', 'gif', 'webp', 'bmp'],
} as const

export type Collection = keyof typeof COLLECTIONS

/** Files by their names, those of each caller apart: its uploads, which are kept as long as others. */
export class MoneyPrinterFiles {
  readonly #uploads: UploadStore

  constructor(uploads: UploadStore) {
    this.#uploads = uploads
  }

  /** Of strangers none: those without a key, where many come, name a file by the id that they were told. */
  async list(collection: Collection, caller: Caller): Promise<readonly Upload[]> {
    if (caller.owner === undefined && caller.reach === 'own') return []
    return this.#uploads.list(keyOf(collection, caller))
  }

  /** Takes in the file of a form. Throws a HubError where it is none that belongs there. */
  async receive(c: Context, collection: Collection, caller: Caller): Promise<Upload> {
    const { files } = await receiveMultipart(c, {
      uploads: this.#uploads, caller, maxFiles: 1, collection: keyOf(collection, caller),
      assertWanted(fileName) {
        const known: readonly string[] = COLLECTIONS[collection]
        if (known.includes(extensionOf(fileName))) return
        throw new HubError('invalid_input', `Only files named ${known.map((name) => `*.${name}`).join(', ')} can be sent here`, { errors: [{ path: 'file', message: 'has another name' }] })
      },
    })
    if (files[0]) return files[0].upload
    throw new HubError('invalid_input', 'The form holds no file', { errors: [{ path: 'file', message: 'field required' }] })
  }

  /**
   * What a field of a request means: a source of ours as it is, a link, or else the name that a file was sent with,
   * behind whatever path. Throws a HubError that names the field.
   */
  async find(named: string, { field, collection, caller }: { readonly field: string; readonly collection: Collection; readonly caller: Caller }): Promise<string> {
    if (/^(?:upload:|job:|https?:\/\/)/i.test(named)) return named
    const name = named.replace(/.*[/\\]/s, '')
    const found = (await this.list(collection, caller)).find((upload) => upload.name === name)
    if (found) return found.source
    throw new HubError('invalid_input', `${field}: there is no file ${JSON.stringify(name.slice(0, 80))}`, {
      errors: [{ path: field, message: `there is no file ${JSON.stringify(name.slice(0, 80))}` }],
      hint: `Send it to POST /api/v1/${collection}, or name upload:ID, job:ID/ARTIFACT or a link`,
    })
  }
}

function keyOf(collection: Collection, { owner }: Caller): string {
  return owner === undefined ? collection : `${collection} ${owner}`
}

function extensionOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1).toLowerCase()
}
