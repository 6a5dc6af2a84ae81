import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { nanoid } from 'nanoid'
import { z } from 'zod'
import type { DiskGuard } from './disk-guard.ts'
import { ifPresent } from './file-error.ts'
import { BrokenOffError, receiveFile, tooLarge } from './receive-file.ts'
import { syncDirectory } from './sync-directory.ts'
import { cleanUploadName, DATA_FILE, emptyUpload, META_FILE, modifiedAt, UPLOAD_ID, uploadDirectory, uploadNotFound, USED_FILE, writeWhole } from './upload-files.ts'
import type { UploadQuota } from './upload-quota.ts'

/** An upload as the API shows it. */
export interface Upload {
  readonly id: string
  /** As the sender called it; for people only. */
  readonly name: string
  readonly size: number
  readonly sha256: string
  /** What a job names as its source. */
  readonly source: string
  /** Milliseconds since 1970; each use moves it on. */
  readonly expires_at: number
}

export interface UploadStoreOptions {
  readonly directory: string
  /** Default 4 GiB. */
  readonly maxBytes?: number
  /** How long an upload is kept after its last use. */
  readonly retentionMs: number
  readonly disk: Pick<DiskGuard, 'assertRoomFor'>
  readonly quota: UploadQuota
  /** How long a sender may send nothing; default 60 s. */
  readonly stallMs?: number
  /** Told the absolute path of each that has come in whole. */
  readonly onStored?: (file: string) => void
}

export interface PutOptions {
  /** The Content-Length, if there is one. */
  readonly declaredBytes?: number | undefined
  /** Whose it is. */
  readonly owner?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** What it can be listed with. */
  readonly collection?: string | undefined
}

const DEFAULT_MAX_BYTES = 4 * 1024 ** 3
const DEFAULT_STALL_MS = 60_000
const META = z.object({
  name: z.string(), size: z.number(), sha256: z.string(), owner: z.string().optional(), collection: z.string().optional(),
  /** As a tus client sent it, who gets it back. */
  metadata: z.string().optional(),
})
export type UploadMeta = z.infer<typeof META>

/**
 * Files that callers sent, each a directory named by its id: `data`, and `upload.json`, which is written last and
 * makes the upload one. The time of `upload.json` is the last use; `used` is there once a job has named it.
 */
export class UploadStore {
  readonly #directory: string
  readonly #maxBytes: number
  readonly #retentionMs: number
  readonly #disk: Pick<DiskGuard, 'assertRoomFor'>
  readonly #quota: UploadQuota
  readonly #stallMs: number
  readonly #onStored: (file: string) => void
  /** Ids of uploads that are on their way in. */
  readonly #receiving = new Set<string>()

  constructor(options: UploadStoreOptions) {
    this.#directory = options.directory
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES
    this.#retentionMs = options.retentionMs
    this.#disk = options.disk
    this.#quota = options.quota
    this.#stallMs = options.stallMs ?? DEFAULT_STALL_MS
    this.#onStored = options.onStored ?? (() => undefined)
  }

  get limits(): { readonly maxBytes: number; readonly stallMs: number } {
    return { maxBytes: this.#maxBytes, stallMs: this.#stallMs }
  }

  /** Counts what earlier runs of the hub have left, once. */
  async load(): Promise<void> {
    for (const id of (await ifPresent(readdir(this.#directory))) ?? []) {
      if (!UPLOAD_ID.test(id)) continue
      const directory = path.join(this.#directory, id)
      const [text, usedAt] = await Promise.all([ifPresent(readFile(path.join(directory, META_FILE), 'utf8')), modifiedAt(path.join(directory, USED_FILE))])
      const meta = text === undefined ? undefined : readUploadMeta(text)
      if (meta && usedAt === undefined) this.#quota.restore(id, { owner: meta.owner, bytes: meta.size })
    }
  }

  /**
   * Takes a file in; it is on the disk for good once the promise resolves, and not a byte of it if it rejects. Throws
   * a HubError: `invalid_input` (empty, broken off, no name), `payload_too_large`, `uploads_full`, `disk_full`. What is
   * declared too large is refused before the first byte is read.
   */
  async put(name: string, stream: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<Upload> {
    const { declaredBytes, owner, collection, signal } = options
    const displayName = cleanUploadName(name)
    if ((declaredBytes ?? 0) > this.#maxBytes) throw tooLarge(this.#maxBytes)
    await this.#disk.assertRoomFor(declaredBytes ?? 0)
    const id = nanoid()
    this.#quota.hold(id, { owner, bytes: declaredBytes ?? 0 })
    const directory = path.join(this.#directory, id)
    this.#receiving.add(id)
    try {
      await mkdir(directory, { recursive: true })
      const received = await this.#receive(stream, directory, {
        signal, ...(declaredBytes === undefined && { onSize: (bytes: number) => this.#quota.hold(id, { owner, bytes }) }),
      })
      if (received.size === 0) throw emptyUpload()
      if (declaredBytes !== undefined && received.size !== declaredBytes) throw new BrokenOffError()
      const meta: UploadMeta = { name: displayName, ...received, ...(owner !== undefined && { owner }), ...(collection !== undefined && { collection }) }
      await writeWhole(path.join(directory, META_FILE), JSON.stringify(meta))
      await syncDirectory(directory)
      await syncDirectory(this.#directory)
      this.#onStored(path.resolve(directory, DATA_FILE))
      return await this.get(id)
    } catch (error) {
      this.#quota.letGo(id)
      await rm(directory, { recursive: true, force: true })
      throw error
    } finally {
      this.#receiving.delete(id)
    }
  }

  /** Takes over the directory of an upload that came in elsewhere and is whole, and on the disk for good. */
  async adopt(id: string, directory: string): Promise<Upload> {
    await mkdir(this.#directory, { recursive: true })
    await rename(directory, path.join(this.#directory, id))
    await syncDirectory(this.#directory)
    this.#onStored(path.resolve(this.#directory, id, DATA_FILE))
    return this.get(id)
  }

  /** Throws a HubError with `upload_not_found`. */
  async get(id: string): Promise<Upload> {
    return this.#show(id, await this.#read(id))
  }

  /** What a tus client said of it. Throws as `get` does. */
  async metadataOf(id: string): Promise<string | undefined> {
    return (await this.#read(id)).meta.metadata
  }

  /** Those that were put in with this collection, the one used last first. */
  async list(collection: string): Promise<readonly Upload[]> {
    const found: Upload[] = []
    for (const id of (await ifPresent(readdir(this.#directory))) ?? []) {
      if (!UPLOAD_ID.test(id) || this.#receiving.has(id)) continue
      const file = path.join(this.#directory, id, META_FILE)
      const [text, status] = await Promise.all([ifPresent(readFile(file, 'utf8')), ifPresent(stat(file))])
      if (text === undefined || status === undefined) continue
      const meta = readUploadMeta(text)
      if (meta?.collection === collection) found.push(this.#show(id, { meta, usedAt: status.mtimeMs }))
    }
    return found.sort((a, b) => b.expires_at - a.expires_at)
  }

  /** The absolute path of the bytes, and the upload with its retention begun anew. Throws as `get` does. */
  async use(id: string): Promise<{ readonly path: string; readonly upload: Upload }> {
    const directory = uploadDirectory(this.#directory, id)
    const now = new Date()
    await orNotFound(id, utimes(path.join(directory, META_FILE), now, now))
    return { path: path.resolve(directory, DATA_FILE), upload: await this.get(id) }
  }

  /** A job has named it: it lies here for nothing no more. */
  async markUsed(id: string): Promise<void> {
    if (this.#quota.letGo(id)) await ifPresent(writeFile(path.join(uploadDirectory(this.#directory, id), USED_FILE), ''))
  }

  /** Who has the file open reads it to its end. Throws as `get` does. */
  async remove(id: string): Promise<void> {
    await this.get(id)
    this.#quota.letGo(id)
    await rm(uploadDirectory(this.#directory, id), { recursive: true, force: true })
  }

  /**
   * Removes what has expired, and what a crash left unfinished. Resolves to the ids removed. Where the clock was set
   * ahead since the last sweep, what is kept keeps the time it had left; never more than an upload of now has. What is
   * awaited is kept in any case.
   */
  async sweep(
    now: number, { aheadMs = 0, awaited = new Set() }: { readonly aheadMs?: number; readonly awaited?: ReadonlySet<string> } = {},
  ): Promise<readonly string[]> {
    const removed: string[] = []
    for (const id of (await ifPresent(readdir(this.#directory))) ?? []) {
      if (!UPLOAD_ID.test(id) || this.#receiving.has(id)) continue
      const directory = path.join(this.#directory, id)
      const meta = path.join(directory, META_FILE)
      const usedAt = await modifiedAt(meta)
      if (usedAt !== undefined) {
        const asOfNow = Math.min(usedAt + aheadMs, Math.max(now, Date.now()))
        if (asOfNow !== usedAt) await ifPresent(utimes(meta, asOfNow / 1000, asOfNow / 1000))
        if (awaited.has(id) || asOfNow + this.#retentionMs > now) continue
      }
      this.#quota.letGo(id)
      await rm(directory, { recursive: true, force: true })
      removed.push(id)
    }
    return removed
  }

  async #receive(
    stream: AsyncIterable<Uint8Array>, directory: string,
    limits: { readonly signal: AbortSignal | undefined; readonly onSize?: (bytes: number) => void },
  ) {
    const file = path.join(directory, DATA_FILE)
    const handle = await open(`${file}.part`, 'wx')
    try {
      const assertRoom = () => this.#disk.assertRoomFor(0)
      const received = await receiveFile(stream, handle, { ...this.limits, assertRoom, ...limits })
      await handle.sync()
      await rename(`${file}.part`, file)
      return received
    } finally {
      await handle.close()
    }
  }

  #show(id: string, { meta: { name, size, sha256 }, usedAt }: { readonly meta: UploadMeta; readonly usedAt: number }): Upload {
    return { id, name, size, sha256, source: `upload:${id}`, expires_at: Math.round(usedAt) + this.#retentionMs }
  }

  /** One that is damaged is none: nobody could tell whether its bytes are those that were sent. */
  async #read(id: string): Promise<{ readonly meta: UploadMeta; readonly usedAt: number }> {
    const file = path.join(uploadDirectory(this.#directory, id), META_FILE)
    const [text, { mtimeMs }] = await orNotFound(id, Promise.all([readFile(file, 'utf8'), stat(file)]))
    const meta = readUploadMeta(text)
    if (!meta) throw uploadNotFound(id)
    return { meta, usedAt: mtimeMs }
  }
}

/** undefined for what is damaged, or describes an upload that is not whole. */
export function readUploadMeta(text: string): UploadMeta | undefined {
  try {
    return META.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

async function orNotFound<Found>(id: string, found: Promise<Found>): Promise<Found> {
  const present = await ifPresent(found.then((value) => ({ value })))
  if (present === undefined) throw uploadNotFound(id)
  return present.value
}
