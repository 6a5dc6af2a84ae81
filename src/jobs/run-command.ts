import type { Readable } from 'node:stream'
import type { OutputLine } from '../tools/tool.ts'
import { CommandFailedError, CommandLimitError, CommandNotStartedError } from './command-errors.ts'
import { findProgram, SYSTEM_PATH } from './find-program.ts'
import { LineSplitter } from './line-splitter.ts'
import { signalGroup } from './process-group.ts'
import { assertDescriptorsForChild } from './spare-descriptors.ts'
import { findSandbox, type Invocation, type Limits, type Sandbox } from './sandbox.ts'

export interface RunOptions extends Invocation {
  /** What an error calls the program, where its own name does not tell what it is. */
  readonly name?: string
  /** Absolute; also the program's HOME and TMPDIR. */
  readonly cwd: string
  readonly signal: AbortSignal
  /** Added to an environment that holds PATH, LANG, HOME and TMPDIR and nothing else. */
  readonly env?: Readonly<Record<string, string>>
  readonly limits?: Partial<Limits>
  /** What SIGTERM may take before SIGKILL follows. Default 2000. */
  readonly graceMs?: number
  onLine(line: OutputLine): void
  /** Takes stdout as bytes, in order, in place of lines. The program waits for what it promises. */
  onStdout?(chunk: Uint8Array): void | Promise<void>
  /** Told the pid, which is the process group's id as well. */
  onStart?(pid: number): void
}

/**
 * Runs one program to its end, in a process group of its own. Settles only when it has been reaped and its output has
 * been handed over, whatever the outcome; by then no process of its group lives.
 *
 * Resolves on exit 0. Rejects with the signal's reason when aborted, with CommandFailedError on another exit, with
 * CommandNotStartedError when it never ran, and with what `onLine`, `onStdout` or `onStart` threw.
 */
export async function runCommand({ onLine, onStdout, onStart, ...options }: RunOptions): Promise<void> {
  const broken = new AbortController()
  const tell = (action: () => void): void => {
    if (broken.signal.aborted) return
    try {
      action()
    } catch (error) {
      broken.abort(error)
    }
  }
  const takeStdout = (chunk: Uint8Array): void | Promise<void> => {
    // What comes after a failure is let through, so that a full pipe does not keep the program from ending.
    let taken: Promise<void> | undefined
    tell(() => (taken = onStdout?.(chunk) ?? undefined))
    return taken?.catch((error: unknown) => broken.abort(error))
  }
  const tellLine = (source: Source) => (text: string) => tell(() => onLine({ source, text }))
  // A program reads `progress`: half a `key=value` handed over early would be a wrong value.
  const splitters = {
    progress: new LineSplitter(tellLine('progress')),
    stdout: new LineSplitter(tellLine('stdout'), { flushAfterMs: UNFINISHED_LINE_MS }),
    stderr: new LineSplitter(tellLine('stderr'), { flushAfterMs: UNFINISHED_LINE_MS }),
  }
  const exit = await runGroup({
    ...options,
    sandbox: await currentSandbox(),
    signal: AbortSignal.any([options.signal, broken.signal]),
    onStart: (pid) => tell(() => onStart?.(pid)),
    onData: (source, chunk) => (source === 'stdout' && onStdout ? takeStdout(chunk) : splitters[source].push(chunk)),
  }).finally(() => Object.values(splitters).forEach((splitter) => splitter.end()))
  broken.signal.throwIfAborted()
  if (exit.exitCode !== 0) throw new CommandFailedError(options.name ?? options.program, exit)
}

export interface ReadOptions extends Invocation {
  readonly cwd: string
  readonly signal?: AbortSignal
  readonly env?: Readonly<Record<string, string>>
  /** Default 30000. */
  readonly timeoutMs?: number
  /** Of stdout and stderr together. Default 8 MiB. */
  readonly maxBytes?: number
}

export interface Output {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

/**
 * What a short program says, whatever its exit code. Rejects with CommandLimitError past the limits, else as
 * `runCommand` does.
 */
export async function readOutput(options: ReadOptions): Promise<Output> {
  return readGroup({ ...options, sandbox: await currentSandbox() })
}

/** What stands between commands and this machine, found out once. */
export function currentSandbox(): Promise<Sandbox> {
  sandbox ??= findSandbox(works).catch((error: unknown) => {
    sandbox = undefined
    throw error
  })
  return sandbox
}

let sandbox: Promise<Sandbox> | undefined

async function works(invocation: Invocation): Promise<boolean> {
  try {
    return (await readGroup({ ...invocation, cwd: '/', sandbox: NO_SANDBOX })).exitCode === 0
  } catch (error) {
    if (error instanceof CommandNotStartedError && error.isTransient) throw error
    return false
  }
}

const NO_SANDBOX: Sandbox = { wall: 'none', limits: [], wrap: (invocation) => invocation }

async function readGroup({ timeoutMs = 30_000, maxBytes = 8 * 2 ** 20, signal, ...options }: ReadOptions & { sandbox: Sandbox }) {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(new CommandLimitError(options.program, `${timeoutMs / 1000} s`)), timeoutMs)
  const chunks: Record<Source, Uint8Array[]> = { progress: [], stdout: [], stderr: [] }
  let size = 0
  try {
    const exit = await runGroup({
      ...options,
      signal: signal ? AbortSignal.any([signal, limit.signal]) : limit.signal,
      onStart: () => {},
      onData(source, chunk) {
        size += chunk.length
        if (size <= maxBytes) chunks[source].push(chunk)
        else limit.abort(new CommandLimitError(options.program, `${maxBytes} bytes of output`))
      },
    })
    limit.signal.throwIfAborted()
    if (exit.exitCode === null) throw new CommandFailedError(options.program, exit)
    return { stdout: Buffer.concat(chunks.stdout).toString(), stderr: Buffer.concat(chunks.stderr).toString(), exitCode: exit.exitCode }
  } finally {
    clearTimeout(timer)
  }
}

type Source = OutputLine['source']

interface Exit {
  readonly exitCode: number | null
  readonly signal: string | null
}

interface GroupOptions extends Omit<RunOptions, 'onLine' | 'onStdout'> {
  readonly sandbox: Sandbox
  /** This and the next must not throw. */
  onStart(pid: number): void
  /** What it promises is waited for before the next chunk of this source. */
  onData(source: Source, chunk: Uint8Array): void | Promise<void>
}

async function runGroup(options: GroupOptions): Promise<Exit> {
  const { program, cwd, env, limits, sandbox } = options
  const [{ execa }, file] = await Promise.all([import('execa'), findProgram(program, env?.PATH)])
  options.signal.throwIfAborted()
  // Behind the sandbox's programs both of these would only show as an exit code.
  if (!file) throw new CommandNotStartedError(program, 'ENOENT')
  if (hasNul(options)) throw new CommandNotStartedError(program, 'EINVAL')

  assertDescriptorsForChild(program)
  const invocation = sandbox.wrap({ program: file, args: options.args }, limits)
  const child = execa(invocation.program, invocation.args, {
    ...CHILD_OPTIONS, cwd, env: { PATH: SYSTEM_PATH, LANG: 'C.UTF-8', HOME: cwd, TMPDIR: cwd, ...env },
  })
  if (child.pid !== undefined) return followChild(child, child.pid, options)
  const { code, cause } = await child
  throw new CommandNotStartedError(program, code ?? 'UNKNOWN', { cause })
}

function hasNul({ program, args, cwd, env = {} }: GroupOptions): boolean {
  return [program, cwd, ...args, ...Object.values(env)].some((text) => text.includes('\0'))
}

// Nothing of execa's is used that reaches the child alone and not its group, or that holds unbounded output.
const CHILD_OPTIONS = {
  stdio: ['ignore', 'pipe', 'pipe', 'pipe'], extendEnv: false, detached: true, cleanup: false, buffer: false, reject: false,
} as const

interface Child extends PromiseLike<{ readonly exitCode?: number | undefined; readonly signal?: string | undefined }> {
  readonly stdio: readonly [null, Readable, Readable, Readable, ...unknown[]]
  once(event: 'exit', listener: () => void): unknown
}

async function followChild(child: Child, pid: number, { signal, graceMs = 2000, onStart, onData }: GroupOptions): Promise<Exit> {
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
    signalGroup(pid, 'SIGTERM')
    escalation = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs)
  }
  child.once('exit', () => {
    // From here on the exit is what happened, whatever is aborted later.
    signal.removeEventListener('abort', stop)
    clearTimeout(escalation)
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
  return { exitCode, signal: exitSignal }
}

const UNFINISHED_LINE_MS = 250
const ABANDON_PIPES_MS = 1000
