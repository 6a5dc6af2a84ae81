import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import { ifPresent } from './file-error.ts'
import { GrowingFile } from './growing-file.ts'
import { syncDirectory } from './sync-directory.ts'
import { DATA_FILE, META_FILE, writeWhole } from './upload-files.ts'
import { readUploadMeta, type UploadMeta } from './upload-store.ts'

const META = z.object({ name: z.string(), size: z.number().nullable(), owner: z.string().optional(), metadata: z.string().optional() })
export type UnfinishedMeta = z.infer<typeof META>

/**
 * One upload of which more is to come: a directory with `data`, which grows, and `upload.json`. One request at a time
 * has it; the next one ends that and goes on, since its sender has often long been gone.
 */
export class UnfinishedUpload {
  readonly directory: string
  readonly file: GrowingFile
  /** When its last byte came. */
  touchedAt: number
  #meta: UnfinishedMeta
  #holder: { readonly abort: AbortController; readonly done: Promise<void> } | undefined

  private constructor(directory: string, { meta, received, touchedAt }: { readonly meta: UnfinishedMeta; readonly received: number; readonly touchedAt: number }) {
    this.directory = directory
    this.#meta = meta
    this.touchedAt = touchedAt
    this.file = new GrowingFile(path.join(directory, DATA_FILE), { received })
  }

  /** On the disk for good when it resolves. */
  static async create(directory: string, meta: UnfinishedMeta): Promise<UnfinishedUpload> {
    await mkdir(directory, { recursive: true })
    await writeFile(path.join(directory, DATA_FILE), '')
    await writeWhole(path.join(directory, META_FILE), JSON.stringify(meta))
    await syncDirectory(directory)
    await syncDirectory(path.dirname(directory))
    return new UnfinishedUpload(directory, { meta, received: 0, touchedAt: Date.now() })
  }

  /** What an earlier run of the hub has left; undefined for what nobody was told of. */
  static async find(directory: string): Promise<UnfinishedUpload | UploadMeta | undefined> {
    const [text, data] = await Promise.all([ifPresent(readFile(path.join(directory, META_FILE), 'utf8')), ifPresent(stat(path.join(directory, DATA_FILE)))])
    if (text === undefined || !data) return undefined
    const meta = readMeta(text)
    return readUploadMeta(text) ?? (meta && new UnfinishedUpload(directory, { meta, received: Math.min(data.size, meta.size ?? Infinity), touchedAt: data.mtimeMs }))
  }

  get meta(): UnfinishedMeta {
    return this.#meta
  }

  get isHeld(): boolean {
    return this.#holder !== undefined
  }

  get isWhole(): boolean {
    return this.file.received === this.#meta.size
  }

  /** Once the request that has the upload has let it go. `signal` aborts when the next one wants it. */
  async take(): Promise<{ readonly signal: AbortSignal; readonly release: () => void }> {
    while (this.#holder) {
      this.#holder.abort.abort(new HubError('upload_conflict', 'Another request goes on with this upload', { hint: WAY_ON }))
      await this.#holder.done
    }
    const abort = new AbortController()
    let release: () => void = () => undefined
    const done = new Promise<void>((resolve) => {
      release = () => {
        this.#holder = undefined
        resolve()
      }
    })
    this.#holder = { abort, done }
    return { signal: abort.signal, release }
  }

  async setSize(size: number): Promise<void> {
    const meta = { ...this.#meta, size }
    await writeWhole(path.join(this.directory, META_FILE), JSON.stringify(meta))
    this.#meta = meta
  }

  /** From now on it is found as whole. */
  async seal(): Promise<UploadMeta> {
    const meta = { ...this.#meta, size: this.file.received, sha256: await this.file.sha256() }
    await writeWhole(path.join(this.directory, META_FILE), JSON.stringify(meta))
    await syncDirectory(this.directory)
    return meta
  }

  /** As if its last byte had come then, after a restart too. */
  async moveTime(touchedAt: number): Promise<void> {
    this.touchedAt = touchedAt
    await ifPresent(utimes(path.join(this.directory, DATA_FILE), touchedAt / 1000, touchedAt / 1000))
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true })
  }
}

/** What a sender does that does not know where it is. */
export const WAY_ON = 'HEAD /files/ID tells in Upload-Offset where to go on.'

function readMeta(text: string): UnfinishedMeta | undefined {
  try {
    return META.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
