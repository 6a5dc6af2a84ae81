import type { EntryParts } from '../streams/entry.ts'
import { formatOffset } from '../streams/entry.ts'
import type { Fold, SnapshotContext } from '../streams/stream.ts'
import { applyBatchEvent, EMPTY_BATCH, type Batch, type BatchEvent } from './batch.ts'

/** A batch as of any place of its log. */
export class BatchFold implements Fold {
  batch: Batch = EMPTY_BATCH
  #offset = ''
  readonly #id: string
  readonly #events: { readonly to: number; readonly event: BatchEvent }[] = []

  /** `id` is that of the log, whatever a damaged line in it says. */
  constructor(id: string) {
    this.#id = id
  }

  apply(line: EntryParts, bytes: Buffer): void {
    const data: unknown = JSON.parse(bytes.toString('utf8', line.dataFrom, line.dataTo))
    const told = { type: line.type, at: line.at, data } as BatchEvent
    const event: BatchEvent = told.type === 'status' && told.data.id !== undefined ? { ...told, data: { ...told.data, id: this.#id } } : told
    this.#events.push({ to: line.to, event })
    this.batch = applyBatchEvent(this.batch, event)
    this.#offset = formatOffset({ epoch: line.epoch, byte: line.to })
  }

  /** With the offset to follow it from. */
  get record(): Batch {
    return { ...this.batch, offset: this.#offset }
  }

  snapshotAt(at: number, { offset, last }: SnapshotContext): Batch {
    const batch = at >= (this.#events.at(-1)?.to ?? 0) ? this.batch : this.#batchAt(at)
    const live = last ? applyBatchEvent(batch, { type: last.type, data: last.data } as BatchEvent) : batch
    return { ...live, offset }
  }

  /** There are no log lines in it. */
  startOfLastLines(): number {
    return 0
  }

  #batchAt(at: number): Batch {
    let batch: Batch = { ...EMPTY_BATCH, id: this.batch.id, created_at: this.batch.created_at }
    for (const { to, event } of this.#events) {
      if (to > at) break
      batch = applyBatchEvent(batch, event)
    }
    return batch
  }
}
