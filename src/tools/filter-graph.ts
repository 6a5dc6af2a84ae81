/**
 * Reads a filter graph as ffmpeg does: chains of `[in]name@id=options[out]` parted by `,` and `;`, where quotes and
 * backslashes are undone once in the graph and once more in a filter's options. Throws a FilterGraphError.
 *
 * Narrower than ffmpeg in one way: a name must stand there plainly. ffmpeg would undo quotes in it as well, so that
 * `m\ovie` is `movie`; here what is read is what is meant.
 */
export function parseFilterGraph(graph: string): readonly GraphFilter[] {
  const filters: GraphFilter[] = []
  let at = skipSpace(graph, 0)
  while (true) {
    const inputs = readLabels(graph, at)
    const name = readName(graph, inputs.end)
    const options = graph[name.end] === '=' ? readToken(graph, name.end + 1, '[],;') : { value: '', end: name.end }
    const outputs = readLabels(graph, options.end)
    filters.push({
      name: name.value, options: parseFilterOptions(options.value), inputs: inputs.labels, outputs: outputs.labels,
    })
    at = skipSpace(graph, outputs.end)
    if (at >= graph.length) return filters
    if (!',;'.includes(graph.charAt(at))) throw new FilterGraphError(`has ${show(graph.slice(at))} where , or ; belongs`)
    at = skipSpace(graph, at + 1)
  }
}

export interface GraphFilter {
  readonly name: string
  readonly options: readonly GraphOption[]
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/** A positional option has no key; ffmpeg gives it the filter's next one. */
export interface GraphOption {
  readonly key?: string
  readonly value: string
}

/** The text is no filter graph; the message goes on after the option's name. */
export class FilterGraphError extends Error {
  override name = 'FilterGraphError'
}

function parseFilterOptions(text: string): readonly GraphOption[] {
  const options: GraphOption[] = []
  let at = 0
  while (at < text.length) {
    const key = KEY.exec(text.slice(at))
    const token = readToken(text, at + (key?.[0].length ?? 0), ':')
    options.push(key?.[1] === undefined ? { value: token.value } : { key: key[1], value: token.value })
    at = token.end + 1
  }
  return options
}

const KEY = /^[ \t\r\n]*([A-Za-z0-9_\-/.]+)[ \t\r\n]*=/
const NAME = /^([a-z0-9_]{1,40})(?:@[A-Za-z0-9_]{1,40})?$/
const LABEL = /^[A-Za-z0-9_:.#-]{1,40}$/
const SPACE = ' \n\t\r'

interface Token {
  readonly value: string
  /** Index of the terminator, or the length of the text. */
  readonly end: number
}

/** ffmpeg's `av_get_token`: `\x` is x, `'…'` is taken as it stands, space around is dropped unless it was escaped. */
function readToken(text: string, start: number, terminators: string): Token {
  let at = skipSpace(text, start)
  let value = ''
  let kept = 0
  while (at < text.length && !terminators.includes(text.charAt(at))) {
    const character = text.charAt(at++)
    if (character === '\\' && at < text.length) {
      value += text.charAt(at++)
      kept = value.length
    } else if (character === "'") {
      const close = text.indexOf("'", at)
      if (close < 0) throw new FilterGraphError(`has a quote that is never closed: ${show(text.slice(at - 1))}`)
      value += text.slice(at, close)
      kept = value.length
      at = close + 1
    } else {
      value += character
    }
  }
  let length = value.length
  while (length > kept && SPACE.includes(value.charAt(length - 1))) length--
  return { value: value.slice(0, length), end: at }
}

function readName(graph: string, start: number): Token {
  let end = start
  while (end < graph.length && !'=,;['.includes(graph.charAt(end))) end++
  const text = graph.slice(start, end).trim()
  if (text === '') throw new FilterGraphError(`lacks the name of a filter before ${show(graph.slice(start))}`)
  const value = NAME.exec(text)?.[1]
  if (value === undefined) {
    throw new FilterGraphError(`names a filter ${show(text)}, but a name is written plainly, such as scale or scale@id`)
  }
  return { value, end }
}

function readLabels(graph: string, start: number): { readonly labels: readonly string[]; readonly end: number } {
  const labels: string[] = []
  let end = skipSpace(graph, start)
  while (graph[end] === '[') {
    const close = graph.indexOf(']', end)
    const label = graph.slice(end + 1, close < 0 ? undefined : close).trim()
    if (close < 0 || !LABEL.test(label)) {
      throw new FilterGraphError(`has the label ${show(label)}, but a label is letters and digits, such as [0:v] or [bg]`)
    }
    labels.push(label)
    end = skipSpace(graph, close + 1)
  }
  return { labels, end }
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (at < text.length && SPACE.includes(text.charAt(at))) at++
  return at
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 40))
}
