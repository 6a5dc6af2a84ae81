import { NEWLINE } from './entry.ts'

const KEEP_BYTES = 1024 * 1024
const CHUNK_BYTES = 64 * 1024

interface Chunk {
  readonly from: number
  readonly to: number
  readonly bytes: Buffer
}

/** The newest megabyte of a stream, so that readers who are not far behind cost no file read. */
export class RecentLines {
  #chunks: Chunk[] = []

  /** `bytes` are whole lines that begin at byte `from`, right behind the last ones pushed. */
  push(bytes: Buffer, from: number): void {
    for (let start = 0; start < bytes.length; ) {
      const end = chunkEnd(bytes, start)
      this.#chunks.push({ from: from + start, to: from + end, bytes: bytes.subarray(start, end) })
      start = end
    }
    const head = this.#chunks.at(-1)!.to
    let old = 0
    while (old < this.#chunks.length - 1 && head - this.#chunks[old]!.to >= KEEP_BYTES) old++
    if (old > 0) this.#chunks.splice(0, old)
  }

  /** From a line start to the first line end at or after `upTo`; undefined where the start is no longer here. */
  slice(from: number, upTo: number): Buffer | undefined {
    const first = this.#chunks[0]
    if (!first || from < first.from || from >= this.#chunks.at(-1)!.to) return undefined
    const parts: Buffer[] = []
    let at = from
    for (let index = this.#find(from); at < upTo && index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index]!
      const end = chunk.to > upTo ? chunk.bytes.indexOf(NEWLINE, Math.max(0, upTo - 1 - chunk.from)) + 1 : chunk.bytes.length
      parts.push(chunk.bytes.subarray(at - chunk.from, end))
      at = chunk.from + end
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  #find(at: number): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#chunks[middle]!.to <= at) low = middle + 1
      else high = middle
    }
    return low
  }
}

function chunkEnd(bytes: Buffer, start: number): number {
  if (bytes.length - start <= CHUNK_BYTES) return bytes.length
  const end = bytes.lastIndexOf(NEWLINE, start + CHUNK_BYTES - 1) + 1
  return end > start ? end : bytes.indexOf(NEWLINE, start + CHUNK_BYTES) + 1
}
