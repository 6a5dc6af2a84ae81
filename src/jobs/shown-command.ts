import { ALLOCATION_GUARD, inputGuards } from '../tools/input-guards.ts'
import type { Command } from '../tools/tool.ts'
import { ownProgramFile } from './ffmpeg-engine.ts'

/** A command with names in place of this machine's paths. */
export interface ShownCommand {
  readonly program: Command['program']
  /** All of them, the hub's own too. */
  readonly args: readonly string[]
  /** What does the same in a terminal: without what is there for the hub alone. */
  readonly shell: string
}

export interface ShownPaths {
  /** The staged files, and what each is called instead; `input` and `input-2` unless given. */
  readonly inputs: readonly string[]
  readonly names?: readonly string[]
  /** Becomes the directory in which one is. */
  readonly outputDirectory: string
}

export function showCommand({ program, args, frames }: Command, paths: ShownPaths): ShownCommand {
  const rename = renaming(paths)
  const shownArgs = args.map(rename)
  const own = ownProgramFile(program)
  const words = own === undefined
    ? [program, ...withoutGuards(shownArgs)]
    : ['node', `dist/${own}`, JSON.stringify({ program: 'ffmpeg', args: [] }), ...shownArgs.map(withoutGuardsInside)]
  // The hub's own programs tell their progress on a descriptor that a terminal has not opened.
  const redirections = [...(frames ? ['> frames'] : []), ...(own === undefined ? [] : ['3> /dev/null'])]
  return { program, args: shownArgs, shell: [...words.map(shellWord), ...redirections].join(' ') }
}

/** One word of a POSIX shell, quoted only where that is needed. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

/** The longest first: `in/1` is the beginning of `in/10`. */
function renaming({ inputs, outputDirectory, names = inputs.map((_, index) => (index === 0 ? 'input' : `input-${index + 1}`)) }: ShownPaths) {
  const pairs = [
    ...inputs.map((file, index) => [file, names[index] ?? 'input'] as const),
    [`${outputDirectory}/`, './'] as const,
  ].sort(([a], [b]) => b.length - a.length)
  return (text: string) => pairs.reduce((renamed, [path, name]) => renamed.replaceAll(path, name), text)
}

/** Without the options by which the hub hears of the progress, and those that shut files in. */
function withoutGuards(args: readonly string[]): readonly string[] {
  let first = 0
  while (first < args.length && HEAD_OPTIONS.has(args[first]!)) first += HEAD_OPTIONS.get(args[first]!)! + 1
  const kept: string[] = []
  for (let at = first; at < args.length;) {
    const guard = GUARDS.find((words) => words.every((word, index) => args[at + index] === word))
    if (guard) at += guard.length
    else kept.push(args[at++]!)
  }
  return kept
}

/** The same within an argument that is JSON, as those of the hub's own programs are. */
function withoutGuardsInside(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), (_, value: unknown) => (isWords(value) ? withoutGuards(value) : value))
  } catch {
    return text
  }
}

function isWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((word) => typeof word === 'string')
}

const GUARDS = [inputGuards(), ALLOCATION_GUARD]

/** What stands in front of all else, and how many values each has. */
const HEAD_OPTIONS = new Map([
  ['-hide_banner', 0], ['-nostdin', 0], ['-y', 0], ['-nostats', 0], ['-progress', 1], ['-stats_period', 1], ['-loglevel', 1], ['-max_alloc', 1],
])
