import { LRUCache } from 'lru-cache'
import { frameLines, frameUnlogged, wants, type View } from './framing.ts'
import type { Follower } from './follower.ts'
import type { LastValue } from './fold.ts'
import { ownBytes } from './own-bytes.ts'
import { PIECE_BYTES, type Stream } from './stream.ts'

/** Followers served before the event loop gets a turn, so that one job's thousands do not hold up the others. */
const FOLLOWERS_PER_TURN = 256

/** Each view and cursor is one piece: readers who ask for ever other ones must not fill the memory. */
const MOST_FRAMED = 1000

/** Pieces of past log, framed, for readers who are behind; shared by all streams. */
const pastPieces = new LRUCache<string, Piece>({
  maxSize: 4 * 1024 * 1024,
  sizeCalculation: ({ bytes }, key) => bytes.length + key.length + 64,
})

export interface Piece {
  /** Empty where the view wants nothing of what it passes over. */
  readonly bytes: Buffer
  /** Where the follower then stands. */
  readonly to: number
  readonly rev: number
}

/**
 * The followers of one stream. Each is a cursor; an event is framed once for all who want it alike, and a busy hub
 * writes fewer, larger pieces, since a follower finds more in the log at its next turn.
 */
export class Broadcast {
  readonly stream: Stream
  readonly #followers: Follower[] = []
  readonly #framed = new Map<string, Piece>()
  readonly #framedPast = new Map<string, Promise<Piece>>()
  readonly #id = nextId++
  readonly #onDelivered: OnDelivered | undefined
  #isPassing = false
  #hasNews = false
  #passes = 0

  constructor(stream: Stream, { onDelivered }: { onDelivered?: OnDelivered | undefined } = {}) {
    this.stream = stream
    this.#onDelivered = onDelivered
    stream.onNews = () => this.#wake()
  }

  get size(): number {
    return this.#followers.length
  }

  get followers(): readonly Follower[] {
    return this.#followers
  }

  add(follower: Follower): void {
    follower.index = this.#followers.push(follower) - 1
  }

  remove(follower: Follower): void {
    if (follower.index < 0) return
    // The one that takes the free place may stand in a part that the pass has already been through.
    if (this.#isPassing) this.#hasNews = true
    const last = this.#followers.pop()!
    if (last !== follower) {
      this.#followers[follower.index] = last
      last.index = follower.index
    }
    follower.index = -1
  }

  /** What a follower at `cursor` gets next; undefined when it has everything. */
  next(view: View, cursor: number, rev: number): Piece | Promise<Piece> | undefined {
    const { stream } = this
    const border = (Math.floor(cursor / PIECE_BYTES) + 1) * PIECE_BYTES
    // Behind by a whole piece: borders are the same for all, so that readers who are behind fall in step.
    if (stream.head >= border) return this.#past(view, cursor, border, rev)
    const { head } = stream
    const newest = this.#lastAt(head)
    const last = newest?.rev === rev ? undefined : newest
    if (cursor >= head && !last) return undefined
    const key = `${view.key}${cursor}${last ? '+' : ''}`
    const known = this.#framed.get(key)
    if (known) return known
    const lines = cursor < head ? stream.recentLines(cursor, head) : NO_LINES
    if (!lines) return this.#past(view, cursor, head, rev)
    const parts = [frameLines(view, lines)]
    if (last && wants(view, last.type)) parts.push(frameUnlogged(view, last.type, last.data))
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    return this.#keep(key, { bytes, to: cursor + lines.length, rev: last?.rev ?? rev })
  }

  /** The greeting of a reader that goes on from `at`: framed once for the thousands that come back at once. */
  snapshot(view: View, at: number): Piece {
    const key = `${view.key}@${at}`
    const known = this.#framed.get(key)
    if (known) return known
    const bytes = frameUnlogged(view, 'snapshot', this.snapshotData(at))
    return this.#keep(key, { bytes, to: at, rev: this.#lastAt(at)?.rev ?? 0 })
  }

  snapshotData(at: number): unknown {
    const { stream } = this
    return stream.fold.snapshotAt(at, { offset: stream.offsetAt(at), last: this.#lastAt(at) })
  }

  /** The value beside the log, for who has come far enough to see it. */
  #lastAt(at: number): LastValue | undefined {
    const { last } = this.stream
    return last && at >= last.floor ? last : undefined
  }

  #keep(key: string, piece: Piece): Piece {
    if (this.#framed.size >= MOST_FRAMED) this.#framed.clear()
    this.#framed.set(key, piece)
    return piece
  }

  #past(view: View, cursor: number, border: number, rev: number): Piece | Promise<Piece> {
    const key = `${this.#id}|${view.key}${cursor}-${border}`
    const known = pastPieces.get(key)
    if (known) return { ...known, rev }
    let reading = this.#framedPast.get(key)
    if (!reading) {
      reading = this.stream.read(cursor, border - cursor).then(({ lines, to }) => {
        const piece = { bytes: ownBytes(frameLines(view, lines)), to, rev: 0 }
        pastPieces.set(key, piece)
        return piece
      })
      reading = reading.finally(() => this.#framedPast.delete(key))
      this.#framedPast.set(key, reading)
    }
    return reading.then((piece) => ({ ...piece, rev }))
  }

  #wake(): void {
    this.#framed.clear()
    this.#hasNews = true
    if (this.#isPassing) return
    if (this.#followers.length === 0) return void this.stream.takeNewsSince()
    this.#isPassing = true
    setImmediate(() => this.#pass(0))
  }

  /** Each pass another reader, and none where the one whose turn it is still has a write under way. */
  #timeOne(): void {
    const since = this.stream.takeNewsSince()
    const onDelivered = this.#onDelivered
    if (since === undefined || !onDelivered) return
    const follower = this.#followers[this.#passes++ % this.#followers.length]
    follower?.pumpTimed(() => onDelivered((performance.now() - since) / 1000))
  }

  #pass(from: number): void {
    if (from === 0) {
      this.#hasNews = false
      this.#timeOne()
    }
    const end = Math.min(from + FOLLOWERS_PER_TURN, this.#followers.length)
    for (let index = from; index < end; index++) this.#followers[index]?.pump()
    if (end < this.#followers.length) {
      setImmediate(() => this.#pass(end))
      return
    }
    this.#isPassing = false
    if (this.#hasNews) this.#wake()
  }
}

/** Told the seconds from an event to its bytes in the socket of one of the readers. */
export type OnDelivered = (seconds: number) => void

const NO_LINES = Buffer.alloc(0)

let nextId = 0
