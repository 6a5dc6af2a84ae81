import { boundOf, complaintAboutExpression, complaintAboutPath } from './filter-bounds.ts'
import { FilterGraphError, parseFilterGraph } from './filter-graph.ts'
import type { GraphFilter, GraphOption } from './filter-graph.ts'
import { filterNames, findFilter, isSource, namesFile, reasonAgainst } from './filter-table.ts'
import type { FilterEntry } from './filter-table.ts'
import { nearestName } from './nearest-name.ts'

export type GraphVerdict =
  | { readonly type: 'refused'; readonly reason: string }
  | {
      readonly type: 'passed'
      readonly filters: readonly string[]
      /** The graph goes on for ever once its inputs have ended, or has none that ends. */
      readonly isEndless: boolean
      /** What comes out may last longer or shorter than what goes in. */
      readonly changesDuration: boolean
    }

/** Judges a filter graph. The reason goes on after the option's name: `-vf has …`. */
export function checkFilterGraph(graph: string, inputCount: number): GraphVerdict {
  try {
    if (Buffer.byteLength(graph) > MAX_GRAPH_BYTES) refuse(`takes at most ${MAX_GRAPH_BYTES} bytes of filters`)
    const filters = parseFilterGraph(graph)
    if (filters.length > MAX_FILTERS) refuse(`takes at most ${MAX_FILTERS} filters, and here are ${filters.length}`)
    const settled = filters.map((filter) => settle(filter, inputCount))
    return {
      type: 'passed',
      filters: [...new Set(filters.map(({ name }) => name))],
      isEndless: settled.some(isEndless) && !settled.some(endsWithShortest),
      changesDuration: settled.some(changesDuration),
    }
  } catch (error) {
    if (error instanceof FilterGraphError) return { type: 'refused', reason: error.message }
    throw error
  }
}

const MAX_GRAPH_BYTES = 4096
const MAX_FILTERS = 64

/** A filter with its options by their first spelling. */
interface SettledFilter {
  readonly name: string
  readonly options: ReadonlyMap<string, string>
}

function settle(filter: GraphFilter, inputCount: number): SettledFilter {
  for (const label of [...filter.inputs, ...filter.outputs]) checkLabel(label, inputCount)
  const entry = findFilter(filter.name)
  if (entry === undefined) return refuse(whyUnknown(filter.name))
  const options = new Map<string, string>()
  filter.options.forEach((option, position) => {
    const key = settleKey(filter, entry, option, position)
    const complaint = complaintAbout(filter.name, key, option.value)
    if (complaint !== undefined) refuse(`uses ${filter.name}, whose option ${key} ${complaint}`)
    options.set(key, option.value)
  })
  return { name: filter.name, options }
}

function checkLabel(label: string, inputCount: number): void {
  const index = /^(\d+)(?::|$)/.exec(label)?.[1]
  if (index !== undefined && Number(index) >= inputCount) {
    refuse(`has the label [${label}], but the inputs are numbered from 0 to ${inputCount - 1}`)
  }
}

function whyUnknown(name: string): string {
  const reason = reasonAgainst(name)
  if (reason !== undefined) return `uses the filter ${name}, which is not allowed here: ${reason}`
  const nearest = nearestName(name, filterNames())
  return `uses the filter ${name}, which is not allowed here${nearest === undefined ? '' : `; did you mean ${nearest}?`}`
}

function settleKey(filter: GraphFilter, entry: FilterEntry, option: GraphOption, position: number): string {
  if (option.key === undefined) {
    const isAfterKey = filter.options.slice(0, position).some(({ key }) => key !== undefined)
    const key = isAfterKey ? undefined : entry.positional[position]
    return key ?? refuse(`uses ${filter.name} with ${show(option.value)} at a place where it needs key=value`)
  }
  const key = entry.keys.get(option.key)
  if (key !== undefined) return key
  const reason = namesFile(option.key) ? ', which names a file or something else outside the job' : ''
  const keys = [...new Set(entry.keys.values())]
  return refuse(`uses ${filter.name} with the option ${show(option.key)}${reason}; it takes ${keys.join(', ')} here`)
}

function complaintAbout(filter: string, key: string, value: string): string | undefined {
  // What a drawtext or metadata shows is text; only its %{…} are expressions.
  const isText = (filter === 'drawtext' && key === 'text') || (/^a?metadata$/.test(filter) && key === 'value')
  if (isText && !value.includes('%{')) return undefined
  return (isText ? undefined : complaintAboutPath(value))
    ?? complaintAboutExpression(value)
    ?? boundOf(filter, key)?.(value)
}

function isEndless({ name, options }: SettledFilter): boolean {
  if (isSource(name)) return !options.has('duration') && !options.has('nb_samples')
  if (name === 'apad') return !['pad_len', 'whole_len', 'pad_dur', 'whole_dur'].some((key) => isPositive(options.get(key)))
  if (name === 'loop' || name === 'aloop') return options.get('loop') === '-1' && isPositive(options.get('size'))
  return name === 'tpad' && options.get('stop_duration') === '-1'
}

function isPositive(value: string | undefined): boolean {
  return value !== undefined && !/^-?[0:.]+$/.test(value) && value !== '-1'
}

function endsWithShortest({ options }: SettledFilter): boolean {
  return /^(1|true|y|yes|enable|enabled|on)$/.test(options.get('shortest') ?? '')
    || options.get('eof_action') === 'endall' || /^(first|shortest)$/.test(options.get('duration') ?? '')
}

function changesDuration(filter: SettledFilter): boolean {
  if (/^a?setpts$/.test(filter.name)) return !/^PTS-STARTPTS$/.test(filter.options.get('expr') ?? '')
  return isSource(filter.name) || DURATION_CHANGERS.has(filter.name) || endsWithShortest(filter)
}

const DURATION_CHANGERS: ReadonlySet<string> = new Set([
  'acrossfade', 'adelay', 'aloop', 'apad', 'aselect', 'asetrate', 'atempo', 'atrim', 'concat', 'loop', 'rubberband', 'select',
  'settb', 'showspectrumpic', 'showwavespic', 'silenceremove', 'thumbnail', 'tile', 'tpad', 'trim', 'xfade', 'zoompan',
])

function refuse(reason: string): never {
  throw new FilterGraphError(reason)
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 40))
}
