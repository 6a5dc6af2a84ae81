import { formatOffset } from './entry.ts'

/**
 * An epoch is one opening of a stream for writing. A power loss may take lines that readers have seen; the next ones
 * then stand at the same bytes, and only the epoch tells the old offset from the new.
 */
export class Epochs {
  readonly #epochs: { readonly epoch: number; readonly from: number }[]

  constructor(first: number) {
    this.#epochs = [{ epoch: first, from: 0 }]
  }

  get current(): number {
    return this.#epochs.at(-1)!.epoch
  }

  /** A line of `epoch` was found at byte `from`. */
  found(epoch: number, from: number): void {
    if (epoch !== this.current) this.#epochs.push({ epoch, from })
  }

  /** What is written from byte `from` on was written in this opening. */
  begin(from: number): void {
    if (from > 0) this.#epochs.push({ epoch: this.current + 1, from })
  }

  /** The offset that stands for byte `at`. */
  offsetAt(at: number): string {
    const { epoch } = this.#epochs.findLast(({ from }) => from < at) ?? this.#epochs[0]!
    return formatOffset({ epoch, byte: at })
  }

  /** Whether an offset of `epoch` can ever have stood for `byte`, in a stream that ends at `head`. */
  covers({ epoch, byte }: { epoch: number; byte: number }, head: number): boolean {
    const index = this.#epochs.findIndex((known) => known.epoch === epoch)
    if (index < 0) return false
    return byte >= this.#epochs[index]!.from && byte <= (this.#epochs[index + 1]?.from ?? head)
  }
}
