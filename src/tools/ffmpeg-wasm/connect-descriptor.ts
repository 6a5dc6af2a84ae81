import { readSync, writeSync } from 'node:fs'
import type { FileSystem, StreamOperations } from './core.ts'
import { translateErrors } from './translate-errors.ts'

/** Makes what is read from and written to a standard descriptor inside the same descriptor of this process, byte for byte. */
export function connectStandardDescriptor(fs: FileSystem, descriptor: 0 | 1 | 2): void {
  const stream = fs.streams[descriptor]
  if (!stream) throw new Error(`descriptor ${descriptor} is not open inside`)
  stream.stream_ops = operationsOn(fs, descriptor)
}

/** The same for descriptor 3, which is not there of itself. To be called before anything else is opened. */
export function connectProgressDescriptor(fs: FileSystem): void {
  const device = fs.makedev(90, 3)
  fs.registerDevice(device, { open: (stream) => { stream.seekable = false }, ...operationsOn(fs, 3) })
  fs.mkdev('/dev/progress', device)
  if (fs.open('/dev/progress', READ_AND_WRITE).fd !== 3) throw new Error('descriptor 3 is taken inside')
}

const READ_AND_WRITE = 2

function operationsOn(fs: FileSystem, descriptor: number): StreamOperations {
  return translateErrors<StreamOperations>(fs, {
    read: (_, buffer, offset, length) => untilReady(() => readSync(descriptor, buffer, offset, length, null)),
    write: (_, buffer, offset, length) => writeWhole(descriptor, buffer, offset, length),
  })
}

/** The C library inside takes a short write for a whole one where it writes several pieces at once. */
function writeWhole(descriptor: number, ...[buffer, offset, length]: [Int8Array, number, number]): number {
  for (let done = 0; done < length; ) done += untilReady(() => writeSync(descriptor, buffer, offset + done, length - done))
  return length
}

/** The other end may have made the pipe non-blocking; nothing else can go on here meanwhile, so waiting is right. */
function untilReady(transfer: () => number): number {
  for (;;) {
    try {
      return transfer()
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
      Atomics.wait(NEVER_WOKEN, 0, 0, RETRY_MS)
    }
  }
}

const NEVER_WOKEN = new Int32Array(new SharedArrayBuffer(4))
const RETRY_MS = 2
