import { parseEntries, type Entry } from './entry.ts'
import type { OpenStream } from './event-log.ts'
import type { StartingPlace, Subscription } from './subscription.ts'

export interface EventPage {
  readonly events: readonly Entry[]
  /** Ask again with `after=` this. */
  readonly offset: string
  /** There is more at once. */
  readonly more: boolean
  /** The stream has ended, and this page holds its end or lies behind it. */
  readonly closed: boolean
  readonly reset: boolean
  /** The newest value beside the log, where there is one. */
  readonly progress: object | null
}

const UNFILTERED: ReadonlySet<string> = new Set(['end'])

/** Waits up to `waitSeconds` for an event of the types asked for, or for a value newer than revision `rev`. */
export async function readEventPage(
  { stream }: OpenStream,
  { place, types, waitSeconds, rev, signal }: PageRequest,
): Promise<EventPage> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(waitSeconds * 1000)])
  const watch = stream.watch()
  let cursor = place.at
  try {
    for (;;) {
      const { lines, to } = await stream.read(cursor)
      const events = parseEntries(lines).filter(({ type }) => !types || types.has(type) || UNFILTERED.has(type))
      cursor = to
      const isBehind = cursor < stream.head
      const closed = stream.isClosed && !isBehind
      const hasNewer = rev !== undefined && (stream.last?.rev ?? 0) > rev
      const isDone = events.length > 0 || closed || hasNewer || place.isReset || deadline.aborted
      if (isDone && (events.length > 0 || !isBehind || deadline.aborted)) {
        return {
          events, offset: stream.offsetAt(cursor), more: isBehind, closed, reset: place.isReset, progress: stream.last?.data ?? null,
        }
      }
      if (!isBehind) await watch.changed(deadline)
    }
  } finally {
    watch.stop()
  }
}

export interface PageRequest {
  readonly place: StartingPlace
  readonly types: Subscription['types']
  /** 0: what is there now. */
  readonly waitSeconds: number
  /** The revision that the reader has seen, if it wants to be woken by progress too. */
  readonly rev: number | undefined
  readonly signal: AbortSignal
}
