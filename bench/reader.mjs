import { connect } from 'node:net'
import { MARK, MARKED_BYTES, now, readNumber, readStamp } from './line.mjs'

const NEWLINE = 10
const CLOSING_BRACE = 125
const PING = 0x89
const EMPTY_MASKED_PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])
// One for all readers: what arrives is looked through before the next arrives, so nothing is allocated for it.
const shared = Buffer.allocUnsafe(64 * 1024)

/**
 * The least a client can do: it asks, waits for the greeting, and looks for the lines in what comes, by their mark
 * and not by parsing. Counts what is missing, comes twice or comes out of order.
 */
export class Reader {
  first = 0
  last = 0
  gaps = 0
  repeats = 0
  hasEnded = false
  #isWatchingForEnd = false
  #target
  #socket
  #onLine
  #carry
  #greeting = ''
  #greeted
  #ended

  constructor(target, onLine) {
    this.#target = target
    this.#onLine = onLine
    this.greeted = new Promise((resolve, reject) => (this.#greeted = { resolve, reject }))
    this.ended = new Promise((resolve) => (this.#ended = resolve))
    this.#socket = connect({
      host: '127.0.0.1', port: target.port,
      onread: { buffer: shared, callback: (length) => (this.#read(shared.subarray(0, length)), true) },
    })
    this.#socket.on('error', (error) => this.#greeted?.reject(error))
    this.#socket.on('close', () => {
      this.#greeted?.reject(new Error(`closed before its greeting: ${this.#greeting.slice(0, 200)}`))
      this.#end()
    })
    this.#socket.write(requestOf(target))
  }

  /** Takes nothing from its socket any more. */
  stop() {
    this.#socket.pause()
  }

  /** From here on `ended` resolves at the last word of a server that has one. */
  watchForEnd() {
    this.#isWatchingForEnd = this.#target.ending !== undefined
  }

  /** Without the closing exchange that would leave ten thousand connections waiting in the kernel. */
  destroy() {
    this.#socket.resetAndDestroy()
  }

  #read(chunk) {
    if (this.#greeted) return this.#readGreeting(chunk)
    if (chunk[0] === PING && this.#target.transport === 'websocket') this.#socket.write(EMPTY_MASKED_PONG)
    const bytes = this.#carry ? Buffer.concat([this.#carry, chunk]) : chunk
    const at = now()
    let rest = 0
    for (let mark = bytes.indexOf(MARK); mark >= 0 && mark + MARKED_BYTES <= bytes.length; mark = bytes.indexOf(MARK, rest)) {
      this.#count(readNumber(bytes, mark))
      this.#onLine(at - readStamp(bytes, mark))
      rest = mark + MARKED_BYTES
    }
    if (this.#isWatchingForEnd && bytes.includes(this.#target.ending)) this.#end()
    // A mark that is cut in two ends in neither of these.
    const end = bytes[bytes.length - 1]
    const isWhole = end === NEWLINE || end === CLOSING_BRACE
    this.#carry = isWhole ? undefined : Buffer.from(bytes.subarray(Math.max(rest, bytes.length - MARKED_BYTES + 1)))
  }

  #readGreeting(chunk) {
    this.#greeting += chunk.toString('latin1')
    if (!this.#greeting.includes(this.#target.greeting)) return
    if (/^HTTP\/1\.1 (101|200) /.test(this.#greeting)) this.#greeted.resolve()
    else this.#greeted.reject(new Error(this.#greeting.slice(0, 200)))
    this.#greeted = undefined
    this.#greeting = ''
  }

  #end() {
    this.hasEnded = true
    this.#ended()
  }

  #count(number) {
    if (this.first === 0) this.first = number
    else if (number <= this.last) this.repeats++
    else this.gaps += number - this.last - 1
    this.last = Math.max(this.last, number)
  }
}

function requestOf({ path, transport }) {
  const wish = transport === 'websocket'
    ? 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    : 'Accept: text/event-stream\r\n'
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${wish}\r\n`
}
