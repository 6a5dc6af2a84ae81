import { open } from 'node:fs/promises'

/** Makes the names in a directory survive a power cut, as fsync of a file does for its bytes. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
