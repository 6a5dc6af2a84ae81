/**
 * Turns what a program writes into lines. A line ends at `\n`, `\r` or `\r\n`, so a status line that is written over
 * again and again is handed over each time. Bytes that are no UTF-8 become U+FFFD. Memory stays bounded: at the latest
 * after `MAX_LINE_LENGTH` UTF-16 units what is there is handed over as a line, and the rest follows as further ones.
 */
export class LineSplitter {
  readonly #onLine: (text: string) => void
  readonly #flushAfterMs: number | undefined
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #pending = ''
  #isSwallowingNewline = false
  #isContinuation = false
  #timer: NodeJS.Timeout | undefined

  /** With `flushAfterMs`, an unfinished line is handed over once that many milliseconds bring no more of it. */
  constructor(onLine: (text: string) => void, { flushAfterMs }: { readonly flushAfterMs?: number } = {}) {
    this.#onLine = onLine
    this.#flushAfterMs = flushAfterMs
  }

  push(chunk: Uint8Array): void {
    clearTimeout(this.#timer)
    this.#split(this.#decoder.decode(chunk, { stream: true }))
    if (this.#pending !== '' && this.#flushAfterMs !== undefined) {
      this.#timer = setTimeout(() => this.#handOverUnfinished(), this.#flushAfterMs)
    }
  }

  /** Hands over what is left. Nothing may be pushed afterwards. */
  end(): void {
    clearTimeout(this.#timer)
    this.#split(this.#decoder.decode())
    if (this.#pending !== '') this.#handOverUnfinished()
  }

  #split(text: string): void {
    let start = 0
    for (const { 0: lineEnd, index } of text.matchAll(/\r\n|\r|\n/g)) {
      const isSecondHalf = this.#isSwallowingNewline && index === 0 && lineEnd === '\n'
      this.#isSwallowingNewline = false
      if (!isSecondHalf) {
        this.#add(text.slice(start, index))
        this.#endLine()
      }
      start = index + lineEnd.length
    }
    if (text !== '') this.#isSwallowingNewline = text.endsWith('\r')
    this.#add(text.slice(start))
  }

  #add(text: string): void {
    this.#pending += text
    let start = 0
    while (this.#pending.length - start > MAX_LINE_LENGTH) {
      const end = endOfPiece(this.#pending, start + MAX_LINE_LENGTH)
      this.#isContinuation = true
      this.#onLine(this.#pending.slice(start, end))
      start = end
    }
    if (start > 0) this.#pending = this.#pending.slice(start)
  }

  #endLine(): void {
    const line = this.#pending
    this.#pending = ''
    // The end of a line whose text has all been handed over already is not one more, empty line.
    const isOnlyTheEnd = line === '' && this.#isContinuation
    this.#isContinuation = false
    if (!isOnlyTheEnd) this.#onLine(line)
  }

  #handOverUnfinished(): void {
    const line = this.#pending
    this.#pending = ''
    this.#isContinuation = true
    this.#onLine(line)
  }
}

export const MAX_LINE_LENGTH = 8192

/** Never between the two halves of a surrogate pair. */
function endOfPiece(text: string, end: number): number {
  const unit = text.charCodeAt(end - 1)
  return unit >= 0xd800 && unit <= 0xdbff ? end - 1 : end
}
