import type { CommandProgress, LogLevel, OutputLine, OutputParser, ToolUpdate } from './tool.ts'

export interface FfmpegExpectation {
  /** Seconds of output, or null where nobody can tell. */
  readonly expectedSeconds: number | null
  /** Frames of the first output's picture; counts before the seconds where it is known. */
  readonly expectedFrames?: number | null
  /** Host path to what a reader of the log sees in its place. */
  readonly hiddenPaths?: ReadonlyMap<string, string>
}

/**
 * Reads an ffmpeg that runs with `-progress pipe:3 -loglevel level+info`: a progress update for each block of the
 * one, a log update for each line of the other.
 */
export class FfmpegProgressParser implements OutputParser {
  readonly #expectation: FfmpegExpectation
  #block = new Map<string, string>()
  #fraction: number | null = null

  constructor(expectation: FfmpegExpectation) {
    this.#expectation = expectation
  }

  push(line: OutputLine): readonly ToolUpdate[] {
    if (line.source === 'progress') return this.#pushProgress(line.text)
    const text = this.#withoutPaths(line.text)
    return text.trim() === '' ? [] : [{ type: 'log', ...readLogLine(text) }]
  }

  #pushProgress(text: string): readonly ToolUpdate[] {
    const equals = text.indexOf('=')
    const key = text.slice(0, equals).trim()
    if (equals < 1 || this.#block.size > MAX_BLOCK_LINES) return []
    if (key !== 'progress') {
      this.#block.set(key, text.slice(equals + 1).trim())
      return []
    }
    const block = this.#block
    this.#block = new Map()
    return [{ type: 'progress', ...this.#toProgress(block) }]
  }

  #toProgress(block: ReadonlyMap<string, string>): CommandProgress {
    const outTimeMicroseconds = readNumber(block.get('out_time_us'))
    const entries = {
      frame: readNumber(block.get('frame')),
      fps: readPositive(block.get('fps')),
      speed: readPositive(block.get('speed')),
      outTimeSeconds: outTimeMicroseconds === undefined ? undefined : outTimeMicroseconds / 1e6,
      bytes: readNumber(block.get('total_size')),
    }
    this.#advance(entries.frame, entries.outTimeSeconds)
    const known = Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined))
    return { fraction: this.#fraction, ...known }
  }

  #advance(frame: number | undefined, outTimeSeconds: number | undefined): void {
    const { expectedFrames, expectedSeconds } = this.#expectation
    const fraction = part(frame, expectedFrames) ?? part(outTimeSeconds, expectedSeconds)
    if (fraction !== undefined) this.#fraction = Math.max(this.#fraction ?? 0, fraction)
  }

  #withoutPaths(text: string): string {
    let shown = text
    for (const [path, name] of this.#expectation.hiddenPaths ?? []) shown = shown.replaceAll(path, name)
    return shown
  }
}

// ffmpeg writes about 12 lines a block and one more for each stream; what never ends a block is not ffmpeg.
const MAX_BLOCK_LINES = 500

function part(done: number | undefined, total: number | null | undefined): number | undefined {
  if (done === undefined || total === null || total === undefined || !(total > 0)) return undefined
  return Math.min(1, done / total)
}

/** A value such as `1.23x`; `N/A` and the negative times that ffmpeg prints before the first frame are unknown. */
function readNumber(value: string | undefined): number | undefined {
  const number = /^\d+(\.\d+)?(e[+-]?\d+)?x?$/.test(value ?? '') ? Number.parseFloat(value ?? '') : NaN
  return Number.isFinite(number) ? number : undefined
}

/** A rate that has not been measured yet is printed as 0. */
function readPositive(value: string | undefined): number | undefined {
  const number = readNumber(value)
  return number === 0 ? undefined : number
}

function readLogLine(line: string): { readonly level: LogLevel; readonly text: string } {
  const own = OWN_LINE.exec(line)
  if (own?.groups) {
    const { contexts = '', level = '', message = '' } = own.groups
    return { level: LEVELS.get(level) ?? 'info', text: withoutAddresses(contexts) + message.trimEnd() }
  }
  const encoder = ENCODER_LINE.exec(line)
  return { level: LEVELS.get(encoder?.[1] ?? '') ?? 'info', text: withoutAddresses(line).trimEnd() }
}

/** `[libx264 @ 0x55d0c8] [info] using cpu…`: who speaks, none or several, then the level. */
const OWN_LINE = new RegExp(
  String.raw`^(?<contexts>(?:\[[^\[\]]{1,80} @ [0-9a-fx]+\] ){0,4})\[(?<level>[a-z]+)\] ?(?<message>.*)$`, 's',
)

/** x265 and SVT-AV1 write to stderr themselves: `x265 [info]: …`, `Svt[warn]: …`. */
const ENCODER_LINE = /^(?:x265|Svt) ?\[(\w+)\] ?:/

const LEVELS: ReadonlyMap<string, LogLevel> = new Map([
  ['panic', 'fatal'], ['fatal', 'fatal'], ['error', 'error'], ['warning', 'warning'], ['warn', 'warning'],
  ['info', 'info'], ['verbose', 'debug'], ['debug', 'debug'], ['trace', 'debug'],
])

function withoutAddresses(text: string): string {
  return text.replaceAll(/\[([^\[\]]{1,80}) @ (?:0x)?[0-9a-f]+\]/g, '[$1]')
}
