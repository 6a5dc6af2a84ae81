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
  readonly signal?: AbortSignal | undefined
}

const ROOM_CHECK_BYTES = 64 * 1024 * 1024

/**
 * Writes what a sender sends to an open file, never more than one chunk in memory. Throws a HubError:
 * `payload_too_large`, `invalid_input` for a sender that broke off or stalled, `disk_full`. The sender's stream is
 * never destroyed, since its connection still has to carry the answer.
 */
export async function receiveFile(
  stream: AsyncIterable<Uint8Array>,
  handle: FileHandle,
  limits: ReceiveLimits,
): Promise<{ readonly size: number; readonly sha256: string }> {
  const hash = createHash('sha256')
  const chunks = stream[Symbol.asyncIterator]()
  let size = 0
  let nextRoomCheck = ROOM_CHECK_BYTES
  try {
    for (;;) {
      const { done, value: chunk } = await nextChunk(chunks, limits)
      if (done === true) return { size, sha256: hash.digest('hex') }
      size += chunk.byteLength
      if (size > limits.maxBytes) throw tooLarge(limits.maxBytes)
      if (size >= nextRoomCheck) {
        await limits.assertRoom()
        nextRoomCheck = size + ROOM_CHECK_BYTES
      }
      hash.update(chunk)
      await write(handle, chunk)
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

export function brokenOff(cause?: unknown): HubError {
  return new HubError('invalid_input', 'The upload broke off before its end; nothing of it was kept.', {
    hint: 'Send the whole file again.',
    cause,
  })
}

/** The next of what a sender sends; rejects with a HubError when it breaks off or sends nothing for too long. */
export function nextChunk(
  chunks: AsyncIterator<Uint8Array>,
  { stallMs, signal }: Pick<ReceiveLimits, 'stallMs' | 'signal'>,
): Promise<IteratorResult<Uint8Array, unknown>> {
  return new Promise((resolve, reject) => {
    const onStall = () => reject(brokenOff(new Error(`no byte for ${stallMs} ms`)))
    const onAbort = () => reject(brokenOff(signal?.reason))
    const timer = setTimeout(onStall, stallMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    chunks.next().then(resolve, (error: unknown) => reject(error instanceof HubError ? error : brokenOff(error))).finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    })
  })
}

async function write(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  try {
    for (let written = 0; written < chunk.byteLength;) {
      written += (await handle.write(chunk, written)).bytesWritten
    }
  } catch (error) {
    if (!isFileError(error, 'ENOSPC', 'EDQUOT')) throw error
    throw new HubError('disk_full', 'The disk is full; nothing of the upload was kept.', { retryAfterSeconds: 60, cause: error })
  }
}
