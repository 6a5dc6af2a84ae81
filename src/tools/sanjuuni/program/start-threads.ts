import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

const MOST_THREADS = 8

/**
 * Threads that load what they need and wait to be told what to convert. ffmpeg decodes and the main thread makes
 * palettes meanwhile: a core is theirs. Loads nothing else, so that the threads get going before the rest is there.
 */
export function startThreads(expectedFrames: number | null): readonly Worker[] {
  const count = expectedFrames === 1 ? 1 : Math.max(1, Math.min(MOST_THREADS, availableParallelism() - 1))
  // Else what it prints would go to our stdout, among the frames.
  return Array.from({ length: count }, () => new Worker(new URL('./convert-thread.js', import.meta.url), { stdout: true }))
}

const MOST_DECODING_THREADS = 16
const MORE_DECODING_THREADS = 4

/**
 * Arguments for an ffmpeg that decodes for a conversion. It has some threads more than there are cores: they have something
 * to do while a frame that is ready waits to be taken. With one more, which is ffmpeg's own choice, it takes a fiftieth
 * longer. Each takes the memory of two frames, 26 MiB of 4K.
 */
export function decodingThreads(): readonly string[] {
  return ['-threads', String(Math.min(MOST_DECODING_THREADS, availableParallelism() + MORE_DECODING_THREADS))]
}
