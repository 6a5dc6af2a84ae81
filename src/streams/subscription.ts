import { HubError } from '../errors.ts'
import { parseOffset, type Offset } from './entry.ts'
import type { OpenStream } from './event-log.ts'

/** Where a reader wants to begin, and what of it it wants. */
export interface Subscription {
  readonly after: Offset | 'start' | 'now' | 'nowhere'
  /** Begin so that this many of the last log lines are seen. */
  readonly tail: number | undefined
  readonly types: ReadonlySet<string> | undefined
}

export interface StartingPlace {
  /** A byte where a line begins. */
  readonly at: number
  /** The offset asked for means nothing here: say so, and begin at the start. */
  readonly isReset: boolean
}

/** Throws HubError `invalid_offset` or `invalid_input`. */
export function parseSubscription(query: URLSearchParams, lastEventId?: string): Subscription {
  // A browser repeats the old query when it reconnects, so its header wins; and one that it cannot have from us is
  // answered with a reset, since an error would make it give up.
  const after = lastEventId ? (parseOffset(lastEventId) ?? 'nowhere') : parseAfter(query.get('after'))
  return { after, tail: parseTail(query.get('tail')), types: parseTypes(query.get('types')) }
}

export async function startingPlace({ stream }: OpenStream, { after, tail }: Subscription): Promise<StartingPlace> {
  if (after === 'now') return { at: stream.head, isReset: false }
  if (after === 'start') {
    const at = tail === undefined ? stream.start : tail === 0 ? stream.head : stream.fold.startOfLastLines(tail)
    return { at: Math.max(at, stream.start), isReset: false }
  }
  const at = after === 'nowhere' ? undefined : await stream.locate(after)
  return at === undefined ? { at: stream.start, isReset: true } : { at, isReset: false }
}

function parseAfter(text: string | null): Subscription['after'] {
  if (text === null || text === '' || text === 'start') return 'start'
  if (text === 'now') return 'now'
  const offset = parseOffset(text)
  if (!offset) {
    throw new HubError('invalid_offset', `"${text.slice(0, 40)}" is no offset`, {
      hint: 'Send back an offset exactly as it came, or start, or now',
      errors: [{ path: 'after', message: 'is neither an offset nor start nor now' }],
    })
  }
  return offset
}

function parseTail(text: string | null): number | undefined {
  if (text === null || text === '') return undefined
  if (!/^\d{1,6}$/.test(text)) {
    throw new HubError('invalid_input', 'tail takes a whole number from 0 to 999999', {
      errors: [{ path: 'tail', message: 'is no whole number from 0 to 999999' }],
    })
  }
  return Number(text)
}

function parseTypes(text: string | null): ReadonlySet<string> | undefined {
  const names = (text ?? '').split(',').map((name) => name.trim()).filter((name) => /^\w{1,32}$/.test(name))
  return names.length === 0 ? undefined : new Set(names)
}
