import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HubError } from '../errors.ts'
import type { Command } from '../tools/tool.ts'
import { findProgram } from './find-program.ts'
import { readOutput } from './run-command.ts'
import type { Invocation } from './sandbox.ts'

/** The ffmpeg that jobs run, wherever it was found. */
export interface Engine {
  /** `portable` is the WebAssembly build: any machine that has Node, one thread, about six times slower. */
  readonly kind: 'native' | 'portable'
  /** As ffmpeg prints it, for example `5.1.9-0+deb12u1`. */
  readonly version: string
  readonly source: 'REELTIME_FFMPEG' | 'PATH' | '@ffmpeg/core'
  /** Followed by the arguments of the call. */
  readonly ffmpeg: Invocation
  readonly ffprobe: Invocation
}

export interface EngineOptions {
  /** What REELTIME_FFMPEG or FFMPEG_PATH say. */
  readonly ffmpegPath?: string | undefined
  /** What REELTIME_FFPROBE says; otherwise the one beside ffmpeg. */
  readonly ffprobePath?: string | undefined
  /** The PATH to search. */
  readonly pathVariable: string
}

/**
 * Finds an ffmpeg that runs: the one that is configured, else the one on PATH, else the portable one. One that is
 * configured and does not run is an error; nothing else silently takes its place.
 *
 * Throws a HubError `missing_capability` that says what to install or to set. Takes about 0.2 s.
 */
export async function findEngine({ ffmpegPath, ffprobePath, pathVariable }: EngineOptions): Promise<Engine> {
  const portable = findPortable()
  const ffmpeg = ffmpegPath ? await locate('REELTIME_FFMPEG', ffmpegPath, pathVariable) : await findProgram('ffmpeg', pathVariable)
  if (ffmpeg) {
    const ffprobe = ffprobePath ? await locate('REELTIME_FFPROBE', ffprobePath, pathVariable) : await findFfprobe(ffmpeg, pathVariable)
    const native = { ffmpeg: plainly(ffmpeg), ffprobe: ffprobe ? plainly(ffprobe) : portable?.ffprobe ?? plainly('ffprobe') }
    const version = await versionOf(native)
    if (version) return { kind: 'native', version, source: ffmpegPath ? 'REELTIME_FFMPEG' : 'PATH', ...native }
    if (ffmpegPath) throw doesNotRun('REELTIME_FFMPEG', ffprobe ? 'ffmpeg' : 'ffmpeg and has an ffprobe beside it')
  }
  const version = portable && (await versionOf(portable))
  if (version) return { kind: 'portable', version, source: '@ffmpeg/core', ...portable }
  throw new HubError('missing_capability', 'there is no ffmpeg on this machine', {
    hint: 'Run "apt-get install ffmpeg" or "brew install ffmpeg", or "npm install @ffmpeg/core", or set REELTIME_FFMPEG to the path of one',
  })
}

export interface EngineCommand {
  readonly program: Exclude<Command['program'], 'sanjuuni'>
  readonly args: readonly string[]
}

/** The whole call for a command of a tool's plan. */
export function invocationOf(engine: Engine, { program, args }: EngineCommand): Invocation {
  if (program === 'node') return { program: process.execPath, args }
  // The converter runs ffmpeg itself: it is told how.
  if (program === 'converter') return { program: process.execPath, args: [findConverter(), JSON.stringify(engine.ffmpeg), ...args] }
  return { program: engine[program].program, args: [...engine[program].args, ...args] }
}

type Programs = Pick<Engine, 'ffmpeg' | 'ffprobe'>

/** Paths become absolute, since programs start in other directories. */
async function locate(variable: string, name: string, pathVariable: string): Promise<string> {
  const file = await findProgram(name.includes('/') ? resolve(name) : name, pathVariable)
  if (!file) throw doesNotRun(variable, variable === 'REELTIME_FFPROBE' ? 'ffprobe' : 'ffmpeg')
  return file
}

async function findFfprobe(ffmpeg: string, pathVariable: string): Promise<string | undefined> {
  return (await findProgram(join(dirname(ffmpeg), 'ffprobe'))) ?? findProgram('ffprobe', pathVariable)
}

function plainly(program: string): Invocation {
  return { program, args: [] }
}

function findPortable(): Programs | undefined {
  const main = findBuilt('tools/ffmpeg-wasm/main.js')
  if (!main || !isInstalled('@ffmpeg/core')) return undefined
  return { ffmpeg: { program: process.execPath, args: [main, 'ffmpeg'] }, ffprobe: { program: process.execPath, args: [main, 'ffprobe'] } }
}

function findConverter(): string {
  const main = findBuilt('tools/sanjuuni/main.js')
  if (main) return main
  throw new HubError('missing_capability', 'the converter has not been built', { hint: 'Run "npm run build"' })
}

/** Run from source, as the tests do, the program is still the built one. */
function findBuilt(name: string): string | undefined {
  return [`../${name}`, `../../dist/${name}`].map((path) => fileURLToPath(new URL(path, import.meta.url))).find((file) => existsSync(file))
}

function isInstalled(packageName: string): boolean {
  try {
    createRequire(import.meta.url).resolve(packageName)
    return true
  } catch {
    return false
  }
}

/** Undefined unless both programs run and say what they are. */
async function versionOf({ ffmpeg, ffprobe }: Programs): Promise<string | undefined> {
  const [version] = await Promise.all([readVersion(ffmpeg), readVersion(ffprobe)]).catch(() => [undefined])
  return version
}

async function readVersion({ program, args }: Invocation): Promise<string> {
  const { stdout } = await readOutput({ program, args: [...args, '-version'], cwd: tmpdir() })
  // The portable ffprobe calls itself ffmpeg here.
  const version = /^ff(?:mpeg|probe) version (\S+)/.exec(stdout)?.[1]
  if (!version) throw new Error(`${program} does not tell its version`)
  return version
}

function doesNotRun(variable: string, program: string): HubError {
  return new HubError('missing_capability', `${variable} does not name a program that runs as ${program}`, {
    hint: `Set ${variable} to the path of an executable, or leave it out to use the one on PATH`,
  })
}
