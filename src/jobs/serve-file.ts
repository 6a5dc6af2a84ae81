import { constants, type ReadStream } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import type { Context } from 'hono'
import { HubError } from '../errors.ts'
import { isFileError } from './file-error.ts'
import type { HandOver } from './hand-over.ts'
import { requestedBytes, type RequestedBytes } from './requested-bytes.ts'
import { sendBody } from './send-body.ts'
import { servedContentType } from './served-content-type.ts'

/** A file as it was recorded; its bytes never change under this etag. */
export interface ServedFile {
  readonly path: string
  readonly size: number
  /** Strong, with its quotes. */
  readonly etag: string
  /** Wish of whoever made the file; only a type of a closed list is sent as such. */
  readonly contentType: string
  readonly filename: string
  /** May have been replaced since it was recorded: it is sent as it is on the disk, where it always is whole. */
  readonly grows?: true
}

export interface ServeOptions {
  /** Sends this one type in place of the file's own. */
  readonly contentType?: typeof OCTETS_AS_LATIN1
  /** What a browser would show is to be saved all the same. */
  readonly disposition?: 'attachment'
  /** Lets the proxy in front send the bytes, where there is one that can. */
  readonly handOver?: HandOver | undefined
  /** Answers 206 to a request for the whole file as well. */
  readonly isAlwaysPartial?: boolean
  /** How long a reader may take no byte before it is cut; default 60 s. */
  readonly stallMs?: number
}

/** ComputerCraft before CC:Tweaked 1.109 decodes what it did not open as binary; as ISO-8859-1 that keeps each byte. */
export const OCTETS_AS_LATIN1 = 'application/octet-stream; charset=ISO-8859-1'

const CHUNK_BYTES = 256 * 1024
const DEFAULT_STALL_MS = 60_000

/**
 * Answers GET and HEAD with a file: 200, 206 or 304. The file is opened once, so one that is removed meanwhile is still
 * sent to its end; one that is not as recorded is not sent at all. Throws a HubError: `artifact_not_found`,
 * `invalid_range` (the context then has the Content-Range header that belongs to it), `too_many_connections`, `internal`.
 */
export async function serveFile(c: Context, file: ServedFile, options: ServeOptions = {}): Promise<Response> {
  const handle = await openToRead(file.path)
  let body: FileBody | undefined
  try {
    body = await prepare(c, handle, file, options)
  } finally {
    // From its making on, the body owns the handle.
    if (body === undefined) await handle.close()
  }
  if (body === undefined) return c.body(null)
  const { stream, status, length } = body
  return sendBody(c, {
    stream, status, stallMs: options.stallMs ?? DEFAULT_STALL_MS,
    assertWhole() {
      if (stream.bytesRead !== length) throw notAsRecorded()
    },
  })
}

interface FileBody {
  readonly stream: ReadStream
  readonly status: 200 | 206
  readonly length: number
}

/** A link or a pipe that got into the file's place is not followed and not waited for. */
async function openToRead(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (isFileError(error, 'ENOENT')) throw new HubError('artifact_not_found', 'This file has been removed.', { cause: error })
    if (!isFileError(error, 'EMFILE', 'ENFILE')) throw notAsRecorded(error)
    throw new HubError('too_many_connections', 'Too many files are being read.', { retryAfterSeconds: 1, cause: error })
  }
}

/** Sets status and headers; undefined if no body goes with them. */
async function prepare(c: Context, handle: FileHandle, recorded: ServedFile, options: ServeOptions): Promise<FileBody | undefined> {
  const stats = await handle.stat()
  const file = recorded.grows ? { ...recorded, size: stats.size, etag: `"${stats.ino}-${stats.size}-${stats.mtimeMs}"` } : recorded
  if (!stats.isFile() || stats.size !== file.size) throw notAsRecorded()
  const requested = requestedBytes(c.req.raw, { size: file.size, etag: file.etag, modifiedAt: stats.mtimeMs })
  if (requested.type === 'unsatisfiable') {
    c.header('Content-Range', `bytes */${file.size}`)
    throw new HubError('invalid_range', `The range begins beyond the end of the file, which has ${file.size} bytes.`)
  }
  setHeaders(c, file, { ...options, modifiedAt: stats.mtime })
  if (requested.type === 'not-modified') {
    c.status(304)
    return undefined
  }
  const location = mayHandOver(c, requested) ? options.handOver?.(c.env?.incoming, file.path) : undefined
  if (location !== undefined) {
    // nginx says this by itself as well, and would say it twice.
    c.header('Accept-Ranges', undefined)
    c.header('X-Accel-Redirect', location)
    return undefined
  }
  const { start, end } = requested.type === 'part' ? requested : { start: 0, end: file.size - 1 }
  const length = end - start + 1
  const isPart = requested.type === 'part' || options.isAlwaysPartial === true
  c.header('Content-Length', String(length))
  if (isPart) c.header('Content-Range', `bytes ${start}-${end}/${file.size}`)
  if (c.req.method === 'HEAD' || length === 0) return undefined
  const stream = handle.createReadStream({ start, end, highWaterMark: CHUNK_BYTES })
  return { stream, status: isPart ? 206 : 200, length }
}

/** The proxy reads the request's conditions and Range too: what it would take otherwise than we do is ours to answer. */
function mayHandOver(c: Context, requested: RequestedBytes): boolean {
  if (c.env?.incoming === undefined || c.req.header('if-match') !== undefined || c.req.header('if-unmodified-since') !== undefined) return false
  return requested.type === 'part' || c.req.header('range') === undefined || c.req.header('if-range') !== undefined
}

function notAsRecorded(cause?: unknown): HubError {
  return new HubError('internal', 'The file on disk is not the one that was recorded.', {
    hint: 'Run the job again to make it anew.',
    cause,
  })
}

function setHeaders(c: Context, file: ServedFile, options: ServeOptions & { readonly modifiedAt: Date }): void {
  const { contentType, disposition } = servedContentType(options.contentType ?? file.contentType)
  const { modifiedAt } = options
  const headers = {
    'Accept-Ranges': 'bytes',
    'Access-Control-Allow-Origin': '*',
    // A retry of the job may put other bytes under the same name; the ETag makes asking cheap.
    'Cache-Control': 'private, no-cache, no-transform',
    'Content-Disposition': contentDisposition(options.disposition ?? disposition, file.filename),
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'Content-Type': options.contentType ?? contentType,
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'ETag': file.etag,
    'Last-Modified': modifiedAt.toUTCString(),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  }
  for (const [name, value] of Object.entries(headers)) c.header(name, value)
}

/** RFC 6266: a name in plain ASCII for all, and the true one beside it if that is another. */
export function contentDisposition(disposition: 'inline' | 'attachment', filename: string): string {
  const wellFormed = Buffer.from(filename).toString()
  const plain = wellFormed.replace(/[^\x20-\x7e]|["\\/%]/gu, '_')
  const exact = encodeURIComponent(wellFormed).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${disposition}; filename="${plain}"${plain === wellFormed ? '' : `; filename*=UTF-8''${exact}`}`
}
