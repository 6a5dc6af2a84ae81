import { createHash } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { HubError } from '../errors.ts'
import type { ArtifactSpec } from '../tools/tool.ts'
import type { Artifact, Job } from './job.ts'
import type { ServedFile } from './serve-file.ts'
import { syncDirectory } from './sync-directory.ts'

/** The files that jobs made, each as `<directory>/<job id>/artifacts/<name>`, whole from the moment it has that name. */
export class ArtifactStore {
  readonly #directory: string

  /** `directory` is that of all jobs, on the file system on which their files are staged. */
  constructor({ directory }: { readonly directory: string }) {
    this.#directory = directory
  }

  /**
   * Takes a staged file over: it is moved, not copied, and is on the disk for good once the promise resolves. Putting
   * a name again replaces what it named; who is reading the old file gets it to its end. Throws a HubError with
   * `internal` if the staged file is not a plain file or the name is not a plain name.
   */
  async put(jobId: string, stagedFile: string, spec: ArtifactSpec): Promise<Artifact> {
    const target = this.path(jobId, spec.file)
    const { size, sha256, crc32: checksum } = await syncAndHash(stagedFile)
    await this.#ensureDirectory(jobId)
    await rename(stagedFile, target)
    await syncDirectory(path.dirname(target))
    return {
      name: spec.file, size, content_type: spec.contentType, sha256, crc32: checksum, url: artifactUrl(jobId, spec.file), ...(spec.grows && { grows: true }),
    }
  }

  /** Where an artifact lies. Both are names from the job's record, never from a request. */
  path(jobId: string, name: string): string {
    return path.join(this.#artifactDirectory(jobId), plainName(name))
  }

  /** What `serveFile` needs to send an artifact of this job; `name` may come from a request. Throws `artifact_not_found`. */
  served(job: Pick<Job, 'id' | 'artifacts'>, name: string): ServedFile {
    const artifact = artifactOf(job, name)
    return {
      path: this.path(job.id, artifact.name),
      size: artifact.size,
      etag: `"${artifact.sha256}"`,
      contentType: artifact.content_type,
      filename: artifact.name,
      ...(artifact.grows && { grows: true }),
    }
  }

  /** Removes all artifacts of a job. Downloads in progress still end whole; none there is no error. */
  async remove(jobId: string): Promise<void> {
    const directory = this.#artifactDirectory(jobId)
    if (existsSync(directory)) await rm(directory, { recursive: true, force: true })
  }

  async #ensureDirectory(jobId: string): Promise<void> {
    const made = await mkdir(this.#artifactDirectory(jobId), { recursive: true })
    if (made !== undefined) await syncDirectory(path.dirname(made))
  }

  #artifactDirectory(jobId: string): string {
    return path.join(this.#directory, plainName(jobId), 'artifacts')
  }
}

/** The artifact of that name, or the only one. Throws a HubError `artifact_not_found` that tells what there is. */
export function artifactOf({ artifacts }: Pick<Job, 'artifacts'>, name: string | undefined): Artifact {
  const found = name === undefined ? artifacts : artifacts.filter((artifact) => artifact.name === name)
  if (found.length === 1) return found[0]!
  const names = artifacts.slice(0, 20).map((artifact) => artifact.name).join(', ')
  if (found.length > 1) {
    throw new HubError('artifact_not_found', `This job has ${found.length} artifacts, and the source names none.`, { hint: `Name one as job:ID/NAME: ${names}.` })
  }
  throw new HubError('artifact_not_found', name === undefined ? 'This job has no artifact.' : 'This job has no artifact of that name.', {
    hint: names === '' ? 'It has no artifacts so far.' : `It has ${names}.`,
  })
}

/** Path on this hub. */
function artifactUrl(jobId: string, name: string): string {
  return `/api/jobs/${jobId}/artifacts/${encodeURIComponent(name)}`
}

const CHUNK_BYTES = 256 * 1024

interface Digest {
  readonly size: number
  readonly sha256: string
  readonly crc32: string
}

async function syncAndHash(file: string): Promise<Digest> {
  // What made the file may have been taken over by its input: a link or a pipe in the file's place is not followed.
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    if (!(await handle.stat()).isFile()) throw new HubError('internal', 'An output of this job is not a plain file.')
    const digest = await hashToEnd(handle)
    await handle.sync()
    return digest
  } finally {
    await handle.close()
  }
}

async function hashToEnd(handle: FileHandle): Promise<Digest> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  let size = 0
  let checksum = 0
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, size)
    if (bytesRead === 0) return { size, sha256: hash.digest('hex'), crc32: checksum.toString(16).padStart(8, '0') }
    const chunk = buffer.subarray(0, bytesRead)
    hash.update(chunk)
    checksum = crc32(chunk, checksum)
    size += bytesRead
  }
}

const NAME_BYTES = 255

function plainName(name: string): string {
  const isPlain = !/^\.{0,2}$|[/\\\p{Cc}]/u.test(name) && Buffer.byteLength(name) <= NAME_BYTES
  if (!isPlain) throw new HubError('internal', 'The name of an artifact or a job must be one plain file name.')
  return name
}
