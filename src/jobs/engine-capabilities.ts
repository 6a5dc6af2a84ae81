import { tmpdir } from 'node:os'
import { HubError } from '../errors.ts'
import { nearestName } from '../tools/nearest-name.ts'
import type { Requirements } from '../tools/tool.ts'
import { findEngine, type Engine, type EngineOptions } from './ffmpeg-engine.ts'
import { readOutput } from './run-command.ts'

/** The names of what an ffmpeg was built with. */
export type Capabilities = Readonly<Record<CapabilityKind, ReadonlySet<string>>>

export type CapabilityKind = 'encoders' | 'decoders' | 'filters' | 'muxers' | 'demuxers'

/** Finds the engine and asks at once what it can do. Throws as `findEngine` does. */
export async function findKnownEngine(options: EngineOptions): Promise<Engine> {
  const engine = await findEngine(options)
  await capabilities(engine)
  return engine
}

/** Asks the engine, the first time; takes up to a second then. */
export function capabilities(engine: Engine): Promise<Capabilities> {
  const known = answers.get(engine)
  if (known) return known
  const asked = ask(engine)
  answers.set(engine, asked)
  asked.catch(() => answers.delete(engine))
  return asked
}

const answers = new WeakMap<Engine, Promise<Capabilities>>()

/** What is required and not there, in the order of the requirements. */
export function missing(requirements: Requirements, available: Capabilities): readonly MissingCapability[] {
  return REQUIRABLE.flatMap((kind) =>
    (requirements[kind] ?? []).filter((name) => !available[kind].has(name)).map((name) => ({ kind, name })))
}

export interface MissingCapability {
  readonly kind: (typeof REQUIRABLE)[number]
  readonly name: string
}

/**
 * Throws a HubError `missing_capability` that names each requirement the engine does not meet, and what comes near;
 * `argument_refused` for what needs a sandbox where there is none.
 */
export async function checkRequirements(requirements: Requirements, engine: Engine): Promise<void> {
  checkSandboxed(requirements, engine)
  if (requirements.fonts && engine.kind === 'portable') {
    throw new HubError('missing_capability', 'the portable ffmpeg cannot see the fonts of this machine, so nothing can be written into a picture', {
      hint: 'Install ffmpeg (on Debian: apt-get install ffmpeg fonts-dejavu-core), or leave the text out',
    })
  }
  const available = await capabilities(engine)
  const lacking = missing(requirements, available)
  if (lacking.length === 0) return
  const named = lacking.map(({ kind, name }) => `no ${kind.slice(0, -1)} ${name}${nearby(name, available[kind])}`)
  throw new HubError('missing_capability', `this ffmpeg (${engine.version.split('-')[0]}, ${engine.kind}) has ${named.join(', and ')}`, {
    hint: 'Use one that it has, or set REELTIME_FFMPEG to an ffmpeg that was built with what is missing',
  })
}

function checkSandboxed({ sandboxed = [] }: Requirements, { sandbox }: Engine): void {
  if (sandboxed.length === 0 || sandbox.wall === 'bubblewrap') return
  throw new HubError('argument_refused', `${sandboxed.join(' and ')} may be used only where jobs run in a sandbox, and on this server they do not`, {
    hint: 'Use plain filters in -vf and -af; or let the operator install bubblewrap and allow it user namespaces: reeltime doctor says what is missing',
  })
}

const REQUIRABLE = ['encoders', 'filters', 'muxers'] as const

async function ask(engine: Engine): Promise<Capabilities> {
  // Two at a time: the answers are wanted soon, and the machine has other things to do.
  const [codecs, formats] = await Promise.all([askCodecsAndFilters(engine), askFormats(engine)])
  return { ...codecs, ...formats }
}

async function askCodecsAndFilters(engine: Engine) {
  return { encoders: await list(engine, 'encoders'), decoders: await list(engine, 'decoders'), filters: await list(engine, 'filters') }
}

async function askFormats(engine: Engine) {
  return { muxers: await list(engine, 'muxers'), demuxers: await list(engine, 'demuxers') }
}

async function list({ ffmpeg: { args, ...ffmpeg }, sandbox }: Engine, kind: CapabilityKind): Promise<ReadonlySet<string>> {
  const { stdout } = await readOutput({ ...ffmpeg, args: [...args, '-v', 'quiet', `-${kind}`], cwd: tmpdir(), sandbox })
  const names = stdout.split('\n').flatMap((line) => LINE[kind].exec(line)?.[1]?.split(',') ?? [])
  if (names.length === 0) throw new HubError('internal', `ffmpeg does not tell its ${kind}`)
  return new Set(names)
}

const CODEC = /^ [VASD][F.][S.][X.][B.][D.] ([\w-]+) /
// `matroska,webm` are two names of one format. Since 7.0 a third column marks devices.
const FORMAT = /^ [D ][E ][d ] *([\w,-]+) /
const LINE: Readonly<Record<CapabilityKind, RegExp>> = {
  encoders: CODEC,
  decoders: CODEC,
  filters: /^ [T.][S.][C.]? +(\w+) +\S+->\S+/,
  muxers: FORMAT,
  demuxers: FORMAT,
}

/** What shares a part of the name first: `libfdk_aac` is more like `aac` than like `libopus`. */
function nearby(name: string, available: ReadonlySet<string>): string {
  const parts = name.replace(/^lib/, '').split(/[_-]/).filter((part) => part.length > 2)
  const related = [...available].filter((other) => parts.some((part) => other.includes(part))).sort((a, b) => a.length - b.length)
  const nearest = related.length > 0 ? related.slice(0, 3) : [nearestName(name, [...available])].filter((other) => other !== undefined)
  return nearest.length > 0 ? ` (it has ${nearest.join(', ')})` : ''
}
