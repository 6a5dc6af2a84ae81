import { HubError } from '../errors.ts'
import { findOption, optionNames } from './ffmpeg-options.ts'
import { refusalOf } from './ffmpeg-refusals.ts'
import { checkFilterGraph } from './filter-check.ts'
import { nearestName } from './nearest-name.ts'
import { parseDuration } from './option-values.ts'

export interface ArgumentContext {
  /** Where the arguments stand in the request, for example `args` or `outputs[1].args`. */
  readonly path: string
  readonly inputCount: number
}

/** Output arguments that are known to be harmless, and what they say. */
export interface CheckedArguments {
  /** As given, without what the hub says itself. */
  readonly args: readonly string[]
  readonly options: readonly CheckedOption[]
  readonly filters: readonly string[]
  readonly changesDuration: boolean
}

export interface CheckedOption {
  /** Without dash and stream: `c` of `-c:v`. */
  readonly name: string
  /** `v` of `-c:v`, empty where there is none. */
  readonly stream: string
  /** Empty for an option that takes none. */
  readonly value: string
}

/**
 * Lets through output options only, each known by name and with a value of its kind, so that nothing ffmpeg would
 * take for a file is left. Throws a HubError that names the argument: `invalid_input` for what is no list of
 * arguments at all, `argument_refused` for what is not allowed.
 */
export function checkArguments(args: readonly string[], context: ArgumentContext): CheckedArguments {
  checkShape(args, context)
  const kept: string[] = []
  const options: CheckedOption[] = []
  const filters = new Set<string>()
  let changesDuration = false
  let endless: number | undefined
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? ''
    if (SAID_BY_THE_HUB.has(argument)) continue
    const { name, stream } = splitOption(argument) ?? refuse(index, whyNoOption(argument), context)
    const rule = findOption(name) ?? refuse(index, whyUnknown(argument, name), context)
    const value = rule === 'flag' ? '' : args[index + 1] ?? refuse(index, `${argument} lacks its value`, context)
    if (rule === 'graph') {
      const verdict = checkFilterGraph(value, context.inputCount)
      if (verdict.type === 'refused') return refuse(index + 1, `${argument} ${verdict.reason}`, context)
      for (const filter of verdict.filters) filters.add(filter)
      changesDuration ||= verdict.changesDuration
      if (verdict.isEndless) endless ??= index + 1
    } else if (rule !== 'flag') {
      const complaint = rule === 'map' ? complaintAboutMap(value, context.inputCount) : rule(value)
      if (complaint !== undefined) refuse(index + 1, `${argument} ${complaint}`, context)
    }
    options.push({ name, stream, value })
    kept.push(argument, ...(rule === 'flag' ? [] : [value]))
    if (rule !== 'flag') index++
  }
  if (endless !== undefined && !options.some(({ name }) => ENDINGS.has(name))) {
    refuse(endless, 'these filters would never end; add -shortest, -t or -frames:v, or give the filter a duration', context)
  }
  return { args: kept, options, filters: [...filters], changesDuration }
}

/** The last value of an option, as ffmpeg takes it; of `names` any counts. */
export function lastValue(checked: CheckedArguments, ...names: readonly string[]): string | undefined {
  return checked.options.findLast(({ name }) => names.includes(name))?.value
}

export function lastSeconds(checked: CheckedArguments, name: string): number | undefined {
  const value = lastValue(checked, name)
  return value === undefined ? undefined : parseDuration(value)
}

const MAX_ARGUMENTS = 128
const MAX_ARGUMENT_BYTES = 8 * 1024
const MAX_TOTAL_BYTES = 32 * 1024

/** What the hub gives ffmpeg anyway; people have it in their fingers. */
const SAID_BY_THE_HUB: ReadonlySet<string> = new Set(['-y', '-n', '-hide_banner', '-nostdin', '-nostats', '-stats'])

/** Options that make an output end. */
const ENDINGS: ReadonlySet<string> = new Set(['shortest', 't', 'to', 'frames', 'vframes', 'aframes'])

function checkShape(args: readonly string[], { path }: ArgumentContext): void {
  const tell = (at: string, message: string) => {
    throw new HubError('invalid_input', message, { errors: [{ path: at, message }] })
  }
  if (args.length > MAX_ARGUMENTS) tell(path, `There are at most ${MAX_ARGUMENTS} arguments, and here are ${args.length}`)
  let total = 0
  for (const [index, argument] of args.entries()) {
    const at = `${path}[${index}]`
    const bytes = Buffer.byteLength(argument)
    total += bytes
    if (bytes > MAX_ARGUMENT_BYTES) tell(at, `${at} is longer than ${MAX_ARGUMENT_BYTES} bytes`)
    if (/[\0\r\n\x1b]/.test(argument)) tell(at, `${at} holds a line break or another control character`)
    if (/\p{Surrogate}/u.test(argument)) tell(at, `${at} is no well-formed text`)
  }
  if (total > MAX_TOTAL_BYTES) tell(path, `The arguments are longer than ${MAX_TOTAL_BYTES} bytes together`)
}

function splitOption(argument: string): { readonly name: string; readonly stream: string } | undefined {
  const { name, stream = '' } = OPTION.exec(argument)?.groups ?? {}
  return name === undefined ? undefined : { name, stream }
}

/** A name and perhaps a stream: `-c`, `-c:v`, `-b:a:0`, `-metadata:s:a:0`. */
const OPTION = new RegExp(String.raw`^-(?<name>\w[\w-]{0,40})(?::(?<stream>${[
  String.raw`\d{1,3}`, 'g', String.raw`[vVasdt](?::\d{1,3})?`, String.raw`[cp]:\d{1,3}`, String.raw`s:[vasdt](?::\d{1,3})?`,
].join('|')}))?$`)

function whyNoOption(argument: string): string {
  if (/^-[^-\d]/.test(argument)) return `${show(argument)} is no option that is known here`
  return `${show(argument)} is no option, so that ffmpeg would take it for a file to write; `
    + 'each option and each value is an argument of its own'
}

function whyUnknown(argument: string, name: string): string {
  const reason = refusalOf(name)
  if (reason !== undefined) return `${show(argument)} is not allowed: ${reason}`
  const nearest = nearestName(name, optionNames())
  return `${show(argument)} is not among the output options that are allowed${nearest === undefined ? '' : `; did you mean -${nearest}?`}`
}

/** `0`, `0:v:0?`, `-0:s`, `0:m:language:eng`, `[label]`. */
function complaintAboutMap(value: string, inputCount: number): string | undefined {
  if (/^\[[A-Za-z0-9_.#-]{1,40}\]$/.test(value)) return undefined
  const index = MAP.exec(value)?.[1]
  if (index === undefined) return 'takes an input and a stream such as 0:v:0, or a [label]'
  return Number(index) < inputCount ? undefined : `takes inputs from 0 to ${inputCount - 1}`
}

const MAP = /^-?(\d{1,3})(?::(?:[vVasdt]|\d{1,3})(?::\d{1,3})?|:(?:[vVasdt]:)?m:\w{1,40}(?::[\w -]{1,40})?)?\??$/

function refuse(index: number, message: string, { path }: ArgumentContext): never {
  const at = `${path}[${index}]`
  throw new HubError('argument_refused', `${at}: ${message}`, {
    hint: 'Arguments are ffmpeg\'s output options only, such as -c:v libx264 -crf 23 -vf scale=1280:-2',
    errors: [{ path: at, message }],
  })
}

/** At most 40 characters of what was sent. */
function show(argument: string): string {
  return JSON.stringify(argument.slice(0, 40))
}
