import type { FileSystem } from './core.ts'

/** The same operations, whose errors are those that the program inside understands. */
export function translateErrors<Operations extends object>(fs: FileSystem, operations: Operations): Operations {
  const translated = Object.entries(operations).map(([name, operation]) => [name, (...args: readonly unknown[]) => {
    try {
      return operation(...args)
    } catch (error) {
      throw error instanceof fs.ErrnoError ? error : new fs.ErrnoError(errnoOf(error))
    }
  }])
  return Object.fromEntries(translated)
}

function errnoOf(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return ERRNO[code] ?? EIO
}

const EIO = 29

/** WASI's numbers, which are not those of Linux. */
const ERRNO: Readonly<Record<string, number>> = {
  EACCES: 2, EBADF: 8, EBUSY: 10, EDQUOT: 19, EEXIST: 20, EFBIG: 22, EINVAL: 28, EISDIR: 31, ELOOP: 32, EMFILE: 33, ENAMETOOLONG: 37,
  ENFILE: 41, ENOENT: 44, ENOSPC: 51, ENOTDIR: 54, ENOTEMPTY: 55, EPERM: 63, EPIPE: 64, EROFS: 69, ESPIPE: 70, EXDEV: 75,
}
