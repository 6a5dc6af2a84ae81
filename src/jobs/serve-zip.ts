import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import type { Context } from 'hono'
import { HubError } from '../errors.ts'
import type { ArtifactStore } from './artifact-store.ts'
import type { Artifact, Job } from './job.ts'
import { requestedBytes } from './requested-bytes.ts'
import { sendBody } from './send-body.ts'
import { contentDisposition } from './serve-file.ts'
import { layOutZip, sizeOf, type ZipEntry, type ZipPart } from './zip-layout.ts'
import { ZipNames } from './zip-names.ts'

/** One artifact, and what it is called in the archive. */
export interface ZippedArtifact {
  readonly name: string
  readonly job: Pick<Job, 'id' | 'created_at' | 'ended_at'>
  readonly artifact: Artifact
}

/** All that a job has made and that grows no more, under its own names where they can be unpacked anywhere. */
export function zippedArtifacts(job: Pick<Job, 'id' | 'created_at' | 'ended_at' | 'artifacts'>): readonly ZippedArtifact[] {
  const names = new ZipNames()
  return job.artifacts.filter(({ grows }) => grows !== true).map((artifact) => ({ name: names.take(artifact.name), job, artifact }))
}

const CHUNK_BYTES = 256 * 1024
const STALL_MS = 60_000

/**
 * Answers GET and HEAD with an archive of artifacts that is made while it is sent: 200, 206 or 304. It is the same
 * bytes each time, so a download that broke off goes on with Range. Nothing of it is held in memory or on the disk.
 * Throws a HubError: `artifact_not_found` where there is nothing to put in, `invalid_range`.
 */
export async function serveZip(
  c: Context, zipped: readonly ZippedArtifact[], { store, filename }: { readonly store: Pick<ArtifactStore, 'path'>; readonly filename: string },
): Promise<Response> {
  if (zipped.length === 0) throw new HubError('artifact_not_found', 'There are no artifacts so far', { hint: 'Ask again when a job has completed' })
  const entries: ZipEntry[] = []
  for (const { name, job, artifact } of zipped) {
    const path = store.path(job.id, artifact.name)
    entries.push({ name, path, size: artifact.size, crc32: await checksumOf(artifact, path), modifiedAt: job.ended_at ?? job.created_at })
  }
  const { parts, size } = layOutZip(entries)
  const modifiedAt = Math.max(...entries.map((entry) => entry.modifiedAt))
  const contents = JSON.stringify(zipped.map(({ name, artifact: { sha256 } }, at) => [name, sha256, entries[at]!.modifiedAt]))
  const etag = `"${createHash('sha256').update(contents).digest('base64url')}"`
  const requested = requestedBytes(c.req.raw, { size, etag, modifiedAt })
  if (requested.type === 'unsatisfiable') {
    c.header('Content-Range', `bytes */${size}`)
    throw new HubError('invalid_range', `The range begins beyond the end of the archive, which has ${size} bytes.`)
  }
  setHeaders(c, { etag, modifiedAt, filename })
  if (requested.type === 'not-modified') return c.body(null, 304)
  const { start, end } = requested.type === 'part' ? requested : { start: 0, end: size - 1 }
  c.header('Content-Length', String(end - start + 1))
  if (requested.type === 'part') c.header('Content-Range', `bytes ${start}-${end}/${size}`)
  if (c.req.method === 'HEAD') return c.body(null)
  let sent = 0
  const counted = async function* () {
    for await (const chunk of bytesOf(parts, start, end)) {
      sent += chunk.length
      yield chunk
    }
  }
  return sendBody(c, {
    stream: Readable.from(counted(), { objectMode: false, highWaterMark: CHUNK_BYTES }), status: requested.type === 'part' ? 206 : 200, stallMs: STALL_MS,
    assertWhole() {
      if (sent !== end - start + 1) throw new ArchiveCutShortError('An artifact was not as long as recorded')
    },
  })
}

class ArchiveCutShortError extends Error {
  override name = 'ArchiveCutShortError'
}

/** One that was made before checksums were kept is read for it. */
async function checksumOf({ crc32: known }: Artifact, path: string): Promise<number> {
  if (known !== undefined) return Number.parseInt(known, 16)
  let sum = 0
  for await (const chunk of (await openFile(path)).createReadStream({ highWaterMark: CHUNK_BYTES })) sum = crc32(chunk as Buffer, sum)
  return sum
}

/** The bytes from `start` to `end`, both inclusive. */
async function* bytesOf(parts: readonly ZipPart[], start: number, end: number): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const part of parts) {
    const size = sizeOf(part)
    const from = Math.max(0, start - at)
    const to = Math.min(size, end + 1 - at)
    at += size
    if (from >= to) continue
    if (Buffer.isBuffer(part)) yield part.subarray(from, to)
    else yield* (await openFile(part.path)).createReadStream({ start: from, end: to - 1, highWaterMark: CHUNK_BYTES })
  }
}

async function openFile(path: string) {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
}

function setHeaders(c: Context, { etag, modifiedAt, filename }: { readonly etag: string; readonly modifiedAt: number; readonly filename: string }): void {
  const headers = {
    'Accept-Ranges': 'bytes',
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': 'private, no-cache, no-transform',
    'Content-Disposition': contentDisposition('attachment', filename),
    'Content-Type': 'application/zip',
    'ETag': etag,
    'Last-Modified': new Date(modifiedAt).toUTCString(),
    'X-Content-Type-Options': 'nosniff',
  }
  for (const [name, value] of Object.entries(headers)) c.header(name, value)
}
