import type { ProgressData } from '../jobs/job.ts'
import { askJson, type AskOptions, type Hub } from './hub.ts'
import { eventsPath, toEvent, type ChannelEvent, type Position, type Travelling } from './transport.ts'

/** One page of a channel. */
export interface EventPage {
  readonly events: readonly ChannelEvent[]
  /** Where the next page begins. */
  readonly offset: string
  /** There is more at once. */
  readonly more: boolean
  /** The job has ended and this page holds its end. */
  readonly closed: boolean
  /** What was asked for meant nothing; this page begins at the start. */
  readonly reset: boolean
  readonly progress: ProgressData | null
}

/** Reads one page; with `wait` in the query the answer waits for an event. */
export async function readPage(
  hub: Hub, from: Position, { query = {}, ...options }: AskOptions & { readonly query?: Readonly<Record<string, string>> },
): Promise<EventPage> {
  const page = await askJson<Omit<EventPage, 'events'> & { readonly events: readonly Travelling[] }>(
    hub, eventsPath(from, query), { ...options, cache: 'no-store' },
  )
  return { ...page, events: page.events.flatMap((event) => toEvent(event) ?? []) }
}
