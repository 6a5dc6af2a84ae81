import type { Command, ToolUpdate } from '../tools/tool.ts'

/** What a command has said of its own work. */
export class CommandAccount {
  readonly #program: Command['program']
  /** A line that belies its exit 0. */
  complaint: string | undefined
  /** Seconds of output; undefined where it was not told. */
  writtenSeconds: number | undefined
  /** Of the first output, once it is whole. */
  writtenBytes: number | undefined
  hasToldProgress = false
  result: Readonly<Record<string, unknown>> = {}

  constructor({ program }: Pick<Command, 'program'>) {
    this.#program = program
  }

  heard(update: ToolUpdate): void {
    if (this.#program !== 'ffmpeg' || update.type === 'artifact') return
    if (update.type === 'progress') {
      this.hasToldProgress = true
      this.writtenSeconds = update.outTimeSeconds ?? this.writtenSeconds
      this.writtenBytes = update.bytes
    } else if (update.type === 'log' && BELIES.test(update.text) && !OF_THE_INPUT.test(update.text)) {
      this.complaint ??= update.text
    }
  }
}

// What a file says of itself ffmpeg prints with blanks in front.
const BELIES = new RegExp(String.raw`^(?!\s).*(?:${[
  'No space left on device', 'Disk quota exceeded', 'File too large', 'Cannot allocate memory',
].join('|')})\b|^(?:\[[^\]]*\] )*(?:${[
  'Error closing file', 'Error writing trailer', 'Error muxing', 'Conversion failed!', String.raw`Exiting normally, received signal`,
].join('|')})`)

/** A picture in the input that is larger than memory may be had for is left out, and the rest is made. */
const OF_THE_INPUT = /decod|\[dec:/i
