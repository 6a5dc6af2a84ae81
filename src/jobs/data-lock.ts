import { open, readFile, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { HubError } from '../errors.ts'

/** Keeps a second hub off a data directory; the lock of one that is gone is taken over. */
export async function lockDirectory(directory: string): Promise<{ release: () => Promise<void> }> {
  const path = join(directory, 'hub.lock')
  for (;;) {
    const file = await create(path)
    if (file) {
      await file.writeFile(`${process.pid} ${await startTime(process.pid)}\n`)
      await file.close()
      return { release: () => rm(path, { force: true }) }
    }
    const [pid = '', started = ''] = (await readFile(path, 'utf8').catch(() => '')).trim().split(' ')
    if (await isRunning(Number(pid), started)) {
      throw new HubError('internal', `Another hub (process ${pid}) works on the data directory`, {
        hint: 'Stop it, or set REELTIME_DATA_DIR to another directory',
      })
    }
    await rm(path, { force: true })
  }
}

async function create(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'wx')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
}

async function isRunning(pid: number, started: string): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  // Process ids come round again, the more so in containers.
  return (await startTime(pid)) === started
}

/** In clock ticks since boot; `-` where the system does not tell. */
async function startTime(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-'
}
