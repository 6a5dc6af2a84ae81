import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { LRUCache } from 'lru-cache'
import { nanoid } from 'nanoid'
import { HubError } from '../errors.ts'
import type { DiskGuard } from './disk-guard.ts'
import { ifPresent } from './file-error.ts'
import { BrokenOffError, tooLarge } from './receive-file.ts'
import { UnfinishedUpload, WAY_ON } from './unfinished-upload.ts'
import { cleanUploadName, emptyUpload, UPLOAD_ID } from './upload-files.ts'
import type { UploadQuota } from './upload-quota.ts'
import type { UploadStore } from './upload-store.ts'

/** An upload of which more is to come, as the API shows it. */
export interface ShownUnfinished {
  readonly id: string
  readonly name: string
  /** Bytes in all; null where the sender has not said yet. */
  readonly size: number | null
  /** Bytes so far. */
  readonly received: number
  readonly source: string
  /** Milliseconds since 1970; each byte that comes moves it on. */
  readonly expires_at: number
}

export interface UnfinishedUploadsOptions {
  readonly directory: string
  /** Where those go that are whole. */
  readonly uploads: Pick<UploadStore, 'adopt' | 'limits'>
  readonly quota: UploadQuota
  readonly disk: Pick<DiskGuard, 'assertRoomFor'>
  /** How long one is kept after its last byte. */
  readonly retentionMs: number
  readonly onGrown?: (id: string) => void
  /** Told once the upload can be used, or never will be. */
  readonly onSettled?: (id: string) => void
}

export interface NewUpload {
  readonly name: string
  /** null where it will be said later. */
  readonly size: number | null
  readonly owner?: string | undefined
  /** Given back as it is. */
  readonly metadata?: string | undefined
}

export interface Addition {
  /** Where the bytes belong: what is there already, or they are refused. */
  readonly offset: number
  readonly stream: AsyncIterable<Uint8Array>
  readonly declaredBytes?: number | undefined
  /** Of the whole upload, where it was not said before. */
  readonly size?: number | undefined
}

/** Uploads that come in over several requests, until they are whole. */
export class UnfinishedUploads {
  readonly #options: UnfinishedUploadsOptions
  readonly #uploads = new Map<string, UnfinishedUpload>()
  /** Why those will never be whole that are gone. */
  readonly #losses = new LRUCache<string, HubError>({ max: 10_000 })

  constructor(options: UnfinishedUploadsOptions) {
    this.#options = options
  }

  /** Finds what earlier runs of the hub have left, once. */
  async load(): Promise<void> {
    const { directory, uploads, quota } = this.#options
    for (const id of (await ifPresent(readdir(directory))) ?? []) {
      if (!UPLOAD_ID.test(id)) continue
      const found = await UnfinishedUpload.find(this.#directoryOf(id))
      if (!found) await rm(this.#directoryOf(id), { recursive: true, force: true })
      else if (found instanceof UnfinishedUpload) {
        this.#uploads.set(id, found)
        quota.restore(id, { owner: found.meta.owner, bytes: found.meta.size ?? found.file.received })
      } else {
        await uploads.adopt(id, this.#directoryOf(id))
        quota.restore(id, { owner: found.owner, bytes: found.size })
      }
    }
  }

  get count(): number {
    return this.#uploads.size
  }

  /** undefined for one that is whole, or gone. */
  get(id: string): ShownUnfinished | undefined {
    const upload = this.#uploads.get(id)
    return upload && this.#show(id, upload)
  }

  /** Whether it is still to be waited for, or why it will never come; one that is not known here is there, or unknown to all. */
  standingOf(id: string): 'there' | 'pending' | HubError {
    return this.#uploads.has(id) ? 'pending' : this.#losses.get(id) ?? 'there'
  }

  metadataOf(id: string): string | undefined {
    return this.#uploads.get(id)?.meta.metadata
  }

  /** On the disk for good when it resolves. Throws a HubError: `invalid_input`, `payload_too_large`, `uploads_full`, `disk_full`. */
  async create({ name, size, owner, metadata }: NewUpload): Promise<ShownUnfinished> {
    const { quota, disk } = this.#options
    const meta = { name: cleanUploadName(name), size, ...(owner !== undefined && { owner }), ...(metadata !== undefined && { metadata }) }
    this.#assertSize(size)
    await disk.assertRoomFor(size ?? 0)
    const id = nanoid()
    quota.hold(id, { owner, bytes: size ?? 0 })
    try {
      const upload = await UnfinishedUpload.create(this.#directoryOf(id), meta)
      this.#uploads.set(id, upload)
      return this.#show(id, upload)
    } catch (error) {
      quota.letGo(id)
      await rm(this.#directoryOf(id), { recursive: true, force: true })
      throw error
    }
  }

  /**
   * Adds to an upload, which is whole with its last byte. False for one that is whole already, or gone. Whatever it
   * throws, what came is kept: `upload_conflict` (another offset, broken off, or taken over by another request),
   * `invalid_input`, `payload_too_large`, `uploads_full`, `disk_full`, and what the stream throws.
   */
  async append(id: string, { offset, stream, declaredBytes = 0, size }: Addition): Promise<boolean> {
    const taken = await this.#take(id)
    if (!taken) return false
    const { upload, signal, release } = taken
    try {
      const { received } = upload.file
      if (offset !== received) throw wrongOffset(offset, received)
      if (size !== undefined) await this.#learnSize(id, upload, size)
      const mostBytes = upload.meta.size ?? this.#options.uploads.limits.maxBytes
      if (offset + declaredBytes > mostBytes) throw tooLarge(mostBytes)
      await this.#options.disk.assertRoomFor(declaredBytes)
      await this.#receive(id, upload, { stream, maxBytes: mostBytes - offset, signal })
      await this.#finishIfWhole(id, upload)
      return true
    } finally {
      release()
    }
  }

  /** Ends the request that adds to it, so that what there is can be told. undefined for one that is whole or gone by then. */
  async settle(id: string): Promise<ShownUnfinished | undefined> {
    const taken = await this.#take(id)
    if (!taken) return undefined
    try {
      await this.#finishIfWhole(id, taken.upload)
      return this.get(id)
    } finally {
      taken.release()
    }
  }

  /** False for one that is whole, or gone. */
  async remove(id: string): Promise<boolean> {
    const taken = await this.#take(id)
    if (taken) await this.#lose(id, taken.upload, removed()).finally(taken.release)
    return taken !== undefined
  }

  /** Removes those of which nothing has come for too long. Where the clock was set ahead, they keep the time they had left. */
  async sweep(now: number, { aheadMs = 0 }: { readonly aheadMs?: number } = {}): Promise<readonly string[]> {
    const removed: string[] = []
    for (const [id, upload] of this.#uploads) {
      const asOfNow = Math.min(upload.touchedAt + aheadMs, Math.max(now, Date.now()))
      if (asOfNow !== upload.touchedAt) await upload.moveTime(asOfNow)
      if (upload.isHeld || upload.touchedAt + this.#options.retentionMs > now) continue
      await this.#lose(id, upload, expired())
      removed.push(id)
    }
    return removed
  }

  async #take(id: string) {
    const upload = this.#uploads.get(id)
    const taken = await upload?.take()
    if (!upload || !taken) return undefined
    if (this.#uploads.has(id)) return { upload, ...taken }
    taken.release()
    return undefined
  }

  async #receive(
    id: string, upload: UnfinishedUpload,
    { stream, maxBytes, signal }: { readonly stream: AsyncIterable<Uint8Array>; readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const { uploads, quota, disk, onGrown } = this.#options
    const { owner, size } = upload.meta
    const begin = upload.file.received
    try {
      await upload.file.append(stream, {
        maxBytes, stallMs: uploads.limits.stallMs, signal, assertRoom: () => disk.assertRoomFor(0),
        onSize(bytes) {
          if (size === null) quota.hold(id, { owner, bytes: begin + bytes })
        },
        onGrown() {
          upload.touchedAt = Date.now()
          onGrown?.(id)
        },
      })
    } catch (error) {
      if (!(error instanceof BrokenOffError)) throw error
      throw new HubError('upload_conflict', `The request broke off at byte ${upload.file.received}; what came is kept`, { hint: WAY_ON, cause: error })
    }
  }

  async #learnSize(id: string, upload: UnfinishedUpload, size: number): Promise<void> {
    const { meta, file } = upload
    if (meta.size === size) return
    if (meta.size !== null || size < file.received) {
      throw new HubError('invalid_input', 'The length of the upload cannot be that', {
        errors: [{ path: 'Upload-Length', message: `is ${meta.size ?? `at least ${file.received}`}` }],
      })
    }
    this.#assertSize(size)
    this.#options.quota.hold(id, { owner: meta.owner, bytes: size })
    await upload.setSize(size)
  }

  #assertSize(size: number | null): void {
    const { maxBytes } = this.#options.uploads.limits
    if (size === 0) throw emptyUpload()
    if ((size ?? 0) > maxBytes) throw tooLarge(maxBytes)
  }

  async #finishIfWhole(id: string, upload: UnfinishedUpload): Promise<void> {
    if (!upload.isWhole) return
    await upload.seal()
    await this.#options.uploads.adopt(id, upload.directory)
    this.#uploads.delete(id)
    this.#options.onSettled?.(id)
  }

  async #lose(id: string, upload: UnfinishedUpload, loss: HubError): Promise<void> {
    this.#uploads.delete(id)
    this.#losses.set(id, loss)
    this.#options.quota.letGo(id)
    this.#options.onSettled?.(id)
    await upload.remove()
  }

  #show(id: string, { meta, file, touchedAt }: UnfinishedUpload): ShownUnfinished {
    return {
      id, name: meta.name, size: meta.size, received: file.received, source: `upload:${id}`,
      expires_at: Math.round(touchedAt) + this.#options.retentionMs,
    }
  }

  #directoryOf(id: string): string {
    return path.join(this.#options.directory, id)
  }
}

function removed(): HubError {
  return new HubError('upload_aborted', 'The upload that the job was to read was removed before it was whole', { hint: SEND_AGAIN })
}

function expired(): HubError {
  return new HubError('upload_expired', 'The upload that the job was to read was never finished, and has expired', { hint: SEND_AGAIN })
}

const SEND_AGAIN = 'Send the file and submit the job again'

function wrongOffset(offset: number, received: number): HubError {
  return new HubError('upload_conflict', `The upload is at byte ${received} and not at ${offset}`, {
    hint: WAY_ON, errors: [{ path: 'Upload-Offset', message: `must be ${received}` }],
  })
}
