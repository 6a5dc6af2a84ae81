import type { Readable } from 'node:stream'
import { constants } from 'node:os'
import type { OutputLine } from '../tools/tool.ts'
import { CommandMemoryError } from './command-errors.ts'
import { signalGroup, signalPrograms } from './process-group.ts'
import { watchMemory } from './memory-watch.ts'
import type { Launch } from './sandbox/sandbox.ts'

export type Source = OutputLine['source']

export interface Exit {
  readonly exitCode: number | null
  readonly signal: string | null
}

export interface Child extends PromiseLike<{ readonly exitCode?: number | undefined; readonly signal?: string | undefined }> {
  readonly stdio: readonly [unknown, Readable, Readable, Readable, ...unknown[]]
  once(event: 'exit', listener: () => void): unknown
}

export interface FollowOptions {
  /** What an error calls the program. */
  readonly name: string
  readonly launch: Launch
  readonly signal: AbortSignal
  readonly graceMs?: number | undefined
  /** This and the next must not throw. */
  onStart(pid: number): void
  /** What it promises is waited for before the next chunk of this source. */
  onData(source: Source, chunk: Uint8Array): void | Promise<void>
}

/** Sees a child to its end: hands over what it says, ends it with its group when that is asked for, leaves nothing of it. */
export async function followChild(child: Child, pid: number, options: FollowOptions): Promise<Exit> {
  const { launch, graceMs = 2000, onStart, onData } = options
  const excess = new AbortController()
  const signal = AbortSignal.any([options.signal, excess.signal])
  const [, stdout, stderr, progress] = child.stdio
  const outputs = new Map<Source, Readable>([['stdout', stdout], ['stderr', stderr], ['progress', progress]])
  let isStopped = false
  let escalation: NodeJS.Timeout | undefined
  let abandonment: NodeJS.Timeout | undefined
  let chunksUnderway = 0

  const abandon = (): void => {
    if (chunksUnderway > 0) abandonment = setTimeout(abandon, ABANDON_PIPES_MS)
    else outputs.forEach((stream) => stream.destroy())
  }
  const takeIn = (source: Source, stream: Readable, chunk: Uint8Array): void => {
    const taken = onData(source, chunk)
    if (!(taken instanceof Promise)) return
    stream.pause()
    chunksUnderway++
    void taken.finally(() => {
      chunksUnderway--
      abandonment?.refresh()
      stream.resume()
    })
  }
  const stop = (): void => {
    isStopped = true
    // What takes too much takes more while it is asked.
    if (excess.signal.aborted) return signalGroup(pid, 'SIGKILL')
    if (launch.isNested) signalPrograms(pid)
    else signalGroup(pid, 'SIGTERM')
    escalation = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs)
  }
  const stopWatching = watchMemory(pid, launch.memoryBytes, (limit) => excess.abort(new CommandMemoryError(options.name, limit)))
  child.once('exit', () => {
    // From here on the exit is what happened, whatever is aborted later.
    signal.removeEventListener('abort', stop)
    clearTimeout(escalation)
    stopWatching()
    signalGroup(pid, 'SIGKILL')
    // A grandchild that has left the group may hold a pipe open for ever.
    abandonment = setTimeout(abandon, ABANDON_PIPES_MS)
  })
  signal.addEventListener('abort', stop, { once: true })
  for (const [source, stream] of outputs) stream.on('data', (chunk: Uint8Array) => takeIn(source, stream, chunk))
  onStart(pid)

  const { exitCode = null, signal: exitSignal = null } = await child
  clearTimeout(abandonment)
  if (isStopped) throw signal.reason
  return launch.isNested ? unwrapped({ exitCode, signal: exitSignal }) : { exitCode, signal: exitSignal }
}

const ABANDON_PIPES_MS = 1000

/** How the program itself has ended. */
function unwrapped(exit: Exit): Exit {
  const signal = Object.entries(constants.signals).find(([name, number]) => FATAL.has(name) && 128 + number === exit.exitCode)
  return signal ? { exitCode: null, signal: signal[0] } : exit
}

/** Of those that end a program; not all, since ffmpeg gives some errors exit codes that others would have. */
const FATAL: ReadonlySet<string> = new Set([
  'SIGHUP', 'SIGINT', 'SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGKILL', 'SIGSEGV', 'SIGPIPE', 'SIGTERM', 'SIGXCPU', 'SIGXFSZ', 'SIGSYS',
])
