import type { OutputLine, OutputParser, ToolUpdate } from '../tool.ts'

export interface ReferenceExpectation {
  /** Null where nobody can tell; what the program itself says of it is 0 for some containers. */
  readonly expectedFrames: number | null
  /** Host path to what a reader of the log sees in its place. */
  readonly hiddenPaths?: ReadonlyMap<string, string>
}

/** Reads what sanjuuni writes to its stderr: a line that is written over again and again tells the frame it is at. */
export class ReferenceProgressParser implements OutputParser {
  readonly #expectation: ReferenceExpectation
  #fraction: number | null = null

  constructor(expectation: ReferenceExpectation) {
    this.#expectation = expectation
  }

  push({ text }: OutputLine): readonly ToolUpdate[] {
    const [, frame, total, fps] = STATUS_LINE.exec(text) ?? []
    if (frame !== undefined) return [this.#progress(Number(frame), Number(total), Number(fps))]
    const shown = this.#withoutPaths(text).trimEnd()
    if (shown === '') return []
    return [{ type: 'log', level: COMPLAINT.test(shown) ? 'error' : 'info', text: shown }]
  }

  #progress(frame: number, total: number, fps: number): ToolUpdate {
    const expected = total > 0 ? total : this.#expectation.expectedFrames
    if (expected) this.#fraction = Math.min(1, Math.max(this.#fraction ?? 0, frame / expected))
    return { type: 'progress', fraction: this.#fraction, frame, ...(fps > 0 && Number.isFinite(fps) && { fps }) }
  }

  #withoutPaths(text: string): string {
    let shown = text
    for (const [path, name] of this.#expectation.hiddenPaths ?? []) shown = shown.replaceAll(path, name)
    return shown
  }
}

/** Before it has a rate it says `inf fps`. */
const STATUS_LINE = /^frame (\d+)\/(\d+) \(elapsed .*, ([\d.]+|inf) fps\)/
const COMPLAINT = /could not|failed|error|unable|invalid/i
