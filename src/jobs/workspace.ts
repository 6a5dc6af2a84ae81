import { existsSync } from 'node:fs'
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
  await removeWorkspace(jobDirectory)
  const directory = workspaceOf(jobDirectory)
  const workspace = { directory, inputDirectory: join(directory, 'in'), outputDirectory: join(directory, 'out') }
  // One by one: of a full disk Node's recursive mkdir tells ENOENT.
  for (const made of [directory, workspace.inputDirectory, workspace.outputDirectory]) await mkdir(made)
  return workspace
}

/** None there is no error, and costs no more than a look. */
export async function removeWorkspace(jobDirectory: string): Promise<void> {
  const directory = workspaceOf(jobDirectory)
  if (existsSync(directory)) await rm(directory, { recursive: true, force: true, maxRetries: 3 })
}

export function workspaceOf(jobDirectory: string): string {
  return join(jobDirectory, 'work')
}

/** Bytes in all files of the output directory: whether a command that says nothing still works. */
export async function outputBytes({ outputDirectory }: JobWorkspace): Promise<number> {
  let bytes = 0
  for (const name of (await ifPresent(readdir(outputDirectory))) ?? []) {
    bytes += (await ifPresent(stat(join(outputDirectory, name))))?.size ?? 0
  }
  return bytes
}
