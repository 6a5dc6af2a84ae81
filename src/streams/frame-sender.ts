import type { Writable } from 'node:stream'
import type { FramePack, FrameRange } from './frame-pack.ts'

const BUFFER_BYTES = 640 * 1024

export interface PackPiece {
  readonly pack: FramePack
  readonly range: FrameRange
}

/**
 * Writes `head` and then pieces of packs as they stand in their files: two buffers in turn, the next one read while the
 * last is being written, so that memory is the same however much is sent. Rejects when the other side goes away, and
 * with the signal's reason.
 */
export async function sendPieces(
  target: Writable, { head, pieces, signal }: { head?: Uint8Array; pieces: readonly PackPiece[]; signal?: AbortSignal },
): Promise<void> {
  const longest = Math.max(0, ...pieces.map(({ range }) => range.to - range.from))
  const buffers = [borrow(longest)]
  let turn = 0
  let written: Promise<void> | undefined
  for (const { pack, range } of pieces) {
    const step = stepOf(range)
    for (let at = range.from; at < range.to; ) {
      const buffer = (buffers[turn % 2] ??= borrow(longest)).subarray(0, Math.min(step, range.to - at))
      const [bytes] = await Promise.all([pack.read(buffer, at), written])
      if (bytes < buffer.length) throw new Error('The pack is shorter than its index')
      // With the first piece, so that they leave in one packet.
      if (turn++ === 0 && head) target.write(head)
      written = write(target, buffer, signal)
      at += bytes
    }
  }
  if (turn === 0 && head) written = write(target, head, signal)
  await written
  giveBack(buffers)
}

/** Equal steps: each costs as much to begin as many kilobytes cost to copy, so that a short one at the end is dear. */
function stepOf({ from, to }: FrameRange): number {
  return Math.ceil((to - from) / Math.ceil((to - from) / BUFFER_BYTES))
}

/** New memory has to be had from the system page by page, which takes longer than to fill it. */
const spare: Buffer[] = []
const MOST_SPARE = 8

function borrow(wantedBytes: number): Buffer {
  if (wantedBytes < BUFFER_BYTES) return Buffer.allocUnsafe(wantedBytes)
  return spare.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
}

/** Only what has been sent whole: with one that broke off, the system may still be reading or writing the memory. */
function giveBack(buffers: readonly Buffer[]): void {
  spare.push(...buffers.filter(({ length }) => length === BUFFER_BYTES).slice(0, MOST_SPARE - spare.length))
}

/** Resolves when the bytes have left the process: the buffer may then be used again. */
function write(target: Writable, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal?.reason)
    if (signal?.aborted) leave()
    else if (target.destroyed) reject(new Error('The reader has gone'))
    else {
      signal?.addEventListener('abort', leave, { once: true })
      target.write(bytes, (error) => {
        signal?.removeEventListener('abort', leave)
        if (error) reject(error)
        else resolve()
      })
    }
  })
}

/** Contiguous numbers as ranges, in the order in which they were asked for. */
export function rangesOf(pack: FramePack, numbers: readonly number[]): FrameRange[] {
  const ranges: { from: number; to: number }[] = []
  for (const number of numbers) {
    const { from, to } = pack.range(number, 1)
    const last = ranges.at(-1)
    if (last?.to === from) last.to = to
    else ranges.push({ from, to })
  }
  return ranges
}
