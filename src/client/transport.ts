import type { EventType, FeedEvent, Job, JobEvent } from '../jobs/job.ts'
import type { Hub } from './hub.ts'
import type { Patience } from './watchdog.ts'

/** What is read of a job's log, or of the feed of all jobs. */
export type ChannelEvent = JobEvent | FeedEvent

/**
 * One connection to the channel of a job, or to the feed of all, by one way of reading it. Yields what comes, pings too. Returns when the hub
 * ended it in order; throws UnusableTransportError when this way does not work here, LostConnectionError when it did
 * and broke, HubProblem and HubUnreachableError as a request does, and the signal's reason when aborted.
 */
export type Transport = (hub: Hub, from: Position, options: ReceiveOptions) => AsyncGenerator<ChannelEvent, void, undefined>

/** Where on which job's log to begin. */
export interface Position {
  /** undefined for the feed of all. */
  readonly job: string | undefined
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

/** What to ask for plainly where a channel could not be opened. */
export function askablePath(job: string | undefined): string {
  return job === undefined ? `${FEED_PATH}?after=now` : jobPath(job)
}

const FEED_PATH = '/api/jobs/events'

/** The channel's path and query for that position. */
export function eventsPath({ job, after, tail, types }: Position, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({ after, ...(tail === undefined ? {} : { tail: String(tail) }), ...more })
  // A comma is allowed in a query, and URLSearchParams would make it unreadable.
  const filter = types ? `&types=${types.map(encodeURIComponent).join(',')}` : ''
  return `${job === undefined ? FEED_PATH : `${jobPath(job)}/events`}?${query}${filter}`
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

/** A job as the hub tells it: with the offset from which to follow on. */
export type JobAtOffset = Job & { readonly offset?: string }

const IS_KNOWN: Record<ChannelEvent['type'], true> = {
  snapshot: true, status: true, progress: true, new_logs: true, artifact: true, result: true, error: true, end: true,
  ping: true, reset: true, job: true, job_removed: true, queue: true,
}
