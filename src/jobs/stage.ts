import { constants } from 'node:fs'
import { copyFile, link } from 'node:fs/promises'
import { join } from 'node:path'
import { HubError } from '../errors.ts'
import type { AddressPolicy } from '../fetch/address-policy.ts'
import { checkUrl } from '../fetch/check-url.ts'
import { artifactOf, type ArtifactStore } from './artifact-store.ts'
import { hasEnded, type Job } from './job.ts'
import type { UnfinishedUploads } from './unfinished-uploads.ts'
import type { UploadStore } from './upload-store.ts'

export interface StagingOptions {
  readonly policy: AddressPolicy
  readonly uploads: UploadStore
  readonly unfinished: Pick<UnfinishedUploads, 'get'>
  readonly artifacts: ArtifactStore
  readonly getJob: (id: string) => Job
  readonly maxBytes: number
  readonly timeoutMs: number
}

export type Source =
  | { readonly type: 'url'; readonly url: string }
  | { readonly type: 'upload'; readonly id: string }
  /** Without a name: the only one there is. */
  | { readonly type: 'artifact'; readonly jobId: string; readonly name: string | undefined }

/** Brings what a job reads from into its workspace. Commands only ever see the local files that come out of this. */
export class Staging {
  readonly #options: StagingOptions

  constructor(options: StagingOptions) {
    this.#options = options
  }

  /**
   * Refuses at submit time what would only fail later; throws a HubError that names the field. Resolves to the name
   * that people give it, where it has one by now.
   */
  async check(source: string, path: string): Promise<string | undefined> {
    const { name, file } = await this.locate(source, path)
    const parsed = parseSource(source)
    if (parsed.type === 'upload' && file !== undefined) await this.#options.uploads.markUsed(parsed.id)
    return name
  }

  /** The same, with the file that the hub holds already; none of what has to be fetched, or is still being made. */
  async locate(source: string, path: string): Promise<{ readonly name: string | undefined; readonly file?: string }> {
    const parsed = parseSource(source)
    if (parsed.type === 'url') return { name: nameOf(checkUrl(parsed.url, { policy: this.#options.policy, path })) }
    if (parsed.type === 'artifact') return this.#locateArtifact(parsed)
    const unfinished = this.#options.unfinished.get(parsed.id)
    if (unfinished) return { name: unfinished.name }
    const { path: file, upload } = await this.#options.uploads.use(parsed.id)
    return { name: upload.name, file }
  }

  /**
   * The staged file's path. It has no extension: to ffmpeg some mean that other files beside it are to be read too.
   * Throws a HubError, or the signal's reason.
   */
  async stage(
    source: string,
    { directory, index, signal, onProgress }: { directory: string; index: number; signal: AbortSignal; onProgress: (progress: { bytes: number; totalBytes: number | null }) => void },
  ): Promise<string> {
    const file = join(directory, String(index))
    const parsed = parseSource(source)
    if (parsed.type === 'url') {
      const { policy, maxBytes, timeoutMs } = this.#options
      const { download } = await import('../fetch/download.ts')
      await download(parsed.url, { policy, file, maxBytes, timeoutMs, signal, onProgress })
    } else if (parsed.type === 'upload') {
      const { uploads } = this.#options
      await linkOrCopy((await uploads.use(parsed.id)).path, file)
      await uploads.markUsed(parsed.id)
    } else await linkOrCopy(this.#artifactPath(parsed), file)
    return file
  }

  #locateArtifact({ jobId, name }: { jobId: string; name: string | undefined }): { readonly name: string | undefined; readonly file?: string } {
    const job = this.#options.getJob(jobId)
    const isThere = hasEnded(job.status) || job.artifacts.some((artifact) => artifact.name === name && artifact.grows !== true)
    if (!isThere) return { name }
    const artifact = artifactOf(job, name)
    return { name: artifact.name, file: this.#options.artifacts.path(jobId, artifact.name) }
  }

  #artifactPath({ jobId, name }: { jobId: string; name: string | undefined }): string {
    const { artifacts, getJob } = this.#options
    return artifacts.path(jobId, artifactOf(getJob(jobId), name).name)
  }
}

export function parseSource(source: string): Source {
  const upload = /^upload:([A-Za-z0-9_-]+)$/.exec(source)
  if (upload) return { type: 'upload', id: upload[1]! }
  const artifact = /^job:([A-Za-z0-9_-]+)(?:\/(.+))?$/s.exec(source)
  if (artifact) return { type: 'artifact', jobId: artifact[1]!, name: artifact[2] }
  if (/^(?:upload|job):/.test(source)) {
    throw new HubError('invalid_input', `"${source.slice(0, 40)}" is no source`, {
      hint: 'A source is an http or https URL, upload:ID, job:ID/ARTIFACT or job:ID',
    })
  }
  return { type: 'url', url: source }
}

/** The last part of its path, or the host where it has none. */
function nameOf({ pathname, hostname }: URL): string {
  const last = pathname.split('/').findLast((part) => part !== '') ?? hostname
  try {
    return decodeURIComponent(last).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '').slice(0, 200)
  } catch {
    return last.slice(0, 200)
  }
}

/** A link costs nothing and keeps the bytes, whatever becomes of the name they came from. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_FICLONE))
}
