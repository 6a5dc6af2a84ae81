/**
 * The portable engine: runs the WebAssembly build of ffmpeg as if it were the program. `main.js ffmpeg|ffprobe ARGS…`
 *
 * Of the host it sees the working directory and the directories of the files that are named on the command line. It has
 * no network. Everything below happens in one synchronous call, so a signal ends it at once.
 */
import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { connectProgressDescriptor, connectStandardDescriptor } from './connect-descriptor.ts'
import { loadCore, type Core } from './core.ts'
import { mountDirectory } from './mount-directory.ts'

async function run(name: 'ffmpeg' | 'ffprobe', args: readonly string[]): Promise<number> {
  const core = await loadCore()
  const { FS } = core
  for (const descriptor of [0, 1, 2] as const) connectStandardDescriptor(FS, descriptor)
  // Only when it is asked for: else descriptor 3 is something of Node's own.
  if (args.includes('pipe:3')) connectProgressDescriptor(FS)
  for (const directory of visibleDirectories(args)) mountDirectory(FS, directory)
  if (process.cwd() !== '/') FS.chdir(process.cwd())
  return call(core, name, args)
}

function call(core: Core, name: 'ffmpeg' | 'ffprobe', args: readonly string[]): number {
  const argv = [name, ...withPlainJpegs(args)]
  try {
    const returned = core[`_${name}`](argv.length, core.stringsToPtr(argv))
    return core.ret === HAS_NOT_EXITED ? returned : core.ret
  } catch (error) {
    // Its exit() unwinds by an exception; one without an exit code is a trap, such as memory that ran out.
    if (core.ret !== HAS_NOT_EXITED) return core.ret
    console.error(`[fatal] the portable engine broke down: ${error instanceof Error ? error.message : String(error)}`)
    return CRASHED
  }
}

/**
 * The encoder of JPEGs breaks down, or never ends, on some pictures when it makes Huffman tables of its own for each, as
 * it does unless told otherwise: those of the standard are taken.
 */
function withPlainJpegs(args: readonly string[]): readonly string[] {
  const output = args.at(-1)
  const makesJpegs = args.includes('mjpeg') || /\.(?:jpe?g|mjpe?g)$/i.test(output ?? '')
  if (output === undefined || !makesJpegs || args.includes('-huffman')) return args
  return [...args.slice(0, -1), '-huffman', 'default', output]
}

const HAS_NOT_EXITED = -1
/** What a shell makes of SIGABRT. */
const CRASHED = 134

function visibleDirectories(args: readonly string[]): readonly string[] {
  const files = args.filter((arg) => !arg.startsWith('-')).map((arg) => resolve(arg.replace(/^file:/, '')))
  const named = new Set([process.cwd(), ...files.map((file) => dirname(file))])
  // The root inside is its own: it holds the devices.
  return [...named].filter((directory) => directory !== '/' && isDirectory(directory))
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // Most arguments are no paths: a filter graph may be longer than a name can be.
    return false
  }
}

const [program, ...args] = process.argv.slice(2)
if (program === 'ffmpeg' || program === 'ffprobe') {
  process.exitCode = await run(program, args)
} else {
  console.error('usage: main.js ffmpeg|ffprobe ARGS…')
  process.exitCode = 2
}
