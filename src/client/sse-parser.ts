/** What a text/event-stream holds: events, and the server's wish how long to wait before coming back. */
export type SseItem =
  | { readonly type: 'event'; readonly name: string; readonly data: string; readonly id: string | undefined }
  | { readonly type: 'retry'; readonly milliseconds: number }

/**
 * Reads a text/event-stream as its bytes come, however they are cut. Only whole events come out: one that the
 * connection cut in half is never told. `id` is there only where the event itself carried one.
 */
export class SseParser {
  readonly #decoder = new TextDecoder()
  #unfinishedLine = ''
  #endedInCr = false
  #name = ''
  #data: string[] = []
  #id: string | undefined

  push(chunk: Uint8Array): readonly SseItem[] {
    let text = this.#decoder.decode(chunk, { stream: true })
    if (text === '') return []
    // A CR ended its line already; an LF that comes in the next chunk belongs to it.
    if (this.#endedInCr && text.startsWith('\n')) text = text.slice(1)
    this.#endedInCr = text.endsWith('\r')
    const lines = text.split(/\r\n|\r|\n/)
    lines[0] = this.#unfinishedLine + lines[0]
    this.#unfinishedLine = lines.pop() ?? ''
    if (this.#unfinishedLine.length > LONGEST_LINE) throw new RangeError('a line of the event stream has no end')
    return lines.flatMap((line) => this.#readLine(line) ?? [])
  }

  #readLine(line: string): SseItem | undefined {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'data') this.#data.push(value)
    else if (field === 'event') this.#name = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    else if (field === 'retry' && /^\d+$/.test(value)) return { type: 'retry', milliseconds: Number(value) }
    return undefined
  }

  #dispatch(): SseItem | undefined {
    const [name, data, id] = [this.#name || 'message', this.#data, this.#id]
    this.#name = ''
    this.#data = []
    this.#id = undefined
    return data.length === 0 ? undefined : { type: 'event', name, data: data.join('\n'), id }
  }
}

/** In UTF-16 units; far over what a hub sends, so that something else on the line cannot fill the memory. */
const LONGEST_LINE = 16 * 1024 * 1024
