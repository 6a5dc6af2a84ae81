import { parseArgs } from 'node:util'
import { nearestName } from '../tools/nearest-name.ts'
import type { ExitCode } from './exit-code.ts'
import { type Shell, UsageError } from './shell.ts'

/** One word after `reeltime`. */
export interface Command {
  readonly name: string
  readonly summary: string
  /** What follows the name, one line for each way of calling it. */
  readonly usage: readonly string[]
  /** For its help; from a function where they are costly to know, or depend on what stands behind its name. */
  readonly options: Options | ((argv: readonly string[]) => Promise<Options>)
  /** Whatever else there is to say in its help. */
  readonly notes?: readonly string[]
  start(argv: readonly string[], shell: Shell): Promise<ExitCode>
}

export type Options = Readonly<Record<string, Option>>

export interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  /** What its value is called in the help. */
  readonly value?: string
  readonly help: string
}

export interface Call<Own extends Options> {
  readonly shell: Shell
  readonly values: Values<Own>
  /** Those of `moreOptions`. */
  readonly more: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
  readonly positionals: readonly string[]
  /** What stood behind `--`. */
  readonly rest: readonly string[]
}

/** Makes a command out of its parts; `run` gets its arguments parsed, and UsageError is thrown for those that are wrong. */
export function defineCommand<const Own extends Options>({ run, moreOptions, ...command }: Omit<Command, 'start' | 'options'> & {
  readonly options: Own
  /** Which ones there are besides, where what stands behind its name decides that. */
  readonly moreOptions?: (argv: readonly string[]) => Promise<Options>
  run(call: Call<Own>): Promise<ExitCode>
}): Command {
  return {
    ...command,
    ...(moreOptions && { options: async (argv: readonly string[]) => ({ ...command.options, ...(await moreOptions(argv)) }) }),
    async start(argv, shell) {
      const dashes = argv.indexOf('--')
      const args = dashes === -1 ? argv : argv.slice(0, dashes)
      const rest = dashes === -1 ? [] : argv.slice(dashes + 1)
      const others = (await moreOptions?.(args)) ?? {}
      const { values, positionals } = parse(args, { ...others, ...command.options })
      const more = Object.fromEntries(Object.keys(others).filter((name) => !(name in command.options)).map((name) => [name, values[name]]))
      return run({ shell, rest, values: values as Values<Own>, more, positionals })
    },
  }
}

/** Options of every command that talks to a hub. */
export const HUB_OPTIONS = {
  url: { type: 'string', value: 'URL', help: 'the hub; else REELTIME_URL, else http://127.0.0.1:5000' },
  key: { type: 'string', value: 'KEY', help: 'the key, where the hub takes one; else REELTIME_KEY, which other users do not see' },
  wait: { type: 'string', value: 'SECONDS', help: 'how long to wait for a hub that does not answer' },
  json: { type: 'boolean', help: 'JSON on stdout, one value on each line' },
} as const satisfies Options

/** The one positional that a command takes, by what it is called. */
export function theOnly(positionals: readonly string[], name: string): string {
  const [first, second] = positionals
  if (first === undefined) throw new UsageError(`${name} is missing`)
  if (second !== undefined) throw new UsageError(`"${second}" is one argument too many`)
  return first
}

/** A whole number of at least 0 out of an option's value. */
export function wholeNumber(value: string | undefined, option: string): number | undefined {
  if (value === undefined) return undefined
  if (!/^\d{1,9}$/.test(value)) throw new UsageError(`--${option} takes a whole number, not "${value}"`)
  return Number(value)
}

type Values<Own extends Options> = {
  readonly [Name in keyof Own]?: ValueOf<Own[Name]>
}

type ValueOf<O extends Option> =
  O['type'] extends 'boolean' ? boolean : O extends { readonly multiple: true } ? readonly string[] : string

function parse(args: readonly string[], options: Options) {
  const config = Object.fromEntries(Object.entries(options).map(([name, { type, short, multiple }]) =>
    [name, { type, ...(short && { short }), ...(multiple && { multiple }) }]))
  try {
    return parseArgs({ args: [...args], options: config, allowPositionals: true, strict: true })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new UsageError(unknownOption(error, args, options) ?? error.message, { cause: error })
  }
}

/** Most of the messages of parseArgs are made for the user; of an unknown option it says more than is of use. */
function unknownOption(error: NodeJS.ErrnoException, args: readonly string[], options: Options): string | undefined {
  if (error.code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return undefined
  const unknown = args.map((arg) => /^--([^=]+)/.exec(arg)?.[1]).find((name) => name !== undefined && !(name in options))
  const nearest = unknown === undefined ? undefined : nearestName(unknown, Object.keys(options))
  return unknown && `there is no option --${unknown}${nearest === undefined ? '' : `; did you mean --${nearest}?`}`
}
