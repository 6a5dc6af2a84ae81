import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ifPresent } from './file-error.ts'

/** The directory in which one attempt works: `in` holds its staged inputs, `out` is where its commands write. */
export interface JobWorkspace {
  readonly directory: string
  readonly inputDirectory: string
  readonly outputDirectory: string
}

/** An empty workspace, whatever an earlier attempt has left. */
export async function makeWorkspace(jobDirectory: string): Promise<JobWorkspace> {
  const directory = join(jobDirectory, 'work')
  await rm(directory, { recursive: true, force: true })
  const workspace = { directory, inputDirectory: join(directory, 'in'), outputDirectory: join(directory, 'out') }
  await mkdir(workspace.inputDirectory, { recursive: true })
  await mkdir(workspace.outputDirectory)
  return workspace
}

export async function removeWorkspace({ directory }: JobWorkspace): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 })
}

/** Bytes in all files of the output directory: whether a command that says nothing still works. */
export async function outputBytes({ outputDirectory }: JobWorkspace): Promise<number> {
  let bytes = 0
  for (const name of (await ifPresent(readdir(outputDirectory))) ?? []) {
    bytes += (await ifPresent(stat(join(outputDirectory, name))))?.size ?? 0
  }
  return bytes
}
