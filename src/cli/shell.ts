import type { Readable, Writable } from 'node:stream'

/** What surrounds the command: everything it reads from and writes to. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable
  readonly stdout: Sink
  readonly stderr: Sink
  readonly version: string
  /** The first Ctrl-C calls the listener, the second leaves at once. Returns what takes the listener away again. */
  onInterrupt(listener: () => void): () => void
}

export type Sink = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** Thrown for what the user typed; ends the command with 2 and its usage. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** Ctrl-C, where there is nothing to do but to leave. */
export class InterruptedError extends Error {
  override name = 'InterruptedError'
}

/** Writes and waits until there is room for more, so that a slow reader slows us down and fills no memory. */
export function write(sink: Writable, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    sink.write(data, (error) => error ? reject(error) : resolve())
  })
}

/** A signal that Ctrl-C aborts, for as long as `work` takes. */
export async function interruptible<Answer>(shell: Shell, work: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const controller = new AbortController()
  const off = shell.onInterrupt(() => controller.abort(new InterruptedError()))
  try {
    return await work(controller.signal)
  } finally {
    off()
  }
}
