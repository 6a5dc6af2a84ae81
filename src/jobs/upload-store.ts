import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import { nanoid } from 'nanoid'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import type { DiskGuard } from './disk-guard.ts'
import { ifPresent } from './file-error.ts'
import { brokenOff, receiveFile, tooLarge } from './receive-file.ts'
import { syncDirectory } from './sync-directory.ts'

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
  /** How long a sender may send nothing; default 60 s. */
  readonly stallMs?: number
  /** Told the absolute path of each that has come in whole. */
  readonly onStored?: (file: string) => void
}

export interface PutOptions {
  /** The Content-Length, if there is one. */
  readonly declaredBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** What it can be listed with. */
  readonly collection?: string | undefined
}

const DEFAULT_MAX_BYTES = 4 * 1024 ** 3
const DEFAULT_STALL_MS = 60_000
const ID = /^[A-Za-z0-9_-]{21}$/

const META_FILE = 'upload.json'
const DATA_FILE = 'data'
const META = z.object({ name: z.string(), size: z.number(), sha256: z.string(), collection: z.string().optional() })
type Meta = z.infer<typeof META>

/**
 * Files that callers sent, each a directory named by its id: `data`, and `upload.json`, which is written last and
 * makes the upload one. The time of `upload.json` is the last use.
 */
export class UploadStore {
  readonly #directory: string
  readonly #maxBytes: number
  readonly #retentionMs: number
  readonly #disk: Pick<DiskGuard, 'assertRoomFor'>
  readonly #stallMs: number
  readonly #onStored: (file: string) => void
  /** Ids of uploads that are on their way in. */
  readonly #receiving = new Set<string>()

  constructor(options: UploadStoreOptions) {
    this.#directory = options.directory
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES
    this.#retentionMs = options.retentionMs
    this.#disk = options.disk
    this.#stallMs = options.stallMs ?? DEFAULT_STALL_MS
    this.#onStored = options.onStored ?? (() => undefined)
  }

  get limits(): { readonly maxBytes: number; readonly stallMs: number } {
    return { maxBytes: this.#maxBytes, stallMs: this.#stallMs }
  }

  /**
   * Takes a file in; it is on the disk for good once the promise resolves, and not a byte of it if it rejects. Throws
   * a HubError: `invalid_input` (empty, broken off, no name), `payload_too_large`, `disk_full`. What is declared too
   * large is refused before the first byte is read.
   */
  async put(name: string, stream: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<Upload> {
    const { declaredBytes, signal } = options
    const displayName = cleanName(name)
    if ((declaredBytes ?? 0) > this.#maxBytes) throw tooLarge(this.#maxBytes)
    await this.#disk.assertRoomFor(declaredBytes ?? 0)
    const id = nanoid()
    const directory = path.join(this.#directory, id)
    this.#receiving.add(id)
    try {
      await mkdir(directory, { recursive: true })
      const received = await this.#receive(stream, directory, signal)
      if (received.size === 0) throw empty()
      if (declaredBytes !== undefined && received.size !== declaredBytes) throw brokenOff()
      const meta: Meta = { name: displayName, ...received, ...(options.collection !== undefined && { collection: options.collection }) }
      await writeWhole(path.join(directory, META_FILE), JSON.stringify(meta))
      await syncDirectory(directory)
      await syncDirectory(this.#directory)
      this.#onStored(path.resolve(directory, DATA_FILE))
      return await this.get(id)
    } catch (error) {
      await rm(directory, { recursive: true, force: true })
      throw error
    } finally {
      this.#receiving.delete(id)
    }
  }

  /** Throws a HubError with `upload_not_found`. */
  async get(id: string): Promise<Upload> {
    const file = path.join(this.#directoryOf(id), META_FILE)
    const [text, { mtimeMs }] = await orNotFound(id, Promise.all([readFile(file, 'utf8'), stat(file)]))
    return this.#show(id, parseMeta(id, text), mtimeMs)
  }

  /** Those that were put in with this collection, the one used last first. */
  async list(collection: string): Promise<readonly Upload[]> {
    const found: Upload[] = []
    for (const id of (await ifPresent(readdir(this.#directory))) ?? []) {
      if (!ID.test(id) || this.#receiving.has(id)) continue
      const file = path.join(this.#directory, id, META_FILE)
      const [text, status] = await Promise.all([ifPresent(readFile(file, 'utf8')), ifPresent(stat(file))])
      if (text === undefined || status === undefined) continue
      const meta = parseMeta(id, text)
      if (meta.collection === collection) found.push(this.#show(id, meta, status.mtimeMs))
    }
    return found.sort((a, b) => b.expires_at - a.expires_at)
  }

  /** The absolute path of the bytes, and the upload with its retention begun anew. Throws as `get` does. */
  async use(id: string): Promise<{ readonly path: string; readonly upload: Upload }> {
    const directory = this.#directoryOf(id)
    const now = new Date()
    await orNotFound(id, utimes(path.join(directory, META_FILE), now, now))
    return { path: path.resolve(directory, DATA_FILE), upload: await this.get(id) }
  }

  /** Who has the file open reads it to its end. Throws as `get` does. */
  async remove(id: string): Promise<void> {
    await this.get(id)
    await rm(this.#directoryOf(id), { recursive: true, force: true })
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
      if (!ID.test(id) || this.#receiving.has(id)) continue
      const directory = path.join(this.#directory, id)
      const meta = path.join(directory, META_FILE)
      const usedAt = await modifiedAt(meta)
      if (usedAt !== undefined) {
        const asOfNow = Math.min(usedAt + aheadMs, Math.max(now, Date.now()))
        if (asOfNow !== usedAt) await ifPresent(utimes(meta, asOfNow / 1000, asOfNow / 1000))
        if (awaited.has(id) || asOfNow + this.#retentionMs > now) continue
      }
      await rm(directory, { recursive: true, force: true })
      removed.push(id)
    }
    return removed
  }

  async #receive(stream: AsyncIterable<Uint8Array>, directory: string, signal: AbortSignal | undefined) {
    const file = path.join(directory, DATA_FILE)
    const handle = await open(partOf(file), 'wx')
    try {
      const assertRoom = () => this.#disk.assertRoomFor(0)
      const received = await receiveFile(stream, handle, { maxBytes: this.#maxBytes, stallMs: this.#stallMs, assertRoom, signal })
      await handle.sync()
      await rename(partOf(file), file)
      return received
    } finally {
      await handle.close()
    }
  }

  #show(id: string, meta: Meta, usedAt: number): Upload {
    const { name, size, sha256 } = meta
    return { id, name, size, sha256, source: `upload:${id}`, expires_at: Math.round(usedAt) + this.#retentionMs }
  }

  #directoryOf(id: string): string {
    if (!ID.test(id)) throw notFound(id)
    return path.join(this.#directory, id)
  }
}

const NAME_CHARACTERS = 200

/** The last part of a name, without what could mislead the eye or a terminal. */
function cleanName(name: string): string {
  const cleaned = name.normalize('NFC').replace(/.*[/\\]/su, '').replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '').trim()
  if (cleaned !== '' && [...cleaned].length <= NAME_CHARACTERS) return cleaned
  throw new HubError('invalid_input', `The name of an upload must have 1 to ${NAME_CHARACTERS} characters.`, {
    hint: 'Any short name will do, for example input.mp4; it is only shown to people.',
    errors: [{ path: 'name', message: `must have 1 to ${NAME_CHARACTERS} visible characters` }],
  })
}

function empty(): HubError {
  return new HubError('invalid_input', 'The upload has no bytes.', {
    hint: 'Send the file itself as the body of the request.',
    errors: [{ path: 'body', message: 'must not be empty' }],
  })
}

function partOf(file: string): string {
  return `${file}.part`
}

async function writeWhole(file: string, text: string): Promise<void> {
  const handle = await open(partOf(file), 'wx')
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(partOf(file), file)
}

async function orNotFound<Found>(id: string, found: Promise<Found>): Promise<Found> {
  const present = await ifPresent(found.then((value) => ({ value })))
  if (present === undefined) throw notFound(id)
  return present.value
}

/** One that is damaged is none: nobody could tell whether its bytes are those that were sent. */
function parseMeta(id: string, text: string): Meta {
  try {
    return META.parse(JSON.parse(text))
  } catch (error) {
    throw notFound(id, error)
  }
}

function notFound(id: string, cause?: unknown): HubError {
  return new HubError('upload_not_found', `There is no upload "${id}".`, {
    hint: 'It may have expired. Send the file again.',
    cause,
  })
}

async function modifiedAt(file: string): Promise<number | undefined> {
  return (await ifPresent(stat(file)))?.mtimeMs
}
