import type { EntryParts } from './entry.ts'

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
