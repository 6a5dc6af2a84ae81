import type { Worker } from 'node:worker_threads'
import type { ConverterOptions } from '../converter-options.ts'
import type { SubtitleEvent } from '../subtitles/place-cues.ts'
import type { FrameSlots } from './frame-slots.ts'

/** What a thread is told first. */
export interface ThreadData {
  readonly options: ConverterOptions
  readonly framesPerSecond: number
  /** In order of their start. */
  readonly subtitles: readonly SubtitleEvent[]
  readonly memory: SharedArrayBuffer
}

/** A picture that stands in the memory, and the palettes of its screens. */
export interface Task {
  readonly number: number
  /** Where its slot begins. */
  readonly at: number
  readonly palettes: readonly Uint8Array[]
}

export interface ConvertedFrame {
  /** As it is shown while the job runs. */
  readonly live: Uint8Array
  /** As it stands in the file. */
  readonly encoded: Uint8Array
}

interface Thread {
  readonly worker: Worker
  readonly waiting: { resolve(frame: ConvertedFrame): void; reject(error: unknown): void }[]
}

/** Threads that make cells of pictures and encode them, each one picture after the other. */
export class ConverterThreads {
  readonly #slots: FrameSlots
  readonly #threads: readonly Thread[]

  constructor(workers: readonly Worker[], { slots, ...data }: Omit<ThreadData, 'memory'> & { readonly slots: FrameSlots }) {
    this.#slots = slots
    this.#threads = workers.map((worker) => begin(worker, { ...data, memory: slots.memory }))
  }

  convert(slot: number, { number, palettes }: { number: number; palettes: readonly Uint8Array[] }): Promise<ConvertedFrame> {
    const thread = this.#threads.reduce((least, other) => (other.waiting.length < least.waiting.length ? other : least))
    return new Promise((resolve, reject) => {
      thread.waiting.push({ resolve, reject })
      const task: Task = { number, at: this.#slots.bytes(slot).byteOffset, palettes }
      thread.worker.postMessage(task)
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()))
  }
}

function begin(worker: Worker, data: ThreadData): Thread {
  const waiting: Thread['waiting'] = []
  worker.on('message', (frame: ConvertedFrame) => waiting.shift()?.resolve(frame))
  worker.on('error', (error) => waiting.splice(0).forEach(({ reject }) => reject(error)))
  worker.postMessage(data)
  return { worker, waiting }
}
