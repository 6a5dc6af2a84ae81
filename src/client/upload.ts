import { HubUnreachableError } from './hub-problem.ts'
import { askJson, patiently, type Hub } from './hub.ts'
import { uploadByXhr } from './upload-by-xhr.ts'

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

/** A function that opens the bytes anew lets an upload survive a broken connection; a plain stream can be sent once. */
export type UploadBody = Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | (() => ReadableStream<Uint8Array>)

export interface UploadOptions {
  /** Bytes in all, if known; the hub can then refuse at once what is too large. */
  readonly size?: number
  /** Bytes sent so far. Begins again at 0 when the upload has to. */
  readonly onProgress?: (sentBytes: number) => void
  readonly signal?: AbortSignal
}

/** Sends a file. A broken connection is tried again from the beginning where the body can be read twice. */
export async function upload(hub: Hub, name: string, body: UploadBody, options: UploadOptions = {}): Promise<Upload> {
  const path = `/api/uploads/${encodeURIComponent(name)}`
  if (typeof XMLHttpRequest !== 'undefined') {
    // Browsers stream a request body over HTTP/2 only, if at all, and tell the progress of a Blob only this way.
    const blob = await toBlob(body)
    return patiently(hub, () => uploadByXhr(hub, path, blob, options), options)
  }
  const open = opener(body)
  const size = options.size ?? sizeOf(body)
  const attempt = () => askJson<Upload>(hub, path, {
    method: 'PUT',
    body: counted(open(), options.onProgress),
    headers: { 'content-type': 'application/octet-stream', ...(size === undefined ? {} : { 'content-length': String(size) }) },
    signal: options.signal,
    timeoutMs: null,
    // Needed for a body that is a stream; not in every platform's types.
    ...{ duplex: 'half' },
  })
  return body instanceof ReadableStream ? attempt() : patiently(hub, attempt, options)
}

function opener(body: UploadBody): () => ReadableStream<Uint8Array> {
  if (typeof body === 'function') return body
  if (body instanceof ReadableStream) return () => body
  const blob = body instanceof Blob ? body : new Blob([body])
  return () => blob.stream()
}

function sizeOf(body: UploadBody): number | undefined {
  if (body instanceof Blob) return body.size
  return body instanceof Uint8Array ? body.byteLength : undefined
}

function counted(stream: ReadableStream<Uint8Array>, onProgress: UploadOptions['onProgress']): ReadableStream<Uint8Array> {
  if (!onProgress) return stream
  let sent = 0
  onProgress(0)
  return stream.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      controller.enqueue(chunk)
      sent += chunk.byteLength
      onProgress(sent)
    },
  }))
}

async function toBlob(body: UploadBody): Promise<Blob> {
  if (body instanceof Blob) return body
  if (body instanceof Uint8Array) return new Blob([body])
  try {
    return await new Response(typeof body === 'function' ? body() : body).blob()
  } catch (error) {
    throw new HubUnreachableError('this file', error)
  }
}
