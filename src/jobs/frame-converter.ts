import { randomUUID } from 'node:crypto'
import { constants, openSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { drawCells } from '../tools/sanjuuni/draw-cells.ts'
import { decodeCells } from '../tools/sanjuuni/formats/index.ts'
import type { FrameOutput } from '../tools/tool.ts'
import { isFileError } from './file-error.ts'
import { readOutput } from './run-command.ts'
import { NO_SANDBOX } from './sandbox/sandbox.ts'

/** What a job says of the frames it makes. */
export interface FrameFacts {
  readonly format: FrameOutput['format']
  readonly width: number
  readonly height: number
  readonly fps: number
}

export interface ConverterOptions {
  /** Where its pipe may lie. */
  readonly directory: string
  readonly signal: AbortSignal
  /** Runs the program that reads what is taken from `file`, until that ends. */
  convert(file: string, signal: AbortSignal): Promise<void>
}

/**
 * Runs `use` beside a program that reads one frame after the other from a named pipe, which to it is a file as any
 * other. Resolves when the program has made something of all that was taken; rejects when it fails.
 */
export async function convertFrames(
  facts: FrameFacts, { directory, signal, convert }: ConverterOptions, use: (take: (frame: Buffer) => Promise<void>) => Promise<void>,
): Promise<void> {
  const pipe = join(directory, `${randomUUID()}.pipe`)
  const over = new AbortController()
  const isOver = AbortSignal.any([signal, over.signal])
  await readOutput({ program: 'mkfifo', args: [pipe], cwd: directory, signal, sandbox: NO_SANDBOX })
  const converted = convert(pipe, isOver)
  converted.then(() => over.abort(), (error: unknown) => over.abort(error))
  try {
    const target = await openToRead(pipe, isOver)
    try {
      await use((frame) => write(target, asFile(frame, facts), isOver))
    } finally {
      target.destroy()
    }
    await converted
  } finally {
    over.abort()
    await converted.catch(() => undefined)
    await rm(pipe, { force: true })
  }
}

/** A frame in a format that tells its own size. */
export function asFile(frame: Buffer, { format, width, height }: FrameFacts): Buffer {
  if (format === 'raw') return asPpm({ width, height, rgb: frame })
  return format === 'cells' ? asPpm(drawCells(decodeCells(frame))) : frame
}

function asPpm({ width, height, rgb }: { readonly width: number; readonly height: number; readonly rgb: Buffer }): Buffer {
  return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), rgb])
}

const LOOK_EVERY_MS = 10

/** The pipe's other end, as soon as the program reads there. An open that waits would hold one of Node's few threads. */
async function openToRead(pipe: string, signal: AbortSignal): Promise<Socket> {
  for (;;) {
    signal.throwIfAborted()
    try {
      const socket = new Socket({ fd: openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK), readable: false, writable: true })
      // Told by each write; without a listener it would end the hub.
      return socket.on('error', () => undefined)
    } catch (error) {
      if (!isFileError(error, 'ENXIO')) throw error
    }
    await setTimeout(LOOK_EVERY_MS, undefined, { signal })
  }
}

function write(target: Socket, bytes: Buffer, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    if (signal.aborted) return leave()
    signal.addEventListener('abort', leave)
    target.write(bytes, (error) => {
      signal.removeEventListener('abort', leave)
      if (error) reject(error)
      else resolve()
    })
  })
}
