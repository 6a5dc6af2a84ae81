import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Artifact, JobHandle } from '../client/index.ts'
import { downloadArtifact } from './download-artifact.ts'
import { transferProgress } from './progress-bar.ts'
import type { ProgressView } from './progress-view.ts'
import { type Sink, UsageError, write } from './shell.ts'
import { formatBytes } from './units.ts'

export interface Destination {
  /** A file, a directory, or `-` for stdout. */
  readonly output: string
  readonly stdout: Sink
  readonly view: ProgressView
  readonly patienceMs: number
  readonly signal: AbortSignal
}

/** Fetches artifacts to where they are wanted; several need a directory. */
export async function saveArtifacts(job: JobHandle, artifacts: readonly Artifact[], destination: Destination): Promise<void> {
  const { output, stdout, view, patienceMs, signal } = destination
  if (output === '-') return pour(job, artifacts, { stdout, signal })
  const isDirectory = await kindOf(output) === 'directory'
  if (artifacts.length > 1 && !isDirectory) {
    throw new UsageError(`this job made ${artifacts.length} files, and "${output}" is no directory to put them into`)
  }
  for (const artifact of artifacts) {
    const file = isDirectory ? join(output, artifact.name) : output
    const began = performance.now()
    await downloadArtifact(job, artifact, file, {
      patienceMs, signal,
      onProgress: (bytes) => view.show(transferProgress('download', { bytes, totalBytes: artifact.size, began, now: performance.now() })),
    })
    view.clear()
    view.print([`${file}  ${formatBytes(artifact.size)}`])
  }
}

/** Throws UsageError if nothing can be put there, which is better known before a job has run than after. */
export async function checkDestination(output: string): Promise<void> {
  if (output === '-') return
  const directory = dirname(output)
  if (await kindOf(directory) !== 'directory') throw new UsageError(`there is no directory "${directory}" to put "${output}" into`)
}

async function pour(
  job: JobHandle, artifacts: readonly Artifact[], { stdout, signal }: Pick<Destination, 'stdout' | 'signal'>,
): Promise<void> {
  for (const { name } of artifacts) {
    const { body } = await job.download(name, { signal })
    const reader = body?.getReader()
    for (let step = await reader?.read(); step?.value; step = await reader?.read()) await write(stdout, step.value)
  }
}

async function kindOf(path: string): Promise<'directory' | 'other' | 'nothing'> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'other'
  } catch {
    return 'nothing'
  }
}
