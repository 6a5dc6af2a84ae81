import { isSource, mainSourceOf, type MainSource, type SourceSchema } from '../tools/main-source.ts'
import type { Tool } from '../tools/tool.ts'
import type { Option } from './command.ts'
import { UsageError } from './shell.ts'

/** What parseArgs made of a flag. */
export type FlagValue = string | boolean | readonly (string | boolean)[] | undefined

interface Property extends SourceSchema {
  readonly enum?: readonly unknown[]
  readonly items?: Property
  readonly description?: string
  readonly default?: unknown
}

/** The fields of a tool's input, by name. */
export type Properties = Readonly<Record<string, Property>>

export interface ToolSchema {
  readonly properties: Properties
  /** What it mainly reads: said with `-i`. */
  readonly main: MainSource | undefined
}

/** Said in ways of their own: ARGS, and `-f` or the name of `-o`. */
const OTHERWISE: ReadonlySet<string> = new Set(['args', 'outputs', 'format', 'output_format'])

export async function schemaOf(tool: Tool): Promise<ToolSchema> {
  const { z } = await import('zod')
  const schema = z.toJSONSchema(tool.input, { io: 'input', unrepresentable: 'any' }) as SourceSchema & { readonly properties?: Properties }
  return { properties: schema.properties ?? {}, main: mainSourceOf(schema) }
}

/** A flag for each field but what it mainly reads: `max_height` is `--max-height`, and what is true or false has `--no-…` too. */
export function flagsOf({ properties, main }: ToolSchema): Readonly<Record<string, Option>> {
  return Object.fromEntries(Object.entries(properties).flatMap(([field, property]): [string, Option][] => {
    if (field === main?.field || OTHERWISE.has(field)) return []
    const name = flagName(field)
    const help = helpOf(property)
    if (property.type !== 'boolean') return [[name, { type: 'string', value: placeholder(property), multiple: property.type === 'array', help }]]
    return [[name, { type: 'boolean', help }], [`no-${name}`, { type: 'boolean', help: `the opposite of --${name}` }]]
  }))
}

export function flagName(field: string): string {
  return field.replaceAll('_', '-')
}

/** The fields that flags set. Throws UsageError for what is no number where one is wanted. */
export function readFlags(properties: Properties, values: Readonly<Record<string, FlagValue>>): Record<string, unknown> {
  const read: Record<string, unknown> = {}
  for (const [field, property] of Object.entries(properties)) {
    const name = flagName(field)
    const value = values[name]
    if (property.type === 'boolean') {
      if (value !== undefined && values[`no-${name}`] !== undefined) throw new UsageError(`--${name} and --no-${name} say the opposite of each other`)
      if (value === true) read[field] = true
      if (values[`no-${name}`] === true) read[field] = false
    } else if (Array.isArray(value)) {
      read[field] = value.flatMap((text) => splitList(String(text), property)).map((text) => readValue(text, property.items ?? {}, name))
    } else if (typeof value === 'string') {
      read[field] = readValue(value, property, name)
    }
  }
  return read
}

/** The fields that flags set to what is to be read as well, each a file or a source. */
export function sourceFlags(properties: Properties, values: Readonly<Record<string, FlagValue>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(properties).flatMap(([field, property]): [string, string][] => {
    const value = values[flagName(field)]
    return isSource(property) && typeof value === 'string' ? [[field, value]] : []
  }))
}

/** Numbers and words of a list may stand in one flag; a whole text may hold commas. */
function splitList(text: string, property: Property): readonly string[] {
  return isSplit(property) ? text.split(',').filter((part) => part.trim() !== '') : [text]
}

function isSplit({ items }: { readonly items?: Property | undefined }): boolean {
  return items?.type !== 'string' && items?.type !== 'object'
}

function readValue(text: string, { type }: Property, flag: string): unknown {
  if (type === 'number' || type === 'integer') {
    if (text.trim() === '' || !Number.isFinite(Number(text))) throw new UsageError(`--${flag} takes a number, not "${text}"`)
    return Number(text)
  }
  if (type === 'string') return text
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`--${flag} takes JSON, and "${text}" is none`, { cause: error })
  }
}

/** The field for the kind of file, if there is one, as the name of `-o` or `-f` says it. */
export function formatFields(properties: Properties, { format, isAsked }: { readonly format: string; readonly isAsked: boolean }): Record<string, unknown> {
  const field = ['format', 'container', 'output_format'].find((name) => properties[name]?.type === 'string')
  if (field === undefined) {
    if (isAsked) throw new UsageError('-f means nothing for this tool')
    return {}
  }
  const known = properties[field]!.enum
  const value = known === undefined || known.includes(format) ? format : ALIASES.get(format)
  if (format === '' || (!isAsked && known !== undefined && (value === undefined || !known.includes(value)))) return {}
  return { [field]: value ?? format }
}

/** What a tool calls the kind of file that is named so. */
const ALIASES: ReadonlyMap<string, string> = new Map([['jpg', 'jpeg'], ['m4a', 'aac'], ['ogg', 'opus']])

function placeholder({ type, format, enum: values, items }: Property): string {
  if (format === 'source') return 'FILE|URL'
  if (values) return values.join('|')
  if (type === 'array') return `${placeholder(items ?? {})}${isSplit({ items }) ? ',…' : ''}`
  return type === 'integer' || type === 'number' ? 'N' : type === 'string' ? 'TEXT' : 'JSON'
}

function helpOf({ type, items, description = '', default: usual }: Property): string {
  const isPlain = typeof usual === 'string' || typeof usual === 'number' || typeof usual === 'boolean'
  const told = isPlain ? String(usual) : Array.isArray(usual) ? usual.join(',') : undefined
  const all = type === 'array' && !isSplit({ items }) ? `${description}; may come several times` : description
  return told === undefined || told === '' ? all : `${all} [${told}]`
}
