import type { Call, Launch, Limits } from './sandbox.ts'

export const RESOURCE_LIMITS = ['core', 'fsize', 'nofile', 'cpu', 'memory'] as const

/**
 * Starts programs with less than the hub's own rights: `setpriv` ends them with the hub, `prlimit` limits what they take.
 * Both replace themselves by the program they are given, so pid, group and exit code stay those of the program.
 */
export function restrict(
  { program, args, env, limits }: Call, { setpriv, prlimit, defaults }: { setpriv?: string | undefined; prlimit?: string | undefined; defaults: Partial<Limits> },
): Launch {
  const all = { ...defaults, ...limits }
  const words = [
    ...(setpriv ? [setpriv, '--pdeathsig', 'KILL', '--no-new-privs', '--'] : []),
    ...(prlimit ? [prlimit, ...limitArguments(all), '--'] : []),
    program, ...args,
  ]
  return {
    program: words[0]!, args: words.slice(1), env, isNested: false, outside: (line) => line,
    ...(all.memory !== undefined && { memoryBytes: all.memory }),
  }
}

/**
 * Memory is what is watched over the whole tree. What one process may ask for is four times that, since encoders ask for
 * several times what they then use: beyond, the kernel refuses it.
 */
export function limitArguments({ memory, ...limits }: Partial<Limits>): readonly string[] {
  const asked = Object.entries({ ...limits, ...(memory !== undefined && { data: 4 * memory }) })
  return asked.filter(([, value]) => value !== undefined).map(([name, value]) => `--${name}=${Math.ceil(value)}`)
}
