import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type Artifact, type BatchHandle, type DownloadOptions, HubProblem, HubUnreachableError, type JobHandle } from '../client/index.ts'

export interface DownloadFileOptions {
  readonly signal: AbortSignal
  /** How long a hub that is away is waited for, in milliseconds. */
  readonly patienceMs: number
  readonly onProgress: (bytes: number, totalBytes: number | undefined) => void
}

/**
 * Fetches an artifact into `file`, which is there only when it is whole and its checksum is right. Goes on where an
 * earlier attempt, of this call or of one before, broke off: that is kept as `FILE.part`.
 */
export async function downloadArtifact(
  job: JobHandle, artifact: Artifact, file: string, options: DownloadFileOptions,
): Promise<void> {
  const part = `${file}.part`
  for (let isFresh = false; ; isFresh = true) {
    // Appending to what is there, or from the beginning when that proved to be something else.
    const handle = await open(part, isFresh ? 'w+' : 'a+')
    try {
      await fill(handle, (range) => job.download(artifact.name, range), { ...options, size: artifact.size })
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (await sha256Of(part) === artifact.sha256) break
    if (isFresh) {
      await rm(part)
      throw new HubProblem(502, { code: 'http', detail: `what came is not the artifact ${artifact.name}: its SHA-256 is another` })
    }
  }
  await rename(part, file)
}

/** Fetches the archive of a batch into `file`, which is there only when it is whole. Goes on where a connection breaks off. */
export async function downloadZip(batch: BatchHandle, file: string, options: DownloadFileOptions): Promise<void> {
  const part = `${file}.part`
  // From the beginning: what an earlier call left may be of another archive.
  const handle = await open(part, 'w+')
  try {
    await fill(handle, (range) => batch.zip(range), options)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(part, file)
}

async function fill(
  handle: FileHandle, download: (range: DownloadOptions) => Promise<Response>,
  { size: known, signal, patienceMs, onProgress }: DownloadFileOptions & { readonly size?: number },
): Promise<void> {
  let size = known
  let bytes = (await handle.stat()).size
  if (size !== undefined && bytes > size) await handle.truncate(bytes = 0)
  let heardAt = performance.now()
  let entityTag: string | undefined
  for (let failures = 0; size === undefined || bytes < size;) {
    onProgress(bytes, size)
    try {
      const response = await download({ ...(bytes > 0 && { range: `bytes=${bytes}-`, ifRange: entityTag }), signal })
      entityTag = response.headers.get('etag') ?? undefined
      if (bytes > 0 && response.headers.get('content-range')?.startsWith(`bytes ${bytes}-`) !== true) await handle.truncate(bytes = 0)
      size = known ?? bytes + Number(response.headers.get('content-length'))
      for await (const chunk of silenceLimited(response, signal)) {
        await handle.appendFile(chunk)
        bytes += chunk.byteLength
        heardAt = performance.now()
        failures = 0
        onProgress(bytes, size)
      }
      if (bytes < size) throw new HubUnreachableError(response.url, new Error(`only ${bytes} of ${size} bytes came`))
    } catch (error) {
      signal.throwIfAborted()
      const passes = error instanceof HubUnreachableError || (error instanceof HubProblem && error.passes)
      if (!passes || performance.now() - heardAt > patienceMs) throw error
      await delay(Math.min(10_000, 250 * 2 ** ++failures), undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
}

const SILENCE_MS = 45_000

async function* silenceLimited(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader()
  if (!reader) return
  const onAbort = () => void reader.cancel().catch(() => undefined)
  const timer = setTimeout(onAbort, SILENCE_MS)
  signal.addEventListener('abort', onAbort)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      timer.refresh()
      yield value
    }
  } catch (error) {
    throw new HubUnreachableError(response.url, error)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    onAbort()
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
