import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { INNER_OUTPUT, innerInput, innerPaths } from './inner-paths.ts'
import { existing, programPlaces, systemPlaces, withoutDoubles, type Place, type ProgramFilesOptions } from './program-files.ts'
import { limitArguments } from './restricted.ts'
import type { Call, Launch, Limits } from './sandbox.ts'

export interface BubblewrapOptions extends ProgramFilesOptions {
  readonly bwrap: string
  readonly prlimit: string | undefined
  readonly defaults: Partial<Limits>
  readonly seccomp: Uint8Array | undefined
  /** What is not to be had in some containers. */
  readonly without: readonly Optional[]
}

/** `--disable-userns` needs a /proc/sys that can be written; `--proc` a /proc of which nothing is hidden. */
export type Optional = '--disable-userns' | '--proc'

/** Starts programs in a world of their own: own processes, no network, and of the files only what the call names. */
export function bubblewrap(options: BubblewrapOptions): (call: Call) => Promise<Launch> {
  const { bwrap, prlimit, defaults, seccomp, without } = options
  const system = systemPlaces()
  const known = new Map<string, Promise<readonly Place[]>>()
  const placesOf = (path: string): Promise<readonly Place[]> => {
    const places = known.get(path) ?? programPlaces(path, options).then(existing)
    known.set(path, places)
    return places
  }
  return async (call) => {
    const { program, args, needs = [], reads = [], writes, cwd, env, limits } = call
    const made = await Promise.all([program, ...needs].map(placesOf))
    const places = withoutDoubles([...(await system), ...made.flat()])
    const { inside, outside } = innerPaths(call)
    const all = { ...defaults, ...limits }
    const wall = [
      bwrap, ...NAMESPACES, ...(without.includes('--disable-userns') ? [] : ['--disable-userns']),
      ...(without.includes('--proc') ? [] : ['--proc', '/proc']),
      ...SCRATCH, ...places.flatMap(mount),
      ...reads.flatMap((file, index) => ['--ro-bind', file, innerInput(index)]),
      ...(writes === undefined ? [] : ['--bind', writes, INNER_OUTPUT]),
      '--chdir', cwd === writes ? INNER_OUTPUT : HOME,
      // Last, since all above is put there; else both are memory that nothing limits.
      '--remount-ro', '/dev', '--remount-ro', '/',
      ...(seccomp ? ['--seccomp', String(FILTER_DESCRIPTOR)] : []), '--', program, ...args.map(inside),
    ]
    const words = prlimit ? [prlimit, ...limitArguments(all), '--', ...wall] : wall
    return {
      program: words[0]!, args: words.slice(1), env: { ...env, PATH, HOME, TMPDIR: HOME }, isNested: true, outside,
      ...(seccomp && { filter: openFilter(seccomp) }),
      ...(all.memory !== undefined && { memoryBytes: all.memory }),
    }
  }
}

/** Behind stdin, stdout, stderr and what progress is told on. */
const FILTER_DESCRIPTOR = 4
const PATH = '/usr/local/bin:/usr/bin:/bin'
const HOME = '/tmp'

// Without --new-session: the hub starts each program in a session of its own that has no terminal.
const NAMESPACES = ['--unshare-user', '--unshare-all', '--die-with-parent', '--cap-drop', 'ALL', '--hostname', 'job'] as const
const SCRATCH = ['--dev', '/dev', '--size', String(64 * 2 ** 20), '--tmpfs', HOME] as const

function mount({ path, linksTo }: Place): readonly string[] {
  return linksTo === undefined ? ['--ro-bind', path, path] : ['--symlink', linksTo, path]
}

/** Opens a file without a name that holds the filter. Each open begins at its beginning, wherever others have read to. */
function openFilter(filter: Uint8Array): number {
  held ??= holdBytes(filter)
  return openSync(`/proc/self/fd/${held}`, 'r')
}

let held: number | undefined

function holdBytes(bytes: Uint8Array): number {
  const directory = mkdtempSync(join(tmpdir(), 'reeltime-filter-'))
  try {
    const file = join(directory, 'filter')
    writeFileSync(file, bytes)
    return openSync(file, 'r')
  } finally {
    rmSync(directory, { recursive: true })
  }
}
