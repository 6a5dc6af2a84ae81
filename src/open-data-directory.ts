import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { closeDatabase, type Database } from './jobs/database.ts'
import { lockDirectory } from './jobs/data-lock.ts'
import { openDeliveriesFile, openIndexFile } from './jobs/index-file.ts'
import type { Logger } from './logger.ts'

/** A data directory that is this hub's alone, and its databases, until it is closed. */
export interface DataDirectory {
  /** Absolute. */
  readonly directory: string
  readonly database: Database
  readonly deliveries: Database
  close(): void
}

/** Makes what is not there, and makes anew what cannot be read. Throws where another hub has the directory. */
export async function openDataDirectory(path: string, logger: Logger): Promise<DataDirectory> {
  const directory = resolve(path)
  await mkdir(join(directory, 'jobs'), { recursive: true })
  const lock = await lockDirectory(directory)
  const opened: Database[] = []
  const close = () => {
    try {
      opened.forEach(closeDatabase)
    } finally {
      lock.release()
    }
  }
  try {
    const database = await openIndexFile(join(directory, 'hub.sqlite'), {
      onUnreadable: () => logger.error('index.unreadable', { detail: 'The index could not be read and is made anew from the logs' }),
    })
    opened.push(database)
    const deliveries = await openDeliveriesFile(join(directory, 'deliveries.sqlite'), {
      onUnreadable: () => logger.error('deliveries.unreadable', { detail: 'What was told to webhooks could not be read; what the logs still hold is told again' }),
    })
    opened.push(deliveries)
    return { directory, database, deliveries, close }
  } catch (error) {
    close()
    throw error
  }
}
