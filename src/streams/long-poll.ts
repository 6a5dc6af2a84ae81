import { HubError } from '../errors.ts'
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
  /** The newest value beside the log, where there is one and the reader has come far enough to see it. */
  readonly progress: object | null
}

const UNFILTERED: ReadonlySet<string> = new Set(['end'])

/**
 * Waits up to `waitSeconds` for an event of the types asked for, or for a value newer than revision `rev`. Throws
 * HubError `job_expired` where the stream is removed meanwhile.
 */
export async function readEventPage(
  { stream }: OpenStream,
  { place, types, waitSeconds, rev, signal, goingDown }: PageRequest,
): Promise<EventPage> {
  // Not AbortSignal.any over AbortSignal.timeout: what nobody listens to at the moment may be collected, and never fires.
  const deadline = new AbortController()
  const giveUp = () => deadline.abort()
  const timer = setTimeout(giveUp, waitSeconds * 1000)
  const reasons = goingDown ? [signal, goingDown] : [signal]
  for (const reason of reasons) reason.addEventListener('abort', giveUp)
  if (reasons.some(({ aborted }) => aborted)) giveUp()
  const watch = stream.watch()
  let { at: cursor, isReset } = place
  try {
    for (;;) {
      if (stream.isGone) throw new HubError('job_expired', 'It has been removed meanwhile')
      if (cursor < stream.start) [cursor, isReset] = [stream.start, true]
      const { lines, to } = await stream.read(cursor)
      const events = parseEntries(lines).filter(({ type }) => !types || types.has(type) || UNFILTERED.has(type))
      cursor = to
      const isBehind = cursor < stream.head
      const closed = stream.isClosed && !isBehind
      const last = stream.last && cursor >= stream.last.floor ? stream.last : undefined
      // Not "greater": revisions begin anew when the hub does.
      const hasNewer = rev !== undefined && last !== undefined && last.rev !== rev
      const isDone = events.length > 0 || closed || hasNewer || isReset || deadline.signal.aborted
      if (isDone && (events.length > 0 || !isBehind || deadline.signal.aborted)) {
        return { events, offset: stream.offsetAt(cursor), more: isBehind, closed, reset: isReset, progress: last?.data ?? null }
      }
      if (!isBehind) await watch.changed(deadline.signal)
    }
  } finally {
    watch.stop()
    clearTimeout(timer)
    for (const reason of reasons) reason.removeEventListener('abort', giveUp)
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
  /** The hub is: who waits is answered at once, and comes back. */
  readonly goingDown?: AbortSignal | undefined
}
