import { chmod, open, rename } from 'node:fs/promises'
import { openDatabase, openPlainDatabase, type Database } from './database.ts'
import { ifPresent } from './file-error.ts'

const BESIDE = ['-wal', '-shm']

interface FileOptions {
  readonly onUnreadable: () => void
}

/** Opens the file of the index, begun anew where it cannot be read. Nobody but the hub's own user can read it. */
export function openIndexFile(path: string, options: FileOptions): Promise<Database> {
  return openFor(openDatabase, path, options)
}

/**
 * Likewise the file of what is on its way to webhooks and what has become of it, which no log tells. Their secrets wait
 * in it until all is delivered.
 */
export function openDeliveriesFile(path: string, options: FileOptions): Promise<Database> {
  return openFor(openPlainDatabase, path, options)
}

async function openFor(openWith: typeof openDatabase, path: string, { onUnreadable }: FileOptions): Promise<Database> {
  // SQLite gives the files beside it the mode that this one has.
  await (await open(path, 'a', 0o600)).close()
  for (const suffix of ['', ...BESIDE]) await ifPresent(chmod(`${path}${suffix}`, 0o600))
  return openWith(path, {
    async putAside() {
      const aside = `${path}.unreadable-${Date.now()}`
      await rename(path, aside).catch(() => undefined)
      for (const suffix of BESIDE) await rename(`${path}${suffix}`, `${aside}${suffix}`).catch(() => undefined)
      await (await open(path, 'a', 0o600)).close()
      onUnreadable()
    },
  })
}
