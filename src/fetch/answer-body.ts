import type { IncomingMessage } from 'node:http'

/**
 * The bytes of an answer in order, each time all that has come, and its error only after all that came before it: a
 * stream that breaks drops what nobody has read yet. Listens from the moment it is made, reads ahead by no more than
 * about `AHEAD_BYTES`, and is iterated once.
 */
export class AnswerBody {
  readonly #response: IncomingMessage
  #chunks: Uint8Array[] = []
  #held = 0
  #end: { readonly error?: Error } | undefined
  #wake = () => {}

  constructor(response: IncomingMessage) {
    this.#response = response
    response.on('data', (chunk: Uint8Array) => {
      this.#chunks.push(chunk)
      this.#held += chunk.length
      if (this.#held >= AHEAD_BYTES) response.pause()
      this.#wake()
    })
    response.once('end', () => this.#endWith({}))
    response.on('error', (error) => this.#endWith({ error }))
    response.once('close', () => this.#endWith({ error: new Error('closed before its end') }))
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Uint8Array[]> {
    for (;;) {
      const chunks = this.#chunks
      if (chunks.length > 0) {
        this.#chunks = []
        this.#held = 0
        this.#response.resume()
        yield chunks
      } else if (this.#end === undefined) {
        await new Promise<void>((wake) => (this.#wake = wake))
      } else if (this.#end.error === undefined) {
        return
      } else {
        throw this.#end.error
      }
    }
  }

  /** Gives up what has not been read, and the connection. */
  destroy(error?: Error): void {
    this.#response.destroy(error)
  }

  #endWith(end: { readonly error?: Error }): void {
    this.#end ??= end
    this.#wake()
  }
}

const AHEAD_BYTES = 2 ** 20
