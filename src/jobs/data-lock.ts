import { join } from 'node:path'
import { HubError } from '../errors.ts'
import { isBusy, loadSqlite } from './database.ts'

/**
 * Keeps a second hub off a data directory. The lock is the system's own, on a file that stays: it goes with the
 * process that holds it, however that ends, and tells hubs in different containers apart, which process ids do not.
 */
export async function lockDirectory(directory: string): Promise<{ release: () => void }> {
  const { DatabaseSync } = await loadSqlite()
  const lock = new DatabaseSync(join(directory, 'lock.sqlite'))
  try {
    lock.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw error
    throw new HubError('internal', 'Another hub works on the data directory', {
      hint: 'Stop it, or set REELTIME_DATA_DIR to another directory', cause: error,
    })
  }
  return { release: () => lock.close() }
}
