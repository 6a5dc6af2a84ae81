import type { Batch, BatchEvent } from '../batches/batch.ts'
import type { EventType, FeedEvent, Job, JobEvent } from '../jobs/job.ts'
import type { Hub } from './hub.ts'
import type { Patience } from './watchdog.ts'

/** What is followed: one job, one batch of them, or all jobs. */
export type Channel = { readonly type: 'job' | 'batch'; readonly id: string } | { readonly type: 'feed' }

/** What is read of a job's log, of a batch's, or of the feed of all jobs. */
export type ChannelEvent = JobEvent | BatchEvent | FeedEvent

/**
 * One connection to a channel, by one way of reading it. Yields what comes, pings too. Returns when the hub
 * ended it in order; throws UnusableTransportError when this way does not work here, LostConnectionError when it did
 * and broke, HubProblem and HubUnreachableError as a request does, and the signal's reason when aborted.
 */
export type Transport = (hub: Hub, from: Position, options: ReceiveOptions) => AsyncGenerator<ChannelEvent, void, undefined>

/** Where on which log to begin. */
export interface Position {
  readonly channel: Channel
  /** An offset, `start` or `now`. */
  readonly after: string
  /** Begin so that the last N log lines are seen. */
  readonly tail: number | undefined
  readonly types: readonly EventType[] | undefined
}

export interface ReceiveOptions {
  readonly signal: AbortSignal
  readonly patience: Patience
  /** Hears how long the hub wants its readers to wait before they come back. */
  readonly onRetryHint: (milliseconds: number) => void
}

/** Something on the way does not let this transport through; another may do. */
export class UnusableTransportError extends Error {
  override name = 'UnusableTransportError'
}

/** The connection had worked and is gone; what is missing is had by coming back. */
export class LostConnectionError extends Error {
  override name = 'LostConnectionError'
}

export function jobPath(job: string): string {
  return `/api/jobs/${encodeURIComponent(job)}`
}

export function batchPath(batch: string): string {
  return `/api/batches/${encodeURIComponent(batch)}`
}

/** What the channel is of. */
export function channelPath(channel: Exclude<Channel, { readonly type: 'feed' }>): string {
  return channel.type === 'job' ? jobPath(channel.id) : batchPath(channel.id)
}

/** What to ask for plainly where a channel could not be opened. */
export function askablePath(channel: Channel): string {
  return channel.type === 'feed' ? `${FEED_PATH}?after=now` : channelPath(channel)
}

const FEED_PATH = '/api/jobs/events'

/** The channel's path and query for that position. */
export function eventsPath({ channel, after, tail, types }: Position, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({ after, ...(tail === undefined ? {} : { tail: String(tail) }), ...more })
  // A comma is allowed in a query, and URLSearchParams would make it unreadable.
  const filter = types ? `&types=${types.map(encodeURIComponent).join(',')}` : ''
  return `${channel.type === 'feed' ? FEED_PATH : `${channelPath(channel)}/events`}?${query}${filter}`
}

/** An event as it travels, or undefined for a type of a newer hub that this client does not know. */
export function toEvent({ type, offset, at, data }: Travelling): ChannelEvent | undefined {
  if (typeof type !== 'string' || !Object.hasOwn(IS_KNOWN, type)) return undefined
  return {
    type, data: data ?? {},
    ...(typeof offset === 'string' ? { offset } : {}), ...(typeof at === 'number' ? { at } : {}),
  } as ChannelEvent
}

export interface Travelling {
  readonly type?: unknown
  readonly offset?: unknown
  readonly at?: unknown
  readonly data?: unknown
}

/** A job or a batch as the hub tells it: with the offset from which to follow on. */
export type AtOffset<State extends Job | Batch> = State & { readonly offset?: string }

export function withoutOffset<State extends Job | Batch>({ offset: _, ...state }: AtOffset<State>): State {
  return state as unknown as State
}

const IS_KNOWN: Record<ChannelEvent['type'], true> = {
  snapshot: true, status: true, progress: true, new_logs: true, artifact: true, result: true, error: true, end: true,
  ping: true, reset: true, item: true, job: true, job_removed: true, queue: true,
}
