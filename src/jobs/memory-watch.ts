import { processTree } from './sandbox/process-tree.ts'

const LOOK_EVERY_MS = 500
const MOST_THREADS = 4096

interface Watched {
  readonly bytes: number
  readonly onExcess: (limit: string) => void
}

/** Tells once when a process and all that it has started take more than so many bytes. Answers how to end the watch. */
export function watchMemory(pid: number, bytes: number | undefined, onExcess: (limit: string) => void): () => void {
  if (bytes === undefined) return () => undefined
  watched.set(pid, { bytes, onExcess })
  timer ??= setInterval(look, LOOK_EVERY_MS).unref()
  return () => {
    watched.delete(pid)
    if (watched.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

const watched = new Map<number, Watched>()
let timer: NodeJS.Timeout | undefined

function look(): void {
  for (const [pid, { bytes, onExcess }] of watched) {
    const tree = processTree(pid)
    const taken = tree.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
    const threads = tree.reduce((sum, process) => sum + process.threads, 0)
    if (taken > bytes) onExcess(`${bytes} bytes of memory`)
    else if (threads > MOST_THREADS) onExcess(`${MOST_THREADS} threads`)
  }
}
