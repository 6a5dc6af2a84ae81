import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { Busboy, type BusboyInstance } from '@fastify/busboy'
import { HubError } from '../errors.ts'
import type { Caller } from './caller.ts'
import { letTheRestGo } from './let-the-rest-go.ts'
import { BrokenOffError, nextChunk } from './receive-file.ts'
import { declaredBytes, incomingOf, requestBody, type RequestContext } from './request-body.ts'
import type { Upload, UploadStore } from './upload-store.ts'

export interface MultipartOptions {
  readonly uploads: Pick<UploadStore, 'put' | 'remove' | 'limits'>
  readonly caller: Caller
  /** Default 100. */
  readonly maxFiles?: number
  /** All files of the request together; default what one upload may have. */
  readonly maxTotalBytes?: number
  /** With which the files can be listed. */
  readonly collection?: string
  /** Throws a HubError where a file of that name is not wanted. */
  readonly assertWanted?: (fileName: string) => void
}

export interface ReceivedFile {
  /** The name of the part. */
  readonly field: string
  readonly upload: Upload
}

export interface MultipartForm {
  /** In the order they came in. */
  readonly files: readonly ReceivedFile[]
  readonly fields: ReadonlyMap<string, readonly string[]>
}

const FIELD_BYTES = 64 * 1024
const MAX_FIELDS = 100
/** What may stand around the files: other fields, headers, boundaries. */
const FRAMING_BYTES = 8 * 1024 * 1024

/**
 * Streams the files of a `multipart/form-data` request into the upload store. All of them are kept, or none if it
 * throws. An empty part without a file name, as a browser sends for a file input left alone, is passed over.
 */
export async function receiveMultipart(c: RequestContext, options: MultipartOptions): Promise<MultipartForm> {
  try {
    return await receive(c, options)
  } catch (error) {
    letTheRestGo(incomingOf(c))
    throw error
  }
}

async function receive(c: RequestContext, { uploads, caller, maxFiles = 100, maxTotalBytes = uploads.limits.maxBytes, collection, assertWanted }: MultipartOptions): Promise<MultipartForm> {
  const parser = parserOf(c.req.raw.headers.get('content-type') ?? '', maxFiles)
  if ((declaredBytes(c) ?? 0) > maxTotalBytes + FRAMING_BYTES) throw tooMuch(maxTotalBytes, 'body')
  const failed = new AbortController()
  const fail = (error: unknown) => failed.abort(error)
  const puts: Promise<ReceivedFile | undefined>[] = []
  const fields = new Map<string, string[]>()
  const sent = new Map<Readable, number>()
  let fileBytes = 0

  async function* counted(field: string, stream: Readable): AsyncGenerator<Uint8Array> {
    sent.set(stream, 0)
    for await (const chunk of stream) {
      fileBytes += (chunk as Uint8Array).byteLength
      const partBytes = (sent.get(stream) ?? 0) + (chunk as Uint8Array).byteLength
      sent.set(stream, partBytes)
      if (fileBytes > maxTotalBytes && partBytes <= uploads.limits.maxBytes) throw tooMuch(maxTotalBytes, field)
      yield chunk as Uint8Array
    }
  }

  async function accepted(fileName: string | undefined): Promise<void> {
    if (fileName !== undefined) assertWanted?.(fileName)
  }

  parser.on('file', (field: string, stream: Readable, fileName: string | undefined) => {
    // Told by the put that reads it.
    stream.on('error', () => {})
    const put = accepted(fileName).then(() => uploads.put(fileName ?? field, counted(field, stream), { signal: failed.signal, owner: caller.owner, collection })).then(
      (upload) => ({ field, upload }),
      (error: unknown) => {
        if (fileName === undefined && sent.get(stream) === 0 && stream.readableEnded) return undefined
        throw ofPart(error, field, fileName ?? field)
      },
    )
    put.catch(fail)
    puts.push(put)
  })
  parser.on('field', (field: string, value: string, isNameCut: boolean, isValueCut: boolean) => {
    if (isNameCut || isValueCut) return fail(invalid(field, `must have at most ${FIELD_BYTES} bytes`))
    fields.set(field, [...(fields.get(field) ?? []), value])
  })
  parser.on('filesLimit', () => fail(invalid('body', `at most ${maxFiles} files in one request`)))
  parser.on('fieldsLimit', () => fail(invalid('body', `at most ${MAX_FIELDS} fields beside the files`)))
  parser.on('error', (error: unknown) => fail(new BrokenOffError(error)))

  try {
    await feed(parser, requestBody(c, caller), { maxBytes: maxTotalBytes + FRAMING_BYTES, stallMs: uploads.limits.stallMs, signal: failed.signal })
    const files = (await Promise.all(puts)).filter((file) => file !== undefined)
    failed.signal.throwIfAborted()
    return { files, fields }
  } catch (error) {
    fail(error)
    parser.destroy()
    for (const put of await Promise.allSettled(puts)) {
      if (put.status === 'fulfilled' && put.value) await uploads.remove(put.value.upload.id)
    }
    throw failed.signal.reason
  }
}

function parserOf(contentType: string, maxFiles: number): BusboyInstance {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) {
    throw new HubError('unsupported_media_type', 'This takes a form with files', { hint: 'Send it as multipart/form-data, or one file with PUT /api/uploads/NAME' })
  }
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      limits: { files: maxFiles, fields: MAX_FIELDS, fieldSize: FIELD_BYTES, fieldNameSize: 200, headerPairs: 20 },
    })
  } catch (error) {
    throw invalid('Content-Type', 'must name the boundary of the parts', error)
  }
}

interface FeedLimits {
  readonly maxBytes: number
  readonly stallMs: number
  readonly signal: AbortSignal
}

async function feed(parser: BusboyInstance, body: AsyncIterable<Uint8Array>, { maxBytes, stallMs, signal }: FeedLimits): Promise<void> {
  const finished = once(parser, 'finish', { signal })
  finished.catch(() => {})
  const chunks = body[Symbol.asyncIterator]()
  let size = 0
  try {
    for (;;) {
      const { done, value: chunk } = await nextChunk(chunks, { stallMs, signal })
      if (done === true) break
      size += chunk.byteLength
      if (size > maxBytes) throw tooMuch(maxBytes, 'body')
      if (!parser.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))) await once(parser, 'drain', { signal })
    }
    parser.end()
    await finished
  } finally {
    chunks.return?.(undefined).catch(() => {})
  }
}

function ofPart(error: unknown, field: string, fileName: string): unknown {
  if (!(error instanceof HubError)) return error
  const { code, message, hint, errors = [], retryAfterSeconds } = error
  return new HubError(code, `${JSON.stringify(fileName)} in "${field}": ${message}`, {
    hint, retryAfterSeconds, cause: error, errors: errors.map((each) => ({ path: field, message: each.message })),
  })
}

function tooMuch(maxBytes: number, path: string): HubError {
  return new HubError('payload_too_large', `The files together are larger than the ${maxBytes} bytes that are allowed.`, {
    hint: 'Send them in several requests.',
    errors: [{ path, message: `at most ${maxBytes} bytes in one request` }],
  })
}

function invalid(path: string, message: string, cause?: unknown): HubError {
  return new HubError('invalid_input', 'The form cannot be taken in.', { errors: [{ path, message }], cause })
}
