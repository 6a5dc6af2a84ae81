import { encodeLine, formatOffset, NEWLINE, parseOffset, takeApart, type EntryParts, type NewEvent, type Offset } from './entry.ts'
import type { StreamStorage } from './log-storage.ts'
import { RecentLines } from './recent-lines.ts'
import { type Watch, WakeUps } from './wake-up.ts'

/** Log bytes in one piece, up to one line more. ComputerCraft refuses messages above 128 KiB. */
export const PIECE_BYTES = 64 * 1024
const SCAN_BYTES = 256 * 1024
const RETRY_MS = 500

/** What a stream means to those who write it: folded line by line, and shown as of any place of it. */
export interface Fold {
  /** Called once for each line, in order, when it is in the log. */
  apply(line: EntryParts, bytes: Buffer): void
  /** The data of a `snapshot` for a reader that goes on from byte `at`. */
  snapshotAt(at: number, context: SnapshotContext): unknown
  /** Where to begin so that the last `count` log lines are seen. */
  startOfLastLines(count: number): number
}

export interface SnapshotContext {
  readonly offset: string
  readonly last: LastValue | undefined
}

/** A value of which only the newest matters, kept beside the log: progress, or a place in the queue. */
export interface LastValue {
  readonly rev: number
  readonly type: string
  readonly data: object
  /** A reader that has not come this far must not see it: it belongs to what is told there. */
  readonly floor: number
}

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

interface Waiting {
  readonly bytes: Buffer
  readonly durable: boolean
  readonly told: () => void
}

/**
 * One stream: append-only, read at any byte where a line begins. `head` is what is written; nobody is told of what is
 * not, so no reader ever holds an offset that a crashed and restarted hub does not have. An event of type `end`
 * closes it.
 *
 * An epoch is one opening of the file for writing. A power loss may take lines that readers have seen; the next ones
 * then stand at the same bytes, and only the epoch tells the old offset from the new.
 */
export class Stream<F extends Fold = Fold> {
  readonly name: string
  readonly fold: F
  head = 0
  isClosed = false
  last: LastValue | undefined
  /** Called in the turn in which there is something new to read. */
  onNews: () => void = () => undefined
  readonly #storage: StreamStorage
  readonly #recent: RecentLines
  readonly #wakeUps = new WakeUps()
  readonly #epochs: { epoch: number; from: number }[]
  #isSealed = false
  #hasWritten = false
  #end = 0
  #attempt = 0
  #floor = 0
  #rev = 0
  #waiting: Waiting[] = []
  #isWriting = false

  private constructor(name: string, { storage, fold, firstEpoch }: { storage: StreamStorage; fold: F; firstEpoch: number }) {
    this.name = name
    this.fold = fold
    this.#storage = storage
    this.#epochs = [{ epoch: firstEpoch, from: 0 }]
    this.#recent = new RecentLines()
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

  /** Adds events in one piece. Resolves when they are written and told. */
  append(events: readonly NewEvent[], { attempt = this.#attempt, durable = false, reopen = false }: AppendOptions = {}): Promise<void> {
    if (this.#isSealed && !reopen) throw new StreamClosedError(`The stream ${this.name} has ended`)
    if (attempt < this.#attempt) throw new StaleAttemptError(`Attempt ${attempt} of ${this.name} has been superseded by attempt ${this.#attempt}`)
    this.#attempt = attempt
    this.#beginEpoch()
    const at = Date.now()
    const lines = events.map((event) => {
      const line = encodeLine(event, { epoch: this.#epochs.at(-1)!.epoch, from: this.#end, at })
      this.#end += line.length
      return line
    })
    this.#isSealed = events.at(-1)?.type === 'end'
    const bytes = lines.length === 1 ? lines[0]! : Buffer.concat(lines)
    return new Promise((told) => {
      this.#waiting.push({ bytes, durable, told })
      if (!this.#isWriting) void this.#write()
    })
  }

  /** Replaces the value beside the log; readers that are not behind get the newest. */
  setLast(type: string, data: object): void {
    this.last = { rev: ++this.#rev, type, data: { rev: this.#rev, ...data }, floor: this.#floor }
    this.#tell()
  }

  /** Takes the value back, since what is now being appended says something newer. */
  clearLast(): void {
    this.last = undefined
    this.#floor = this.#end
  }

  /** Lines from `from`, where a line begins, up to about `limit` bytes; none at the head. Throws OffsetGoneError. */
  async read(from: number, limit = PIECE_BYTES): Promise<Page> {
    if (from < this.start) throw new OffsetGoneError(`Byte ${from} of ${this.name} is no longer kept`)
    if (from >= this.head) return { lines: Buffer.alloc(0), to: from }
    const recent = this.recentLines(from, from + limit)
    const lines = recent ?? (await this.#readStored(from, limit))
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
    const epoch = this.#epochs.findLast(({ from }) => from < at) ?? this.#epochs[0]!
    return formatOffset({ epoch: epoch.epoch, byte: at })
  }

  /**
   * The byte to go on from, or undefined where the offset means nothing here: an unknown epoch, a byte that was cut
   * off or is gone, or one inside a line.
   */
  async locate(offset: Offset): Promise<number | undefined> {
    const index = this.#epochs.findIndex(({ epoch }) => epoch === offset.epoch)
    if (index < 0) return undefined
    const epochEnd = this.#epochs[index + 1]?.from ?? this.head
    const { byte } = offset
    if (byte > epochEnd || byte < this.#epochs[index]!.from || byte < this.start) return undefined
    if (byte === this.start || byte === this.head) return byte
    const before = await this.#storage.read(byte - 1, 1)
    return before[0] === NEWLINE ? byte : undefined
  }

  async close(): Promise<void> {
    await this.#storage.close()
  }

  async #scan(): Promise<void> {
    let at = this.start
    let isWhole = true
    while (isWhole && at < this.#storage.size) {
      const block = await this.#readLines(at, SCAN_BYTES, this.#storage.size)
      let start = 0
      for (let end = block.indexOf(NEWLINE) + 1; end > 0; end = block.indexOf(NEWLINE, start) + 1) {
        const line = takeApart(block, start, end)
        isWhole = line !== undefined && line.to === at + end && line.epoch >= this.#epochs.at(-1)!.epoch
        if (!isWhole) break
        this.#accept(line!, block, at + start)
        start = end
      }
      if (start === 0) isWhole = false
      at += start
    }
    if (at < this.#storage.size) await this.#storage.truncate(at)
    this.head = this.#end = this.#floor = at
    this.#isSealed = this.isClosed
  }

  #accept(line: EntryParts, bytes: Buffer, from: number): void {
    const known = this.#epochs.at(-1)!
    if (line.epoch !== known.epoch) {
      if (from === 0) this.#epochs.pop()
      this.#epochs.push({ epoch: line.epoch, from })
    }
    this.isClosed = line.type === 'end'
    this.fold.apply(line, bytes)
  }

  #beginEpoch(): void {
    if (this.#hasWritten) return
    this.#hasWritten = true
    if (this.#end > 0) this.#epochs.push({ epoch: this.#epochs.at(-1)!.epoch + 1, from: this.#end })
  }

  /** One write in flight; the next takes all that came meanwhile. */
  async #write(): Promise<void> {
    this.#isWriting = true
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      this.#waiting = []
      const bytes = waiting.length === 1 ? waiting[0]!.bytes : Buffer.concat(waiting.map((part) => part.bytes))
      await this.#store(bytes, { durable: waiting.some(({ durable }) => durable) })
      this.#recent.push(bytes, this.head)
      this.#acceptWritten(bytes)
      for (const { told } of waiting) told()
    }
    this.#isWriting = false
  }

  /** A full disk is waited out: the job that filled it fails and gives its room back, and nothing said is lost. */
  async #store(bytes: Buffer, options: { durable: boolean }): Promise<void> {
    for (;;) {
      try {
        return await this.#storage.append(bytes, options)
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref())
      }
    }
  }

  #acceptWritten(bytes: Buffer): void {
    let start = 0
    while (start < bytes.length) {
      const end = bytes.indexOf(NEWLINE, start) + 1
      const line = takeApart(bytes, start, end)!
      this.isClosed = line.type === 'end'
      this.fold.apply(line, bytes)
      start = end
    }
    this.head += bytes.length
    this.#tell()
  }

  #tell(): void {
    this.onNews()
    this.#wakeUps.wake()
  }

  async #readStored(from: number, limit: number): Promise<Buffer> {
    const lines = await this.#readLines(from, limit, this.head)
    if (lines.length === 0) throw new OffsetGoneError(`Byte ${from} of ${this.name} is no longer kept`)
    return lines
  }

  /** Whole lines from `from`: up to the last line end within `limit` bytes, or one line where it is longer. */
  async #readLines(from: number, limit: number, end: number): Promise<Buffer> {
    for (let window = limit; ; window *= 2) {
      const bytes = await this.#storage.read(from, Math.min(window, end - from))
      const last = bytes.lastIndexOf(NEWLINE) + 1
      if (last > 0 || from + window >= end) return bytes.subarray(0, last)
    }
  }
}

export { parseOffset }
