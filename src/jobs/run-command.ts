import { closeSync } from 'node:fs'
import type { OutputLine } from '../tools/tool.ts'
import { CommandFailedError, CommandLimitError, CommandNotStartedError } from './command-errors.ts'
import { isFileError } from './file-error.ts'
import { findProgram, SYSTEM_PATH } from './find-program.ts'
import { followChild, type Exit, type FollowOptions, type Source } from './follow-child.ts'
import { LineSplitter } from './line-splitter.ts'
import { assertDescriptorsForChild } from './spare-descriptors.ts'
import type { Access, Invocation, Launch, Limits, Sandbox } from './sandbox/sandbox.ts'

export interface RunOptions extends Invocation, Access {
  /** What stands between the program and this machine. */
  readonly sandbox: Sandbox
  /** What an error calls the program, where its own name does not tell what it is. */
  readonly name?: string
  /** Absolute; also the program's HOME and TMPDIR, but behind a wall, where those are its own. */
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
  let launch: Launch | undefined
  const tellLine = (source: Source) => (text: string) => tell(() => onLine({ source, text: launch?.outside(text) ?? text }))
  // A program reads `progress`: half a `key=value` handed over early would be a wrong value.
  const splitters = {
    progress: new LineSplitter(tellLine('progress')),
    stdout: new LineSplitter(tellLine('stdout'), { flushAfterMs: UNFINISHED_LINE_MS }),
    stderr: new LineSplitter(tellLine('stderr'), { flushAfterMs: UNFINISHED_LINE_MS }),
  }
  const exit = await runGroup({
    ...options,
    onLaunch: (launched) => (launch = launched),
    signal: AbortSignal.any([options.signal, broken.signal]),
    onStart: (pid) => tell(() => onStart?.(pid)),
    onData: (source, chunk) => (source === 'stdout' && onStdout ? takeStdout(chunk) : splitters[source].push(chunk)),
  }).finally(() => Object.values(splitters).forEach((splitter) => splitter.end()))
  broken.signal.throwIfAborted()
  if (exit.exitCode !== 0) throw new CommandFailedError(options.name ?? options.program, exit)
}

export interface ReadOptions extends Invocation, Access {
  readonly sandbox: Sandbox
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
export async function readOutput({ timeoutMs = 30_000, maxBytes = 8 * 2 ** 20, signal, ...options }: ReadOptions): Promise<Output> {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(new CommandLimitError(options.program, `${timeoutMs / 1000} s`)), timeoutMs)
  const chunks: Record<Source, Uint8Array[]> = { progress: [], stdout: [], stderr: [] }
  let size = 0
  try {
    let launch: Launch | undefined
    const exit = await runGroup({
      ...options,
      onLaunch: (launched) => (launch = launched),
      signal: signal ? AbortSignal.any([signal, limit.signal]) : limit.signal,
      onStart: () => undefined,
      onData(source, chunk) {
        size += chunk.length
        if (size <= maxBytes) chunks[source].push(chunk)
        else limit.abort(new CommandLimitError(options.program, `${maxBytes} bytes of output`))
      },
    })
    limit.signal.throwIfAborted()
    if (exit.exitCode === null) throw new CommandFailedError(options.program, exit)
    const [stdout, stderr] = [chunks.stdout, chunks.stderr].map((said) => Buffer.concat(said).toString()) as [string, string]
    return { stdout, stderr: launch?.outside(stderr) ?? stderr, exitCode: exit.exitCode }
  } finally {
    clearTimeout(timer)
  }
}

interface GroupOptions extends Omit<RunOptions, 'onLine' | 'onStdout' | 'onStart'>, Pick<FollowOptions, 'onStart' | 'onData'> {
  readonly onLaunch?: (launch: Launch) => void
}

async function runGroup({ sandbox, onLaunch, ...options }: GroupOptions): Promise<Exit> {
  const { program, cwd, env } = options
  const [{ execa }, file] = await Promise.all([import('execa'), findProgram(program, env?.PATH)])
  options.signal.throwIfAborted()
  // Behind the sandbox's programs both of these would only show as an exit code.
  if (!file) throw new CommandNotStartedError(program, 'ENOENT')
  if (hasNul(options)) throw new CommandNotStartedError(program, 'EINVAL')

  const launch = await sandbox.prepare({
    ...options, program: file, env: { PATH: SYSTEM_PATH, LANG: 'C.UTF-8', HOME: cwd, TMPDIR: cwd, ...env },
  }).catch((error: unknown) => {
    throw isFileError(error, 'EMFILE', 'ENFILE') ? new CommandNotStartedError(program, (error as NodeJS.ErrnoException).code!, { cause: error }) : error
  })
  onLaunch?.(launch)
  const child = start(execa, launch, options)
  if (child.pid !== undefined) return followChild(child, child.pid, { ...options, name: options.name ?? program, launch })
  const { code, cause } = await child
  throw new CommandNotStartedError(program, code ?? 'UNKNOWN', { cause })
}

// Nothing of execa's is used that reaches the child alone and not its group, or that holds unbounded output.
function start(execa: typeof import('execa').execa, { program, args, env, filter }: Launch, { signal, cwd }: Pick<GroupOptions, 'signal' | 'cwd'>) {
  try {
    signal.throwIfAborted()
    assertDescriptorsForChild(program)
    const options = { cwd, env, extendEnv: false, detached: true, cleanup: false, buffer: false, reject: false } as const
    if (filter === undefined) return execa(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
    // Its types know of no descriptor but the standard ones.
    return execa(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe', 'pipe', filter as 0] })
  } finally {
    if (filter !== undefined) closeSync(filter)
  }
}

function hasNul({ program, args, cwd, env = {} }: Pick<GroupOptions, 'program' | 'args' | 'cwd' | 'env'>): boolean {
  return [program, cwd, ...args, ...Object.values(env)].some((text) => text.includes('\0'))
}

const UNFINISHED_LINE_MS = 250
