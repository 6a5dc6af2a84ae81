import { HubProblem } from './hub-problem.ts'
import { ask, askJson, isPassing, patiently, type Hub } from './hub.ts'
import { Pauses, pause } from './pauses.ts'
import { type Piece, piecesOf } from './pieces.ts'
import { sendBytes } from './send-bytes.ts'

/** A file that a job can read as its `source`. */
export interface Upload {
  readonly id: string
  readonly name: string
  readonly size: number
  readonly sha256: string
  /** `upload:ID` */
  readonly source: string
  readonly expires_at: number
}

/** An upload of which more is to come. Jobs can name it already: they wait for it. */
export interface StartedUpload extends Pick<Upload, 'id' | 'name' | 'source' | 'expires_at'> {
  /** Bytes that the hub has. */
  readonly received: number
}

export type UploadBody = Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | (() => ReadableStream<Uint8Array>)

export interface UploadOptions {
  /** Bytes in all, if known; the hub can then refuse at once what is too large. */
  readonly size?: number
  /** Bytes sent so far. Goes back by what a broken connection has lost. */
  readonly onProgress?: (sentBytes: number) => void
  /** Told once of an upload that takes more than one request, before its bytes are sent. */
  readonly onStarted?: (upload: StartedUpload) => void
  /**
   * The id of an upload that was begun earlier with the same bytes, of a Blob: it goes on from what the hub has. One
   * that the hub does not have any more, or that has another size, is begun anew.
   */
  readonly resume?: string
  /** How long a hub that is away is waited for, since the last byte that it took, in milliseconds; that of the client unless given. */
  readonly patienceMs?: number
  readonly signal?: AbortSignal
}

/**
 * Sends a file, by tus where it is not small: after a broken connection or a restart of the hub it goes on from what
 * the hub has. What is given up is taken back, so that no job waits for it.
 */
export async function upload(hub: Hub, name: string, body: UploadBody, options: UploadOptions = {}): Promise<Upload> {
  const source = toSource(body)
  const size = source instanceof Blob ? source.size : options.size
  const pieces = piecesOf(source)
  if (options.resume !== undefined && source instanceof Blob) {
    const known = await findBegun(hub, options.resume, { size: source.size, options })
    if (known && !('received' in known)) return known
    if (known) return await sendRest(hub, known, { pieces: piecesOf(source.slice(known.received)), size: source.size }, options)
  }
  options.onProgress?.(0)
  const { value: first } = await pieces.next()
  try {
    if (!first) throw new TypeError('a body has one piece at least')
    if (!first.isLast) return await sendInPieces(hub, name, { pieces: withFirst(first, pieces), size }, options)
    assertSize(first.bytes.size, size)
    return await sendAtOnce(hub, name, first.bytes, options)
  } finally {
    await pieces.return()
  }
}

async function sendAtOnce(hub: Hub, name: string, body: Blob, { onProgress, patienceMs, signal }: UploadOptions): Promise<Upload> {
  const headers = { ...announce(name, body.size), 'content-type': BYTES }
  const answer = await patiently(hub, () => sendBytes(hub, '/files', { method: 'POST', headers, body, onProgress, signal }), patience(patienceMs, signal))
  return await answer.json() as Upload
}

interface Pieces {
  readonly pieces: AsyncIterable<Piece>
  /** Bytes in all, if known. */
  readonly size: number | undefined
}

async function sendInPieces(hub: Hub, name: string, { pieces, size }: Pieces, options: UploadOptions): Promise<Upload> {
  const { patienceMs, signal } = options
  const started = await patiently(hub, () => askJson<StartedUpload>(hub, '/files', { method: 'POST', headers: announce(name, size), signal }), patience(patienceMs, signal))
  return sendRest(hub, started, { pieces, size }, options)
}

/** What an earlier run has begun, or even ended; undefined where that does not help. */
async function findBegun(hub: Hub, id: string, { size, options: { patienceMs, signal } }: { readonly size: number; readonly options: UploadOptions }) {
  try {
    // Ends a request that still hangs, so that what there is can be told.
    const known = await patiently(hub, () => askJson<StartedUpload & { size: number | null } | Upload>(hub, `/files/${encodeURIComponent(id)}`, { signal }), patience(patienceMs, signal))
    return known.size === size ? known : undefined
  } catch (error) {
    if (error instanceof HubProblem && (error.status === 404 || error.status === 410)) return undefined
    throw error
  }
}

async function sendRest(hub: Hub, started: StartedUpload, { pieces, size }: Pieces, options: UploadOptions): Promise<Upload> {
  const { onStarted, onProgress, patienceMs, signal } = options
  const address = `/files/${encodeURIComponent(started.id)}`
  try {
    onStarted?.(started)
    let sent = started.received
    if (sent > 0) onProgress?.(sent)
    for await (const { bytes, isLast } of pieces) {
      if (isLast) assertSize(sent + bytes.size, size)
      const total = isLast && size === undefined ? { 'upload-length': String(sent + bytes.size) } : {}
      await sendPiece(hub, address, { bytes, from: sent, headers: total, options })
      sent += bytes.size
    }
    return await patiently(hub, () => askJson<Upload>(hub, `/api/uploads/${encodeURIComponent(started.id)}`, { signal }), patience(patienceMs, signal))
  } catch (error) {
    await ask(hub, address, { method: 'DELETE', headers: TUS, timeoutMs: GIVE_UP_MS }).catch(() => undefined)
    throw error
  }
}

interface PieceToSend {
  readonly bytes: Blob
  readonly from: number
  readonly headers: Readonly<Record<string, string>>
  readonly options: UploadOptions
}

/** Until the hub has all of it: after each failure from where the hub is. */
async function sendPiece(hub: Hub, address: string, { bytes, from, headers, options }: PieceToSend): Promise<void> {
  const { onProgress, patienceMs = hub.patienceMs, signal } = options
  const pauses = new Pauses({ firstMs: 500 })
  let offset = from
  let takenAt = performance.now()
  while (offset < from + bytes.size) {
    const begin = offset
    try {
      await sendBytes(hub, address, {
        method: 'PATCH', headers: { ...TUS, 'content-type': BYTES, 'upload-offset': String(begin), ...headers }, body: bytes.slice(begin - from), signal,
        onProgress: (sentBytes) => onProgress?.(begin + sentBytes),
      })
      offset = from + bytes.size
    } catch (error) {
      if (!isPassing(error) && !isConflict(error)) throw error
      const pauseMs = pauses.next(error instanceof HubProblem ? error.retryAfterMs : 0)
      if (performance.now() - takenAt + pauseMs > patienceMs) throw error
      hub.onRetry?.(error, pauseMs)
      await pause(pauseMs, signal)
      offset = await patiently(hub, () => askOffset(hub, address, signal), { patienceMs, signal })
      if (offset < from || offset > from + bytes.size) throw error
      onProgress?.(offset)
      if (offset === begin) continue
      takenAt = performance.now()
      pauses.reset()
    }
  }
}

/** How much the hub has. */
async function askOffset(hub: Hub, address: string, signal: AbortSignal | undefined): Promise<number> {
  const answer = await ask(hub, address, { method: 'HEAD', headers: TUS, signal })
  return Number(answer.headers.get('upload-offset'))
}

/** Another request took the upload over, or ours broke off at a place that is not known here. */
function isConflict(error: unknown): error is HubProblem {
  return error instanceof HubProblem && error.code === 'upload_conflict'
}

const TUS = { 'tus-resumable': '1.0.0' } as const
const BYTES = 'application/offset+octet-stream'
const GIVE_UP_MS = 2000

function announce(name: string, size: number | undefined): Record<string, string> {
  const length: Record<string, string> = size === undefined ? { 'upload-defer-length': '1' } : { 'upload-length': String(size) }
  return { ...TUS, ...length, 'upload-metadata': `filename ${toBase64(name)}` }
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}

function patience(patienceMs: number | undefined, signal: AbortSignal | undefined) {
  return { signal, ...(patienceMs !== undefined && { patienceMs }) }
}

function toSource(body: UploadBody): Blob | ReadableStream<Uint8Array> {
  if (typeof body === 'function') return body()
  return body instanceof Uint8Array ? new Blob([body]) : body
}

function assertSize(bytes: number, size: number | undefined): void {
  if (size !== undefined && bytes !== size) throw new RangeError(`the body has ${bytes} bytes and was said to have ${size}`)
}

async function* withFirst(first: Piece, rest: AsyncIterable<Piece>): AsyncGenerator<Piece, void, undefined> {
  yield first
  yield* rest
}
