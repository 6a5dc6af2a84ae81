import { isUtf8 } from 'node:buffer'
import { NEWLINE, takeApart, type EntryParts } from './entry.ts'
import type { StreamStorage } from './log-storage.ts'

const BLOCK_BYTES = 256 * 1024

/** Whole lines from `from`: up to the last line end within `limit` bytes, or one line where it is longer. */
export async function readLines(storage: StreamStorage, from: number, { limit, end }: { limit: number; end: number }): Promise<Buffer> {
  for (let window = limit; ; window *= 2) {
    const bytes = await storage.read(from, Math.min(window, end - from))
    const last = bytes.lastIndexOf(NEWLINE) + 1
    if (last > 0 || from + window >= end || bytes.length === 0) return bytes.subarray(0, last)
  }
}

/**
 * Calls back for each line from the start, and returns the byte behind the last one that is whole and stands where it
 * was written: what a crash or a power cut left behind it is none of the log.
 */
export async function scanLines(
  storage: StreamStorage,
  onLine: (line: EntryParts, bytes: Buffer, from: number) => void,
): Promise<number> {
  let epoch = 0
  for (let at = storage.start; ; ) {
    const block = at < storage.size ? await readLines(storage, at, { limit: BLOCK_BYTES, end: storage.size }) : NOTHING
    let start = 0
    for (let end = block.indexOf(NEWLINE) + 1; end > 0; end = block.indexOf(NEWLINE, start) + 1) {
      const line = takeApart(block, start, end)
      if (!line || line.to !== at + end || line.epoch < epoch || !isEntry(block.subarray(start, end))) return at + start
      onLine(line, block, at + start)
      epoch = line.epoch
      start = end
    }
    if (start === 0) return at
    at += start
  }
}

const NOTHING = Buffer.alloc(0)
const KEYS = 'offset,type,at,data'

/** A power cut can take a page out of the middle of a line and leave both its ends. */
function isEntry(line: Buffer): boolean {
  if (!isUtf8(line)) return false
  try {
    return Object.keys(JSON.parse(line.toString('utf8')) as object).join() === KEYS
  } catch {
    return false
  }
}
