import { cpSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { removeDirectory, temporaryDirectory } from '../running-hub.ts'

/** A data directory for the test that asks: removed when it has passed, kept and named when it has failed. */
export async function faultDirectory(): Promise<string> {
  const directory = await temporaryDirectory()
  onTestFinished(async ({ task }) => {
    if (task.result?.state !== 'fail') return removeDirectory(directory)
    const kept = `${directory}-failed`
    // It may be a disk of its own, which goes away.
    cpSync(directory, kept, { recursive: true })
    console.log(`${task.name}: the data directory is kept as ${kept}`)
    await removeDirectory(directory)
  })
  return directory
}
