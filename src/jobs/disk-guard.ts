import { lstat, opendir, statfs } from 'node:fs/promises'
import path from 'node:path'
import { HubError } from '../errors.ts'
import { ifPresent } from './file-error.ts'

const MEBIBYTE = 1024 * 1024
const DEFAULT_FLOOR_BYTES = 512 * MEBIBYTE
const DEFAULT_FLOOR_SHARE = 0.05
const DEFAULT_USAGE_AGE_MS = 5_000

export interface DiskGuardOptions {
  /** The data directory; must exist. */
  readonly directory: string
  /** What the data directory may hold before the oldest is swept; null is no limit. */
  readonly limitBytes: number | null
  /** What must stay free on its disk. Default: 512 MiB or 5 % of the disk, whichever is less. */
  readonly freeBytesFloor?: number
  /** How old the answer of `usage()` may be; default 5 s. */
  readonly usageAgeMs?: number
}

/**
 * Knows how full the disk is. The limit is soft: it says what to sweep (`excess`). The floor is hard: it refuses new
 * work (`assertRoomFor`), so that what runs can still end and be recorded.
 */
export class DiskGuard {
  readonly #options: DiskGuardOptions
  #usage: { readonly bytes: Promise<number>; readonly freshUntil: number } | undefined

  constructor(options: DiskGuardOptions) {
    this.#options = options
  }

  /** Bytes in the files below the data directory. Walks it at most once in `usageAgeMs`, however many ask. */
  async usage(): Promise<number> {
    const { directory, usageAgeMs = DEFAULT_USAGE_AGE_MS } = this.#options
    if (this.#usage === undefined || performance.now() >= this.#usage.freshUntil) {
      // Not fresh any more only once the walk is over, so that a slow disk is not walked by two.
      const bytes = sizeOfTree(directory).finally(() => {
        if (this.#usage?.bytes === bytes) this.#usage = { bytes, freshUntil: performance.now() + usageAgeMs }
      })
      this.#usage = { bytes, freshUntil: Infinity }
    }
    return this.#usage.bytes
  }

  /** Bytes that this process may still write to the disk of the data directory. */
  async free(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#options.directory)
    return bavail * bsize
  }

  /** Bytes that have to stay free. */
  async floor(): Promise<number> {
    const { directory, freeBytesFloor } = this.#options
    if (freeBytesFloor !== undefined) return freeBytesFloor
    const { blocks, bsize } = await statfs(directory)
    return Math.min(DEFAULT_FLOOR_BYTES, Math.floor(blocks * bsize * DEFAULT_FLOOR_SHARE))
  }

  /** Throws a HubError with `disk_full` if less than the floor would be free after writing so many bytes. */
  async assertRoomFor(bytes: number): Promise<void> {
    const [free, floor] = await Promise.all([this.free(), this.floor()])
    if (free - bytes >= floor) return
    const room = `${inMebibytes(free)} are free, of which ${inMebibytes(floor)} are kept free`
    throw new HubError('disk_full', `The disk has no room for ${bytes === 0 ? 'more' : `${inMebibytes(bytes)} more`}: ${room}.`, {
      hint: 'Remove jobs that are no longer needed, or wait until some expire.',
      retryAfterSeconds: 60,
    })
  }

  /** Bytes to be swept so that the data directory is within its limit and the disk above its floor; 0 if all is well. */
  async excess(): Promise<number> {
    const { limitBytes } = this.#options
    const [free, floor, usage] = await Promise.all([this.free(), this.floor(), limitBytes === null ? 0 : this.usage()])
    return Math.max(0, floor - free, limitBytes === null ? 0 : usage - limitBytes)
  }

  /** Makes the next `usage()` look again, for who has just removed something. */
  forgetUsage(): void {
    this.#usage = undefined
  }
}

/** Jobs come and go during the walk: what is gone by the time it is looked at weighs nothing. */
async function sizeOfTree(directory: string): Promise<number> {
  let bytes = 0
  const waiting = [directory]
  for (let current = waiting.pop(); current !== undefined; current = waiting.pop()) {
    for await (const entry of entriesOf(current)) {
      const entryPath = path.join(current, entry.name)
      if (entry.isDirectory()) waiting.push(entryPath)
      else bytes += await sizeOf(entryPath)
    }
  }
  return bytes
}

async function* entriesOf(directory: string) {
  const handle = await ifPresent(opendir(directory))
  if (handle !== undefined) yield* handle
}

async function sizeOf(file: string): Promise<number> {
  return (await ifPresent(lstat(file)))?.size ?? 0
}

function inMebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toLocaleString('en', { maximumFractionDigits: 1, useGrouping: false })} MiB`
}
