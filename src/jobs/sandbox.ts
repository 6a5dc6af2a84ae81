import { findProgram } from './find-program.ts'

/** What stands between a program that jobs run and this machine. */
export interface Sandbox {
  /**
   * `restricted`: it ends with the server even if that is killed, and gains no rights from set-uid programs.
   * `none`: it runs as any other child does.
   */
  readonly wall: 'restricted' | 'none'
  /** The resource limits in force. */
  readonly limits: readonly (keyof Limits)[]
  /** What is missing and how to get it; for the operator. */
  readonly reason?: string
  wrap(invocation: Invocation, limits?: Partial<Limits>): Invocation
}

export interface Invocation {
  readonly program: string
  readonly args: readonly string[]
}

export interface Limits {
  /** Bytes of a core dump. */
  readonly core: number
  /** Bytes of any one file; writing more ends the program with SIGXFSZ. */
  readonly fsize: number
  /** Descriptors open at the same time. */
  readonly nofile: number
}

export const DEFAULT_LIMITS: Limits = { core: 0, fsize: 64 * 2 ** 30, nofile: 1024 }

/** Puts together the strongest wall that `works` on this machine. It is asked at most three times. */
export async function findSandbox(works: (invocation: Invocation) => Promise<boolean>): Promise<Sandbox> {
  const [setpriv, prlimit, harmless] = await Promise.all(['setpriv', 'prlimit', 'true'].map((name) => findProgram(name)))
  const nothing: Invocation = { program: harmless ?? 'true', args: [] }
  const restrict = setpriv && behindSetpriv(setpriv)
  const limit = prlimit && behindPrlimit(prlimit)
  if (restrict && limit && (await works(restrict(limit(nothing, DEFAULT_LIMITS))))) {
    return {
      wall: 'restricted', limits: LIMIT_NAMES,
      wrap: (invocation, limits) => restrict(limit(invocation, { ...DEFAULT_LIMITS, ...limits })),
    }
  }
  if (restrict && (await works(restrict(nothing)))) {
    const reason = 'prlimit (of util-linux) is missing or not allowed: no resource limits'
    return { wall: 'restricted', limits: [], reason, wrap: (invocation) => restrict(invocation) }
  }
  const reason = 'setpriv (of util-linux) is missing or not allowed: programs outlive a server that is killed'
  if (limit && (await works(limit(nothing, DEFAULT_LIMITS)))) {
    return { wall: 'none', limits: LIMIT_NAMES, reason, wrap: (invocation, limits) => limit(invocation, { ...DEFAULT_LIMITS, ...limits }) }
  }
  return { wall: 'none', limits: [], reason, wrap: (invocation) => invocation }
}

const LIMIT_NAMES = ['core', 'fsize', 'nofile'] as const

// Both programs replace themselves by the one they are given, so pid, group and exit code stay those of the program.
function behindSetpriv(setpriv: string) {
  return ({ program, args }: Invocation): Invocation => ({
    program: setpriv,
    args: ['--pdeathsig', 'KILL', '--no-new-privs', '--', program, ...args],
  })
}

function behindPrlimit(prlimit: string) {
  return ({ program, args }: Invocation, limits: Limits): Invocation => ({
    program: prlimit,
    args: [...LIMIT_NAMES.map((name) => `--${name}=${limits[name]}`), '--', program, ...args],
  })
}
