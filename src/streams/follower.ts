import type { Socket } from 'node:net'
import type { Broadcast, Piece } from './broadcast.ts'
import { frameUnlogged, WEBSOCKET_PING, type View } from './framing.ts'
import { OffsetGoneError } from './stream.ts'

const STALLED_AFTER_SECONDS = 30
const PING_EACH_SECONDS = 15
const OLDEST_SSE_SECONDS = 3600

export interface FollowerEnds {
  /** Has everything of a stream that is closed. */
  onEnd(): void
  /** Took nothing for 30 s. */
  onStall(): void
  /** The stream is being removed, the hub is stopping, or the connection has been open for an hour. */
  onCut(): void
}

/**
 * One reader on one socket: a cursor, not a queue. At most one write is in flight, and it carries whatever came
 * meanwhile. Being live, being behind and replaying are this one loop. Bytes go to the socket below the HTTP response
 * or WebSocket, already framed.
 */
export class Follower {
  /** Its place in the broadcast's list, -1 when it is not in it. */
  index = -1
  readonly view: View
  readonly #broadcast: Broadcast
  readonly #socket: Socket
  readonly #ends: FollowerEnds
  #cursor: number
  #rev = 0
  #isBusy = false
  #writes = 0
  #writesAtTick = 0
  #stalledSeconds = 0
  #ageSeconds = 0
  #owesPing = false
  /** SSE is not answered: whether somebody still reads, only coming back tells. Spread, so that not all come at once. */
  readonly #oldestSeconds: number

  constructor(broadcast: Broadcast, { view, socket, at, ends }: { view: View; socket: Socket; at: number; ends: FollowerEnds }) {
    this.view = view
    this.#broadcast = broadcast
    this.#socket = socket
    this.#cursor = at
    this.#ends = ends
    this.#oldestSeconds = view.transport === 'websocket' ? Number.POSITIVE_INFINITY : OLDEST_SSE_SECONDS * (0.9 + Math.random() / 5)
  }

  /** Greets with `preamble`, a `reset` where the offset asked for meant nothing, and the snapshot; then follows. */
  start({ preamble, isReset }: { preamble?: Buffer; isReset: boolean }): void {
    if (this.#broadcast.stream.isGone) return this.#ends.onCut()
    const greeting = preamble ? [preamble] : []
    if (isReset) greeting.push(this.#resetFrame())
    this.#broadcast.add(this)
    this.#greet(greeting)
  }

  stop(): void {
    this.#broadcast.remove(this)
  }

  /** Pumps, and calls back once what that wrote is in the socket; not at all where it writes nothing at once. */
  pumpTimed(onWritten: () => void): void {
    if (this.#isBusy) return
    const [afterWrite, writes] = [this.#afterWrite, this.#writes]
    this.#afterWrite = (error) => {
      this.#afterWrite = afterWrite
      if (!error) onWritten()
      afterWrite(error)
    }
    this.pump()
    if (this.#writes === writes) this.#afterWrite = afterWrite
  }

  /** The reader is let go, to come back or not. */
  cut(): void {
    this.stop()
    this.#ends.onCut()
  }

  /** Takes the next piece unless a write is under way, whose end then does. */
  pump(): void {
    while (!this.#isBusy && this.index >= 0) {
      const { stream } = this.#broadcast
      if (this.#cursor < stream.start) return this.#startOver()
      const piece = this.#broadcast.next(this.view, this.#cursor, this.#rev)
      if (piece === undefined) {
        if (stream.isClosed && this.#cursor >= stream.head) this.#finish()
        else if (this.#owesPing) this.#write(NOTHING)
        return
      }
      if (piece instanceof Promise) return this.#sendWhenRead(piece)
      this.#send(piece)
    }
  }

  /** Once a second. */
  tick(): void {
    this.#ageSeconds++
    this.#stalledSeconds = this.#isBusy && this.#writes === this.#writesAtTick ? this.#stalledSeconds + 1 : 0
    this.#writesAtTick = this.#writes
    if (this.#stalledSeconds >= STALLED_AFTER_SECONDS) {
      this.stop()
      this.#ends.onStall()
    } else if (this.#ageSeconds >= this.#oldestSeconds) {
      this.cut()
    } else if (this.#ageSeconds % PING_EACH_SECONDS === 0) {
      this.#owesPing = true
      this.pump()
    }
  }

  #send({ bytes, to, rev }: Piece): void {
    this.#cursor = to
    this.#rev = rev
    if (bytes.length > 0) this.#write(bytes)
  }

  #sendWhenRead(reading: Promise<Piece>): void {
    this.#isBusy = true
    reading.then(
      (piece) => {
        this.#isBusy = false
        if (this.index < 0) return
        this.#send(piece)
        this.pump()
      },
      (error: unknown) => {
        this.#isBusy = false
        if (this.index < 0) return
        if (error instanceof OffsetGoneError && this.#cursor < this.#broadcast.stream.start) return this.pump()
        // It cannot be read just now: the reader comes back with its offset.
        this.stop()
        this.#socket.destroy()
      },
    )
  }

  #write(bytes: Buffer): void {
    this.#isBusy = true
    this.#writes++
    // Behind the piece that was due, not only when there is none: a reader who is busy for minutes must pong too.
    this.#socket.write(this.#owesPing ? Buffer.concat([bytes, this.#ping()]) : bytes, this.#afterWrite)
  }

  #ping(): Buffer {
    this.#owesPing = false
    const ping = frameUnlogged(this.view, 'ping', {})
    return this.view.transport === 'websocket' ? Buffer.concat([WEBSOCKET_PING, ping]) : ping
  }

  #afterWrite = (error?: Error | null): void => {
    this.#isBusy = false
    if (!error) this.pump()
  }

  #greet(greeting: Buffer[]): void {
    const snapshot = this.#broadcast.snapshot(this.view, this.#cursor)
    this.#rev = snapshot.rev
    this.#write(greeting.length === 0 ? snapshot.bytes : Buffer.concat([...greeting, snapshot.bytes]))
  }

  #startOver(): void {
    this.#cursor = this.#broadcast.stream.start
    this.#greet([this.#resetFrame()])
  }

  #resetFrame(): Buffer {
    const { stream } = this.#broadcast
    return frameUnlogged(this.view, 'reset', { earliest: stream.offsetAt(stream.start) })
  }

  #finish(): void {
    this.stop()
    this.#ends.onEnd()
  }
}

const NOTHING = Buffer.alloc(0)
