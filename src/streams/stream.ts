import { encodeLine, NEWLINE, takeApart, type EntryParts, type NewEvent, type Offset } from './entry.ts'
import { Epochs } from './epochs.ts'
import type { Fold, LastValue } from './fold.ts'
import { GroupCommit } from './group-commit.ts'
import type { StreamStorage } from './log-storage.ts'
import { RecentLines } from './recent-lines.ts'
import { readLines, scanLines } from './stored-lines.ts'
import { type Watch, WakeUps } from './wake-up.ts'

export type { Fold, LastValue, SnapshotContext } from './fold.ts'

/** Log bytes in one piece, up to one line more. ComputerCraft refuses messages above 128 KiB. */
export const PIECE_BYTES = 32 * 1024

export interface Page {
  /** Whole lines. */
  readonly lines: Buffer
  /** The byte behind them. */
  readonly to: number
}

export class StreamClosedError extends Error {
  override name = 'StreamClosedError'
}

/** Who lost its lease cannot write into its successor's history. */
export class StaleAttemptError extends Error {
  override name = 'StaleAttemptError'
}

/** What a reader asks for is no longer kept. */
export class OffsetGoneError extends Error {
  override name = 'OffsetGoneError'
}

export interface AppendOptions {
  /** Lower than one already seen: StaleAttemptError. */
  readonly attempt?: number
  /** Survives a power cut when the promise resolves. */
  readonly durable?: boolean
  /** Goes on with a stream that has ended. */
  readonly reopen?: boolean
}

/**
 * One stream: append-only, read at any byte where a line begins. `head` is what is written; nobody is told of what is
 * not, so no reader ever holds an offset that a crashed and restarted hub does not have. An event of type `end`
 * closes it.
 */
export class Stream<F extends Fold = Fold> {
  readonly name: string
  readonly fold: F
  head = 0
  isClosed = false
  /** Let go by the log: it has been removed, or is opened anew by who wants it next. */
  isGone = false
  last: LastValue | undefined
  /** Called in the turn in which there is something new to read. */
  onNews: () => void = () => undefined
  readonly #storage: StreamStorage
  readonly #commit: GroupCommit
  readonly #epochs: Epochs
  readonly #recent = new RecentLines()
  readonly #wakeUps = new WakeUps()
  #isSealed = false
  #hasBegun = false
  #openedAt = 0
  #end = 0
  #attempt = 0
  #floor = 0
  #rev = 0
  #newsSince: number | undefined

  private constructor(name: string, { storage, fold, firstEpoch }: { storage: StreamStorage; fold: F; firstEpoch: number }) {
    this.name = name
    this.fold = fold
    this.#storage = storage
    this.#epochs = new Epochs(firstEpoch)
    this.#commit = new GroupCommit({ storage, onWritten: (bytes) => this.#acceptWritten(bytes) })
  }

  /** Reads what there is once, from the start, and cuts off what a crash left half written. */
  static async open<F extends Fold>(name: string, options: { storage: StreamStorage; fold: F; firstEpoch?: number }): Promise<Stream<F>> {
    const stream = new Stream(name, { firstEpoch: 0, ...options })
    await stream.#scan()
    return stream
  }

  get start(): number {
    return this.#storage.start
  }

  /** Bytes handed over and not yet written: grows only while the disk takes nothing. */
  get backlogBytes(): number {
    return this.#end - this.head
  }

  get watchCount(): number {
    return this.#wakeUps.count
  }

  /**
   * Adds events in one piece. Resolves when they are written and told. Throws StreamClosedError, StaleAttemptError,
   * and a TypeError for data that is no JSON; the stream is then as it was.
   */
  append(events: readonly NewEvent[], { attempt = this.#attempt, durable = false, reopen = false }: AppendOptions = {}): Promise<void> {
    if (this.isGone) throw new StreamClosedError(`The stream ${this.name} is no longer held`)
    if (this.#isSealed && !reopen) throw new StreamClosedError(`The stream ${this.name} has ended`)
    if (attempt < this.#attempt) {
      throw new StaleAttemptError(`Attempt ${attempt} of ${this.name} has been superseded by attempt ${this.#attempt}`)
    }
    if (events.length === 0) return Promise.resolve()
    if (!this.#hasBegun) this.#epochs.begin(this.#end)
    this.#hasBegun = true
    const isFirst = this.#end === this.#openedAt
    this.#newsSince ??= performance.now()
    const bytes = this.#encode(events)
    this.#attempt = attempt
    this.#end += bytes.length
    this.#isSealed = events.at(-1)!.type === 'end'
    if (this.#isSealed) this.clearLast()
    // A power cut must not take an epoch that readers have seen, or the next opening would take its number again.
    return this.#commit.add(bytes, { durable: durable || isFirst })
  }

  /** Replaces the value beside the log; readers that are not behind get the newest. A stream that has ended has none. */
  setLast(type: string, data: object): void {
    if (this.#isSealed) return
    this.#newsSince ??= performance.now()
    this.last = { rev: ++this.#rev, type, data: { rev: this.#rev, ...data }, floor: this.#floor }
    this.#tell()
  }

  /** When the oldest of what has not been asked for since was handed over, by `performance.now()`. */
  takeNewsSince(): number | undefined {
    const since = this.#newsSince
    this.#newsSince = undefined
    return since
  }

  /** Takes the value back, since what is being appended says something newer: as soon as that can be read. */
  clearLast(): void {
    this.#floor = this.#end
    this.#dropOldLast()
  }

  /** Lines from `from`, where a line begins, up to about `limit` bytes; none at the head. Throws OffsetGoneError. */
  async read(from: number, limit = PIECE_BYTES): Promise<Page> {
    if (from < this.start) throw this.#gone(from)
    if (from >= this.head) return { lines: Buffer.alloc(0), to: from }
    const lines = this.recentLines(from, from + limit) ?? (await readLines(this.#storage, from, { limit, end: this.head }))
    if (lines.length === 0) throw this.#gone(from)
    return { lines, to: from + lines.length }
  }

  /** The same for what is still in memory, undefined where it is not. Ends at the first line end at or after `upTo`. */
  recentLines(from: number, upTo: number): Buffer | undefined {
    return this.#recent.slice(from, Math.min(upTo, this.head))
  }

  watch(): Watch {
    return this.#wakeUps.watch()
  }

  /** The offset that stands for byte `at`. */
  offsetAt(at: number): string {
    return this.#epochs.offsetAt(at)
  }

  /**
   * The byte to go on from, or undefined where the offset means nothing here: an unknown epoch, a byte that was cut
   * off or is gone, or one inside a line.
   */
  async locate(offset: Offset): Promise<number | undefined> {
    const { byte } = offset
    if (byte < this.start || !this.#epochs.covers(offset, this.head)) return undefined
    if (byte === this.start || byte === this.head) return byte
    const before = await this.#storage.read(byte - 1, 1)
    return before[0] === NEWLINE ? byte : undefined
  }

  /** Writes what has been handed over, then lets go of the storage; who waits for something new is woken. */
  async close(): Promise<void> {
    if (this.isGone) return
    this.isGone = true
    await this.#commit.close()
    this.#wakeUps.wake()
    await this.#storage.close()
  }

  async #scan(): Promise<void> {
    const end = await scanLines(this.#storage, (line, bytes, from) => {
      this.#epochs.found(line.epoch, from)
      this.#apply(line, bytes)
    })
    if (end < this.#storage.size) await this.#storage.truncate(end)
    this.head = this.#end = this.#floor = this.#openedAt = end
    this.#isSealed = this.isClosed
  }

  #encode(events: readonly NewEvent[]): Buffer {
    const at = Date.now()
    const lines: Buffer[] = []
    let from = this.#end
    for (const event of events) {
      const line = encodeLine(event, { epoch: this.#epochs.current, from, at })
      lines.push(line)
      from += line.length
    }
    return lines.length === 1 ? lines[0]! : Buffer.concat(lines)
  }

  #acceptWritten(bytes: Buffer): void {
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(NEWLINE, start) + 1
      this.#apply(takeApart(bytes, start, end)!, bytes)
      start = end
    }
    this.#recent.push(bytes, this.head)
    this.head += bytes.length
    this.#dropOldLast()
    this.#tell()
  }

  #dropOldLast(): void {
    if (this.head >= this.#floor && this.last && this.last.floor < this.#floor) this.last = undefined
  }

  #apply(line: EntryParts, bytes: Buffer): void {
    this.isClosed = line.type === 'end'
    this.fold.apply(line, bytes)
  }

  #tell(): void {
    this.onNews()
    this.#wakeUps.wake()
  }

  #gone(byte: number): OffsetGoneError {
    return new OffsetGoneError(`Byte ${byte} of ${this.name} is no longer kept`)
  }
}
