import { plainText } from './plain-text.ts'
import { renderBar, renderLine, type Progress } from './progress-bar.ts'
import type { Shell, Sink } from './shell.ts'
import { terminalOf, type Terminal } from './terminal.ts'

/** What a person sees while something takes its time; on stderr, since stdout is for data. */
export interface ProgressView {
  show(progress: Progress): void
  /** Lines that stay. What others wrote is made harmless here. */
  print(lines: readonly string[]): void
  /** Takes the bar away; it comes again with the next `show`. */
  clear(): void
}

export function createProgressView(shell: Shell, { mode }: { readonly mode: 'shown' | 'silent' }): ProgressView {
  if (mode === 'silent') return { show() {}, print() {}, clear() {} }
  const terminal = terminalOf(shell, shell.stderr)
  return terminal.isLive ? new LiveView(shell.stderr, terminal) : new LineView(shell.stderr)
}

/** A bar that stays at the bottom, with everything else above it. */
class LiveView implements ProgressView {
  readonly #sink: Sink
  readonly #terminal: Terminal
  #bar = ''

  constructor(sink: Sink, terminal: Terminal) {
    this.#sink = sink
    this.#terminal = terminal
  }

  show(progress: Progress): void {
    const bar = renderBar(progress, { ...this.#terminal, columns: this.#terminal.columns() })
    if (bar === this.#bar) return
    this.#bar = bar
    this.#sink.write(ERASE + bar)
  }

  print(lines: readonly string[]): void {
    if (lines.length === 0) return
    this.#sink.write(`${this.#bar && ERASE}${lines.map((line) => `${plainText(line)}\n`).join('')}${this.#bar}`)
  }

  clear(): void {
    if (this.#bar) this.#sink.write(ERASE)
    this.#bar = ''
  }
}

/** One line for each change, at most one a second unless something else than the numbers has changed. */
class LineView implements ProgressView {
  readonly #sink: Sink
  #label = ''
  #line = ''
  #shownAt = -Infinity

  constructor(sink: Sink) {
    this.#sink = sink
  }

  show(progress: Progress): void {
    const line = renderLine(progress)
    const now = performance.now()
    if (line === this.#line || (progress.label === this.#label && now - this.#shownAt < 1000)) return
    this.#label = progress.label
    this.#line = line
    this.#shownAt = now
    this.#sink.write(`${line}\n`)
  }

  print(lines: readonly string[]): void {
    if (lines.length > 0) this.#sink.write(lines.map((line) => `${plainText(line)}\n`).join(''))
  }

  clear(): void {
    this.#label = ''
    this.#line = ''
  }
}

const ERASE = '\r\x1b[2K'
