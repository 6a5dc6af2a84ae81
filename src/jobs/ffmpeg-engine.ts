import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HubError } from '../errors.ts'
import type { Command, OwnProgram } from '../tools/tool.ts'
import { findProgram, SYSTEM_PATH } from './find-program.ts'
import { readOutput } from './run-command.ts'
import { findSandbox, type SandboxMode } from './sandbox/ladder.ts'
import type { Invocation, Sandbox } from './sandbox/sandbox.ts'
import { findGap } from './sandbox/self-test.ts'

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
  /** What it runs behind, and all else that jobs run. */
  readonly sandbox: Sandbox
}

export interface EngineOptions {
  /** What REELTIME_FFMPEG or FFMPEG_PATH say. */
  readonly ffmpegPath?: string | undefined
  /** What REELTIME_FFPROBE says; otherwise the one beside ffmpeg. */
  readonly ffprobePath?: string | undefined
  /** The PATH to search. */
  readonly pathVariable: string
  /** Default `auto`. */
  readonly sandboxMode?: SandboxMode
  /** Bytes that a command may take. */
  readonly maxMemoryBytes?: number
}

/**
 * Finds an ffmpeg that runs: the one that is configured, else the one on PATH, else the portable one. One that is
 * configured and does not run is an error; nothing else silently takes its place.
 *
 * Behind the strongest wall that it runs behind and that holds, which is tried.
 *
 * Throws a HubError `missing_capability` that says what to install or to set. Takes about 0.5 s.
 */
export async function findEngine(options: EngineOptions): Promise<Engine> {
  const candidates = await locateCandidates(options)
  const asked = { mode: options.sandboxMode, memoryBytes: options.maxMemoryBytes, pathVariable: `${options.pathVariable}:${SYSTEM_PATH}` }
  const sandbox = await findSandbox(asked)
  const engine = await firstThatRuns(candidates, sandbox)
  if (sandbox.wall !== 'bubblewrap') return engine ?? noneRuns(options)
  const isWanted = engine !== undefined && engine.ffmpeg === candidates[0]?.ffmpeg
  const gap = engine && (await findGap(sandbox, engine.kind === 'native' ? engine.ffmpeg : undefined))
  if (isWanted && gap === undefined) return engine
  const weaker = await findSandbox({ ...asked, notBubblewrap: `bubblewrap: ${gap ?? 'ffmpeg does not run behind it'}` })
  const other = await firstThatRuns(candidates, weaker)
  // The wall was not what kept the other one from running.
  if (engine && gap === undefined && other?.ffmpeg === engine.ffmpeg) return engine
  return other ?? noneRuns(options)
}

export interface EngineCommand {
  readonly program: Exclude<Command['program'], 'sanjuuni'>
  readonly args: readonly string[]
}

/** The whole call for a command of a tool's plan. */
export function invocationOf(engine: Engine, { program, args }: EngineCommand): Invocation {
  if (program === 'node') return { program: process.execPath, args }
  if (program === 'ffmpeg' || program === 'ffprobe') return { ...engine[program], args: [...engine[program].args, ...args] }
  const [main, { program: ffmpeg, args: begin, needs = [] }] = [findOwnProgram(program), engine.ffmpeg]
  // It runs ffmpeg itself: it is told how.
  const how = JSON.stringify({ program: ffmpeg, args: begin })
  return { program: process.execPath, args: [main, how, ...args], needs: [...builtParts(main), ffmpeg, ...needs] }
}

const OWN_PROGRAMS: Record<OwnProgram, string> = {
  converter: 'tools/sanjuuni/main.js',
  watermark: 'tools/watermark/main.js',
  gif: 'tools/gif/main.js',
}

/** Where a program of the hub stands below `dist/`; undefined for those that are not its own. */
export function ownProgramFile(program: Command['program']): string | undefined {
  return Object.hasOwn(OWN_PROGRAMS, program) ? OWN_PROGRAMS[program as OwnProgram] : undefined
}

type Candidate = Pick<Engine, 'kind' | 'source' | 'ffmpeg' | 'ffprobe'>

/** The best one first. */
async function locateCandidates({ ffmpegPath, ffprobePath, pathVariable }: EngineOptions): Promise<readonly Candidate[]> {
  const portable = findPortable()
  const ffmpeg = ffmpegPath ? await locate('REELTIME_FFMPEG', ffmpegPath, pathVariable) : await findProgram('ffmpeg', pathVariable)
  if (!ffmpeg) return portable ? [portable] : []
  const ffprobe = ffprobePath ? await locate('REELTIME_FFPROBE', ffprobePath, pathVariable) : await findFfprobe(ffmpeg, pathVariable)
  const native: Candidate = {
    kind: 'native', source: ffmpegPath ? 'REELTIME_FFMPEG' : 'PATH', ffmpeg: plainly(ffmpeg),
    ffprobe: ffprobe ? plainly(ffprobe) : portable?.ffprobe ?? plainly('ffprobe'),
  }
  return ffmpegPath || !portable ? [native] : [native, portable]
}

async function firstThatRuns(candidates: readonly Candidate[], sandbox: Sandbox): Promise<Engine | undefined> {
  for (const candidate of candidates) {
    const version = await versionOf(candidate, sandbox)
    if (version) return { ...candidate, version, sandbox }
  }
  return undefined
}

function noneRuns({ ffmpegPath }: EngineOptions): never {
  if (ffmpegPath) throw doesNotRun('REELTIME_FFMPEG', 'ffmpeg and has an ffprobe beside it')
  throw new HubError('missing_capability', 'there is no ffmpeg on this machine', {
    hint: 'Run "apt-get install ffmpeg" or "brew install ffmpeg", or "npm install @ffmpeg/core", or set REELTIME_FFMPEG to the path of one',
  })
}

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

function findPortable(): Candidate | undefined {
  const main = findBuilt('tools/ffmpeg-wasm/main.js')
  const core = findPackage('@ffmpeg/core')
  if (!main || !core) return undefined
  const programs = (['ffmpeg', 'ffprobe'] as const).map((name) => ({ program: process.execPath, args: [main, name], needs: [...builtParts(main), core] }))
  return { kind: 'portable', source: '@ffmpeg/core', ffmpeg: programs[0]!, ffprobe: programs[1]! }
}

function findOwnProgram(name: OwnProgram): string {
  const main = findBuilt(OWN_PROGRAMS[name])
  if (main) return main
  throw new HubError('missing_capability', `the hub’s program ${name} has not been built`, { hint: 'Run "npm run build"' })
}

/** Run from source, as the tests do, the program is still the built one. Put into one file with others, this stands above it. */
function findBuilt(name: string): string | undefined {
  return [`./${name}`, `../${name}`, `../../dist/${name}`].map((path) => fileURLToPath(new URL(path, import.meta.url))).find((file) => existsSync(file))
}

/** What a program of the hub is made of: all that is built, and the file by which Node knows what kind of modules those are. */
function builtParts(main: string): readonly string[] {
  const built = resolve(dirname(main), '../..')
  return [built, resolve(built, '../package.json')]
}

/** The folder where Node looks for it. */
function findPackage(name: string): string | undefined {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? []
  return folders.map((folder) => join(folder, name)).find((folder) => existsSync(join(folder, 'package.json')))
}

/** Undefined unless both programs run and say what they are. */
async function versionOf({ ffmpeg, ffprobe }: Candidate, sandbox: Sandbox): Promise<string | undefined> {
  const [version] = await Promise.all([readVersion(ffmpeg, sandbox), readVersion(ffprobe, sandbox)]).catch(() => [undefined])
  return version
}

async function readVersion({ args, ...invocation }: Invocation, sandbox: Sandbox): Promise<string> {
  const { stdout } = await readOutput({ ...invocation, args: [...args, '-version'], cwd: tmpdir(), sandbox })
  // The portable ffprobe calls itself ffmpeg here.
  const version = /^ff(?:mpeg|probe) version (\S+)/.exec(stdout)?.[1]
  if (!version) throw new Error(`${invocation.program} does not tell its version`)
  return version
}

function doesNotRun(variable: string, program: string): HubError {
  return new HubError('missing_capability', `${variable} does not name a program that runs as ${program}`, {
    hint: `Set ${variable} to the path of an executable, or leave it out to use the one on PATH`,
  })
}
