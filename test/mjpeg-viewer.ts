import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'

/** One viewer of moving pictures, which takes the multipart apart as it comes and trusts nothing in it. */
export class MjpegViewer {
  readonly response: IncomingMessage
  readonly pictures: Buffer[] = []
  isClosedProperly = false
  readonly #waiting = new Set<() => void>()
  #rest = Buffer.alloc(0)
  #isBegun = false

  private constructor(response: IncomingMessage) {
    this.response = response
    response.on('data', (chunk: Buffer) => {
      this.#take(chunk)
      this.#look()
    })
    response.on('error', () => undefined)
    response.on('close', () => this.#look())
  }

  static async open(url: string): Promise<MjpegViewer> {
    const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage]
    if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}`)
    return new MjpegViewer(response)
  }

  /** Resolves when so many pictures have come since it began. */
  async sees(count: number): Promise<void> {
    while (this.pictures.length < count) {
      if (this.response.closed) throw new Error(`ended with ${this.pictures.length} pictures`)
      await new Promise<void>((look) => this.#waiting.add(look))
    }
  }

  async ends(): Promise<void> {
    if (!this.response.closed) await once(this.response, 'close')
  }

  leave(): void {
    this.response.destroy()
  }

  #look(): void {
    for (const look of this.#waiting) look()
    this.#waiting.clear()
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    if (!this.#isBegun && this.#rest.length >= BOUNDARY.length) {
      this.#drop(BOUNDARY)
      this.#isBegun = true
    }
    while (this.#isBegun && this.#rest.length > 0) {
      if (this.#rest.equals(END)) {
        this.isClosedProperly = true
        return
      }
      const headEnd = this.#rest.indexOf('\r\n\r\n')
      if (headEnd < 0) return
      const head = this.#rest.subarray(0, headEnd).toString()
      const length = Number(/^Content-Length: (\d+)$/m.exec(head)?.[1])
      if (!/^Content-Type: image\/jpeg$/m.test(head) || !(length > 0)) throw new Error(`is no head: ${head}`)
      if (this.#rest.length < headEnd + 4 + length + BEHIND.length) return
      this.pictures.push(Buffer.from(this.#rest.subarray(headEnd + 4, headEnd + 4 + length)))
      this.#rest = this.#rest.subarray(headEnd + 4 + length)
      this.#drop(BEHIND)
    }
  }

  #drop(expected: Buffer): void {
    if (!this.#rest.subarray(0, expected.length).equals(expected)) throw new Error('there is no boundary where it should be')
    this.#rest = this.#rest.subarray(expected.length)
  }
}

const BOUNDARY = Buffer.from('--frame\r\n')
const BEHIND = Buffer.from('\r\n--frame\r\n')
const END = Buffer.from('--frame--\r\n')
