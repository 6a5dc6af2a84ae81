import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { HubError } from '../errors.ts'
import { isFileError } from './file-error.ts'

export interface ReceiveLimits {
  readonly maxBytes: number
  /** How long the sender may send nothing. */
  readonly stallMs: number
  /** Throws when the disk has no room; asked now and then. */
  assertRoom(): Promise<void>
  /** Told how much has come, before it is taken; what it throws ends the sending. */
  onSize?(bytes: number): void
  readonly signal?: AbortSignal | undefined
}

const ROOM_CHECK_BYTES = 64 * 1024 * 1024

/**
 * Writes what a sender sends to an open file, never more than one chunk in memory. Throws as `receiveChunks` does, and
 * a HubError with `disk_full`.
 */
export async function receiveFile(
  stream: AsyncIterable<Uint8Array>,
  handle: FileHandle,
  limits: ReceiveLimits,
): Promise<{ readonly size: number; readonly sha256: string }> {
  const hash = createHash('sha256')
  const size = await receiveChunks(stream, limits, async (chunk, position) => {
    hash.update(chunk)
    await writeChunk(handle, chunk, position)
  })
  return { size, sha256: hash.digest('hex') }
}

/**
 * Hands over what a sender sends, chunk by chunk, and resolves to the bytes in all. Throws a HubError:
 * `payload_too_large`, BrokenOffError for a sender that broke off or stalled, what `limits` throw, and the reason of
 * the signal. The sender's stream is never destroyed, since its connection still has to carry the answer.
 */
export async function receiveChunks(
  stream: AsyncIterable<Uint8Array>,
  limits: ReceiveLimits,
  take: (chunk: Uint8Array, position: number) => Promise<void>,
): Promise<number> {
  const chunks = stream[Symbol.asyncIterator]()
  let size = 0
  let nextRoomCheck = ROOM_CHECK_BYTES
  try {
    for (;;) {
      const { done, value: chunk } = await nextChunk(chunks, limits)
      if (done === true) return size
      const position = size
      size += chunk.byteLength
      if (size > limits.maxBytes) throw tooLarge(limits.maxBytes)
      limits.onSize?.(size)
      if (size >= nextRoomCheck) {
        await limits.assertRoom()
        nextRoomCheck = size + ROOM_CHECK_BYTES
      }
      await take(chunk, position)
    }
  } finally {
    // Not awaited: after a stall it would wait for the very chunk that does not come.
    chunks.return?.().catch(() => {})
  }
}

export function tooLarge(maxBytes: number): HubError {
  return new HubError('payload_too_large', `The file is larger than the ${maxBytes} bytes that are allowed.`, {
    errors: [{ path: 'body', message: `at most ${maxBytes} bytes` }],
  })
}

/** The sender went away, or sent nothing for too long. */
export class BrokenOffError extends HubError {
  override name = 'BrokenOffError'

  constructor(cause?: unknown) {
    super('invalid_input', 'The upload broke off before its end; nothing of it was kept.', {
      hint: 'Send the whole file again, or by POST /files, where an upload can be resumed.',
      cause,
    })
  }
}

/** The next of what a sender sends; rejects with a HubError when it breaks off or sends nothing for too long. */
export function nextChunk(
  chunks: AsyncIterator<Uint8Array>,
  { stallMs, signal }: Pick<ReceiveLimits, 'stallMs' | 'signal'>,
): Promise<IteratorResult<Uint8Array, unknown>> {
  return new Promise((resolve, reject) => {
    const onStall = () => reject(new BrokenOffError(new Error(`no byte for ${stallMs} ms`)))
    const onAbort = () => reject(signal?.reason instanceof HubError ? signal.reason : new BrokenOffError(signal?.reason))
    const timer = setTimeout(onStall, stallMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    chunks.next().then(resolve, (error: unknown) => reject(error instanceof HubError ? error : new BrokenOffError(error))).finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    })
  })
}

/** Throws a HubError with `disk_full`. */
export async function writeChunk(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  try {
    for (let written = 0; written < chunk.byteLength;) {
      written += (await handle.write(chunk, written, chunk.byteLength - written, position + written)).bytesWritten
    }
  } catch (error) {
    if (!isFileError(error, 'ENOSPC', 'EDQUOT')) throw error
    throw new HubError('disk_full', 'The disk became full while the file came in.', { retryAfterSeconds: 60, cause: error })
  }
}
