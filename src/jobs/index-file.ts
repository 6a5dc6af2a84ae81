import { chmod, open, rename } from 'node:fs/promises'
import { openDatabase, type Database } from './database.ts'
import { ifPresent } from './file-error.ts'

const BESIDE = ['-wal', '-shm']

/**
 * Opens the file of the index, begun anew where it cannot be read. Nobody but the hub's own user can read it: the
 * secrets of webhooks wait in it until all is delivered.
 */
export async function openIndexFile(path: string, { onUnreadable }: { readonly onUnreadable: () => void }): Promise<Database> {
  // SQLite gives the files beside it the mode that this one has.
  await (await open(path, 'a', 0o600)).close()
  for (const suffix of ['', ...BESIDE]) await ifPresent(chmod(`${path}${suffix}`, 0o600))
  return openDatabase(path, {
    async putAside() {
      const aside = `${path}.unreadable-${Date.now()}`
      await rename(path, aside).catch(() => undefined)
      for (const suffix of BESIDE) await rename(`${path}${suffix}`, `${aside}${suffix}`).catch(() => undefined)
      await (await open(path, 'a', 0o600)).close()
      onUnreadable()
    },
  })
}
