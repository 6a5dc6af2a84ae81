import { stat } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import type { Artifact, JobHandle } from '../client/index.ts'
import { downloadArtifact } from './download-artifact.ts'
import { transferProgress } from './progress-bar.ts'
import type { ProgressView } from './progress-view.ts'
import { type Sink, UsageError, write } from './shell.ts'
import { formatBytes } from './units.ts'

export interface Destination {
  /** A file, a directory, or `-` for stdout. */
  readonly output: string
  /** Which of several is meant, where the output's name does not tell. */
  readonly format?: string | undefined
  readonly stdout: Sink
  readonly view: ProgressView
  readonly patienceMs: number
  readonly signal: AbortSignal
}

/** Fetches artifacts to where they are wanted: all of them into a directory, into a file the one that has its kind. */
export async function saveArtifacts(job: JobHandle, artifacts: readonly Artifact[], destination: Destination): Promise<void> {
  const { output, stdout, view, patienceMs, signal } = destination
  const extension = destination.format === undefined ? extname(output) : `.${destination.format}`
  if (output === '-') {
    for (const { name } of ofKind(artifacts, extension)) await pour(await job.download(name, { signal }), stdout)
    return
  }
  const isDirectory = await kindOf(output) === 'directory'
  const wanted = isDirectory ? artifacts : [theOneMeant(artifacts, { output, extension })]
  for (const artifact of wanted) {
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

/** Those that end so; all of them where none does. */
function ofKind(artifacts: readonly Artifact[], extension: string): readonly Artifact[] {
  const alike = artifacts.filter(({ name }) => extname(name) === extension)
  return alike.length > 0 ? alike : artifacts
}

function theOneMeant(artifacts: readonly Artifact[], { output, extension }: { readonly output: string; readonly extension: string }): Artifact {
  const [one, ...others] = ofKind(artifacts, extension)
  if (one && others.length === 0) return one
  const names = artifacts.map(({ name }) => name).join(', ')
  throw new UsageError(`this job made ${artifacts.length} files (${names}), and "${output}" is no directory to put them into`)
}

/** Throws UsageError if nothing can be put there, which is better known before a job has run than after. */
export async function checkDestination(output: string): Promise<void> {
  if (output === '-') return
  const directory = dirname(output)
  if (await kindOf(directory) !== 'directory') throw new UsageError(`there is no directory "${directory}" to put "${output}" into`)
}

export async function pour({ body }: Response, stdout: Sink): Promise<void> {
  const reader = body?.getReader()
  for (let step = await reader?.read(); step?.value; step = await reader?.read()) await write(stdout, step.value)
}

async function kindOf(path: string): Promise<'directory' | 'other' | 'nothing'> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'other'
  } catch {
    return 'nothing'
  }
}
