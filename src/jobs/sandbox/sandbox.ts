/** What stands between a program that jobs run and this machine. */
export interface Sandbox {
  /**
   * `bubblewrap`: it sees its own inputs, its own output and the programs it is made of, and nothing else of this machine.
   * `restricted`: it ends with the server even if that is killed, and gains no rights from set-uid programs.
   * `none`: it runs as any other child does.
   */
  readonly wall: 'bubblewrap' | 'restricted' | 'none'
  readonly network: 'none' | 'open'
  /** `job`: of the files of this machine it sees those of its job alone. */
  readonly filesystem: 'job' | 'open'
  /** Whether the kernel refuses it what no converter needs. */
  readonly seccomp: boolean
  /** The limits in force. */
  readonly limits: readonly (keyof Limits)[]
  /** What is missing and how to get it; for the operator. */
  readonly reason?: string
  /** How to start the program behind the wall. */
  prepare(call: Call): Promise<Launch>
}

/** A program and its arguments. */
export interface Invocation {
  readonly program: string
  readonly args: readonly string[]
  /** What the program is made of besides itself: files, folders, and the programs that it starts. */
  readonly needs?: readonly string[]
}

/** What of the files of this machine a program may touch, by absolute paths. The arguments may name them. */
export interface Access {
  /** Files, or named pipes, that are there. */
  readonly reads?: readonly string[] | undefined
  /** The one folder in which it may write. */
  readonly writes?: string | undefined
}

export interface Call extends Invocation, Access {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly limits?: Partial<Limits> | undefined
}

export interface Launch {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What becomes descriptor 4, and is to be closed when the program has started. */
  readonly filter?: number
  /** The most that the program and what it has started may take together. */
  readonly memoryBytes?: number
  /**
   * The process that is started is not the program: it ends with 128 + n where signal n has ended the program, and the
   * wall goes with it, so that SIGTERM has to be sent to those that it has started.
   */
  readonly isNested: boolean
  /** What the program says, with the paths of this machine in place of those that it sees. */
  outside(line: string): string
}

export interface Limits {
  /** Bytes of a core dump. */
  readonly core: number
  /** Bytes of any one file; writing more ends the program with SIGXFSZ. */
  readonly fsize: number
  /** Descriptors open at the same time. */
  readonly nofile: number
  /** Bytes of memory of the program and all that it has started; taking more ends it. */
  readonly memory: number
  /** Seconds of processor time of any one process. */
  readonly cpu: number
}

export const DEFAULT_LIMITS: Omit<Limits, 'cpu'> = { core: 0, fsize: 64 * 2 ** 30, nofile: 1024, memory: 4 * 2 ** 30 }

/** For the hub's own errands, which touch nothing that a stranger has sent. */
export const NO_SANDBOX: Sandbox = {
  wall: 'none', network: 'open', filesystem: 'open', seccomp: false, limits: [],
  prepare: async ({ program, args, env }) => ({ program, args, env, isNested: false, outside: (line) => line }),
}

/** For the operator, in one line. */
export function describeSandbox({ wall, network, seccomp, limits, reason }: Sandbox): string {
  const parts = [
    network === 'none' ? 'no network, no files but those of the job' : 'the network and the files of this user are open to it',
    ...(seccomp ? ['seccomp'] : []), ...(limits.length > 0 ? [`limits on ${limits.join(', ')}`] : []),
  ]
  return `${wall}: ${parts.join('; ')}${reason === undefined ? '' : ` (${reason})`}`
}
