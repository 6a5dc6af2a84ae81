import type { LogLevel } from '../tools/tool.ts'
import type { LogLine } from './job.ts'
import type { JobWriter } from './job-log.ts'

/** One event carries at most this much text, twice, so that no message gets near ComputerCraft's 128 KiB. */
const LINES_PER_EVENT = 64
const BYTES_PER_EVENT = 16 * 1024
/** ffmpeg writes each line by itself; ComputerCraft drops what goes beyond 256 messages that it has not looked at. */
const BURST_MS = 20
const LINE_CHARACTERS = 4000
const TAIL_LINES = 20
const LAST_LINES = 200
const BACKLOG_BYTES = 4 * 1024 * 1024

/**
 * Numbers a job's log lines and writes them in bursts: what comes within 20 ms is one event. A log
 * that grows past its limit says so, and keeps only its last lines until the end.
 */
export class LogLines {
  readonly #writer: JobWriter
  readonly #attempt: number
  readonly #maxBytes: number
  #next: number
  #burst: LogLine[] = []
  #burstBytes = 0
  #totalBytes = 0
  #isScheduled = false
  #flushedAt = Number.NEGATIVE_INFINITY
  #written: Promise<unknown> = Promise.resolve()
  #left: Omit<LogLine, 'n'>[] = []
  #leftOut = 0
  readonly #tail: string[] = []
  #lastError: string | undefined

  constructor(writer: JobWriter, { attempt, maxBytes }: { attempt: number; maxBytes: number }) {
    this.#writer = writer
    this.#attempt = attempt
    this.#maxBytes = maxBytes
    this.#next = writer.job.total_logs + 1
  }

  /** The last lines, for who asks why it failed. */
  get tail(): readonly string[] {
    return this.#tail
  }

  /** The last line of level error or fatal. */
  get lastError(): string | undefined {
    return this.#lastError
  }

  add(source: LogLine['source'], level: LogLevel, text: string): void {
    const line = { source, level, text: text.length > LINE_CHARACTERS ? `${text.slice(0, LINE_CHARACTERS)} [cut]` : text }
    this.#tail.push(line.text)
    if (this.#tail.length > TAIL_LINES) this.#tail.shift()
    if (level === 'error' || level === 'fatal') this.#lastError = line.text
    if (this.#totalBytes > this.#maxBytes || this.#writer.backlogBytes > BACKLOG_BYTES) this.#leaveOut(line)
    else this.#push(line)
  }

  /** Resolves when every line is in the log. */
  async finish(): Promise<void> {
    this.#flush()
    if (this.#left.length > 0) {
      const missing = this.#leftOut - this.#left.length
      if (missing > 0) this.#push({ source: 'hub', level: 'warning', text: `${missing} lines were left out; these are the last ones:` })
      for (const line of this.#left.splice(0)) this.#push(line)
      this.#flush()
    }
    await this.#written
  }

  #leaveOut(line: Omit<LogLine, 'n'>): void {
    if (this.#leftOut++ === 0) {
      this.#push({ source: 'hub', level: 'warning', text: 'The log is full: only its last lines will follow, when the command has ended.' })
    }
    this.#left.push(line)
    if (this.#left.length > LAST_LINES) this.#left.shift()
  }

  #push(line: Omit<LogLine, 'n'>): void {
    // As it will stand in the event: what is escaped there may be six times as long.
    const bytes = Buffer.byteLength(JSON.stringify(line.text))
    if (this.#burstBytes + bytes > BYTES_PER_EVENT) this.#flush()
    this.#burst.push({ n: this.#next++, ...line })
    this.#burstBytes += bytes
    this.#totalBytes += bytes
    if (this.#burst.length >= LINES_PER_EVENT) return this.#flush()
    this.#schedule()
  }

  /** The first line after a silence goes at once; those on its heels wait for each other. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    const flush = () => {
      this.#isScheduled = false
      this.#flush()
    }
    const waitMs = this.#flushedAt + BURST_MS - performance.now()
    if (waitMs > 0) setTimeout(flush, waitMs)
    else setImmediate(flush)
  }

  #flush(): void {
    if (this.#burst.length === 0) return
    this.#flushedAt = performance.now()
    const lines = this.#burst
    this.#burst = []
    this.#burstBytes = 0
    const data = { first: lines[0]!.n, last: lines.at(-1)!.n, new_logs: lines.map(({ text }) => text), lines }
    this.#written = Promise.all([this.#written, this.#writer.append([{ type: 'new_logs', data }], { attempt: this.#attempt })])
    // Who waits for the end is told; until then nobody may be listening.
    this.#written.catch(() => undefined)
  }
}
