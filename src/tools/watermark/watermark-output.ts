import { FfmpegProgressParser } from '../ffmpeg-progress.ts'
import type { OutputLine, OutputParser, ToolUpdate } from '../tool.ts'

/** Reads what the program tells: JSON objects on the progress descriptor, and ffmpeg's log on stderr. */
export class WatermarkOutputParser implements OutputParser {
  readonly #log: FfmpegProgressParser

  constructor({ hiddenPaths }: { readonly hiddenPaths: ReadonlyMap<string, string> }) {
    this.#log = new FfmpegProgressParser({ expectedSeconds: null, hiddenPaths })
  }

  push(line: OutputLine): readonly ToolUpdate[] {
    if (line.source !== 'progress') return this.#log.push(line)
    const told = parseObject(line.text)
    if (!told) return []
    if (isObject(told['result'])) return [{ type: 'result', result: told['result'] }]
    return [{ type: 'progress', fraction: numberOrNull(told['fraction']), ...numbers(told) }]
  }
}

const DETAILS = ['frame', 'fps', 'speed', 'outTimeSeconds', 'bytes'] as const

function numbers(told: Readonly<Record<string, unknown>>): { readonly [Name in (typeof DETAILS)[number]]?: number } {
  return Object.fromEntries(DETAILS.flatMap((name) => (typeof told[name] === 'number' ? [[name, told[name]]] : [])))
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? Math.min(1, Math.max(0, value)) : null
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
