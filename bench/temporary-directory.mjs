import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made = new Set()

/** A directory of its own, gone at the latest when the part that asked for it ends. */
export async function temporaryDirectory() {
  const directory = await mkdtemp(join(tmpdir(), 'reeltime-bench-'))
  made.add(directory)
  return directory
}

export async function removeTemporaryDirectories() {
  for (const directory of made) {
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    made.delete(directory)
  }
}
