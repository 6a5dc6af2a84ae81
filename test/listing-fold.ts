import type { EntryParts } from '../src/streams/entry.ts'
import type { Fold, SnapshotContext } from '../src/streams/fold.ts'

/** Lists what it is told. Its snapshot says how many events it is made of, and which last value. */
export class ListingFold implements Fold {
  readonly told: { readonly type: string; readonly to: number }[] = []

  apply({ type, to }: EntryParts): void {
    this.told.push({ type, to })
  }

  snapshotAt(at: number, { offset, last }: SnapshotContext): unknown {
    return { offset, count: this.told.filter(({ to }) => to <= at).length, last: last?.data ?? null }
  }

  startOfLastLines(count: number): number {
    return this.told.at(-count - 1)?.to ?? 0
  }
}
