import { extname } from 'node:path'
import { HubError } from '../errors.ts'
import type { Tool } from '../tools/tool.ts'
import type { Options } from './command.ts'
import { UsageError } from './shell.ts'
import { flagName, flagsOf, formatFields, readFlags, schemaOf, sourceFlags, type FlagValue, type ToolSchema } from './tool-flags.ts'

export interface Asked {
  /** The whole input, as JSON. */
  readonly input?: string | undefined
  readonly in: readonly string[]
  readonly out?: string | undefined
  readonly format?: string | undefined
  readonly preset?: string | undefined
  /** How to say what to make; `-o` and `-f` unless given. */
  readonly formatIn?: '-f'
  /** What stood behind `--`. */
  readonly args: readonly string[]
  readonly flags: Readonly<Record<string, FlagValue>>
}

export interface InputMaker {
  /** What flags name to be read as well, each a file or a source. */
  readonly named: readonly string[]
  /** Of the sources, once they are known, the input of the job. */
  make(sources: readonly string[], named: readonly string[]): unknown
}

/** The tool of that name as this program knows it; a hub that is newer may have others. */
export async function knownTool(name: string): Promise<Tool | undefined> {
  const { tools } = await import('../tools/registry.ts')
  return tools.find((tool) => tool.name === name)
}

/** A flag for each field of the tool that is named, where it is one that this program knows; `own` are the command's options. */
export async function toolFlags(own: Options, argv: readonly string[]): Promise<Options> {
  const takesValue = new Set(Object.entries(own).flatMap(([name, { type, short }]) =>
    (type === 'string' ? [`--${name}`, ...(short === undefined ? [] : [`-${short}`])] : [])))
  const name = argv.find((arg, index) => !arg.startsWith('-') && !takesValue.has(argv[index - 1] ?? ''))
  const tool = name === undefined || name === 'ffmpeg' ? undefined : await knownTool(name)
  return tool ? flagsOf(await schemaOf(tool)) : {}
}

/** Throws UsageError for what the tool would refuse, before anything is sent. */
export async function inputMaker(name: string, asked: Asked): Promise<InputMaker> {
  if (asked.input !== undefined) return wholeInput(asked.input, asked)
  // Whose arguments the hub judges, and which is not waited for until all tools are loaded.
  if (name === 'ffmpeg') return ffmpegInput(asked.preset === undefined ? undefined : presetOf((await knownTool(name))!, asked.preset), asked)
  const tool = await knownTool(name)
  if (!tool) throw await noSuchTool(name)
  const schema = await schemaOf(tool)
  assertRead(asked)
  const maker = toolInput(tool, presetOf(tool, asked.preset), { ...asked, schema })
  check(tool, maker.make(asked.in.map(() => 'upload:0'), maker.named.map(() => 'upload:0')), schema)
  return maker
}

function assertRead(asked: Asked): void {
  if (asked.in.length === 0) throw new UsageError('-i is missing: what is to be read')
}

function wholeInput(json: string, asked: Asked): InputMaker {
  const others = asked.in.length > 0 || asked.format !== undefined || asked.preset !== undefined || asked.args.length > 0 || Object.values(asked.flags).some((value) => value !== undefined)
  if (others) throw new UsageError('--input says it all: no -i, -f, --preset, ARGS or fields beside it')
  const input = parseJson(json)
  return { named: [], make: () => input }
}

type Fields = Readonly<Record<string, unknown>>

function ffmpegInput(preset: Fields | undefined, asked: Asked): InputMaker {
  assertRead(asked)
  const format = formatOf(asked)
  if (preset && (asked.args.length > 0 || asked.format !== undefined)) throw new UsageError('--preset says what to make: no -f or ARGS beside it')
  if (!preset && format === '') throw sayWhatToMake('mp4', asked)
  const made = preset ?? { outputs: [{ format, ...(asked.args.length > 0 && { args: asked.args }) }] }
  return { named: [], make: (sources) => ({ ...made, inputs: sources.map((source) => ({ source })) }) }
}

function toolInput(tool: Tool, preset: Fields = {}, { schema: { properties, main }, ...asked }: Asked & { readonly schema: ToolSchema }): InputMaker {
  if (!main) throw new UsageError(`for ${tool.name} give --input JSON; what goes into it: reeltime tools ${tool.name}`)
  if (asked.args.length > 0 && !('args' in properties)) throw new UsageError(`${tool.name} takes no ARGS; reeltime run ${tool.name} --help lists its options`)
  const format = formatFields(properties, { format: formatOf(asked), isAsked: asked.format !== undefined })
  if ('output_format' in properties && format.output_format === undefined && preset.output_format === undefined) throw sayWhatToMake('32vid', asked)
  const fields = { ...preset, ...format, ...readFlags(properties, asked.flags), ...(asked.args.length > 0 && { args: asked.args }) }
  if (main.least === undefined && asked.in.length > 1) throw new UsageError(`${tool.name} reads one file: give -i once`)
  const named = sourceFlags(properties, asked.flags)
  return {
    named: [...named.values()],
    make: (sources, others) => ({ ...main.put(sources), ...fields, ...Object.fromEntries([...named.keys()].map((field, index) => [field, others[index]])) }),
  }
}

function sayWhatToMake(example: string, { formatIn }: Pick<Asked, 'formatIn'>): UsageError {
  return new UsageError(`say what to make: ${formatIn === undefined ? `-o out.${example}, or ` : ''}-f ${example}`)
}

function formatOf({ format, out }: Asked): string {
  return format ?? (out === undefined ? '' : extname(out).slice(1).toLowerCase())
}

function presetOf({ name, presets = [] }: Tool, wanted: string | undefined): Fields | undefined {
  if (wanted === undefined) return undefined
  const found = presets.find((preset) => preset.name === wanted)
  if (found) return found.input
  throw new UsageError(`${name} has no preset "${wanted}"; it has ${presets.map((preset) => preset.name).join(', ') || 'none'}`)
}

async function noSuchTool(name: string): Promise<UsageError> {
  const [{ tools }, { nearestName }] = await Promise.all([import('../tools/registry.ts'), import('../tools/nearest-name.ts')])
  const nearest = nearestName(name, tools.map((tool) => tool.name))
  return new UsageError(`there is no tool "${name}" here${nearest === undefined ? '' : `; did you mean ${nearest}?`} For one that only the hub has give --input JSON: reeltime tools ${name}`)
}

/** The fields' own rules, in the words of the command line. */
function check(tool: Tool, input: unknown, schema: ToolSchema): void {
  const parsed = tool.input.safeParse(input)
  const [issue] = parsed.error?.issues ?? []
  if (issue) throw new UsageError(inFlags(`${issue.path.join('.')}: ${issue.message}`, schema))
  try {
    tool.check?.(parsed.data)
  } catch (error) {
    if (error instanceof HubError) throw new UsageError(inFlags(error.message, schema) + (error.hint === undefined ? '' : `. ${error.hint}`), { cause: error })
    throw error
  }
}

/** A field at the beginning is the flag that sets it. */
function inFlags(message: string, { main }: ToolSchema): string {
  return message.replace(/^([a-z]\w*)(?:[.[][\w\]]+)*: /, (_, field: string) => (field === main?.field ? '-i: ' : `--${flagName(field)}: `))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError('the value of --input is no JSON', { cause: error })
  }
}
