import { lstat, open, readlink, realpath, stat } from 'node:fs/promises'

/** A place that programs behind a wall see, and what is there: the same as outside, or a link. */
export type Place = { readonly path: string; readonly linksTo?: string }

export interface ProgramFilesOptions {
  /** What `ldd` prints for a program; empty where it says nothing. */
  listLibraries(program: string): Promise<string>
}

/** The libraries of the system, its fonts, and where the programs of Nix and Guix lie: what programs are made of. */
export async function systemPlaces(): Promise<readonly Place[]> {
  const found = await Promise.all([...LIBRARIES, ...FURTHER].map(async (path): Promise<readonly Place[]> => {
    const status = await lstat(path).catch(() => undefined)
    if (!status) return []
    return status.isSymbolicLink() && LIBRARIES.includes(path) ? [{ path, linksTo: await readlink(path) }] : [{ path }]
  }))
  return found.flat()
}

/** The program itself and what of it lies elsewhere than the system's own libraries. A script may run what is in /usr/bin. */
export async function programPlaces(program: string, { listLibraries }: ProgramFilesOptions): Promise<readonly Place[]> {
  const real = await realpath(program).catch(() => program)
  const itself: readonly Place[] = real === program ? [{ path: program }] : [{ path: real }, { path: program, linksTo: real }]
  if (!(await stat(real).catch(() => undefined))?.isFile()) return [{ path: program }]
  const begin = await beginOf(real)
  if (begin.startsWith('#!')) {
    const interpreter = begin.slice(2).trim().split(/[\s]/)[0] ?? ''
    const further = interpreter.startsWith('/') && !isBelow(interpreter, SCRIPT_PLACES) ? await programPlaces(interpreter, { listLibraries }) : []
    return [...SCRIPT_PLACES.map((path) => ({ path })), ...further, ...itself]
  }
  if (!begin.startsWith('\x7fELF') || isBelow(real, ['/usr/bin'])) return itself
  const libraries = [...(await listLibraries(real)).matchAll(/(?:^|=>)\s*(\/\S+)/gm)].map(([, path]) => path!)
  return [...itself, ...libraries.filter((path) => !isBelow(path, [...LIBRARIES, ...FURTHER])).map((path) => ({ path }))]
}

/** Each place once, what lies in another left out, links and folders before what lies in them. */
export function withoutDoubles(places: readonly Place[]): readonly Place[] {
  const kept: Place[] = []
  for (const place of [...places].sort((a, b) => a.path.length - b.path.length)) {
    if (!kept.some(({ path }) => place.path === path || isBelow(place.path, [path]))) kept.push(place)
  }
  return kept
}

export async function existing(places: readonly Place[]): Promise<readonly Place[]> {
  const found = await Promise.all(places.map(async (place) => ((await lstat(place.path).catch(() => undefined)) ? [place] : [])))
  return found.flat()
}

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(`${folder}/`))
}

const LIBRARIES: readonly string[] = [
  '/lib', '/lib32', '/lib64', '/libx32', '/usr/lib', '/usr/lib32', '/usr/lib64', '/usr/libx32', '/usr/local/lib', '/nix/store', '/gnu/store',
]
const FURTHER: readonly string[] = [
  '/etc/ld.so.cache', '/etc/alternatives', '/etc/fonts', '/usr/share/fonts', '/usr/local/share/fonts', '/usr/share/fontconfig',
  // Without it each job would look into every font.
  '/var/cache/fontconfig',
  // Debian's Node keeps parts of itself there.
  '/usr/share/nodejs',
]
const SCRIPT_PLACES: readonly string[] = ['/bin', '/usr/bin', '/usr/local/bin']

async function beginOf(file: string): Promise<string> {
  const handle = await open(file).catch(() => undefined)
  if (!handle) return ''
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0)
    return buffer.toString('latin1', 0, bytesRead).split('\n')[0] ?? ''
  } finally {
    await handle.close()
  }
}
