import type { Batch, BatchEvent } from '../batches/batch.ts'
import { hasEnded, type EventType, type FeedEvent, type Job, type JobEvent } from '../jobs/job.ts'
import { HubProblem, HubUnreachableError } from './hub-problem.ts'
import { askJson, isPassing, type Hub, type TransportName } from './hub.ts'
import { Pauses, pause } from './pauses.ts'
import { TransportOrder } from './transport-order.ts'
import {
  channelPath, LostConnectionError, UnusableTransportError, withoutOffset, type AtOffset, type Channel, type ChannelEvent, type Position,
} from './transport.ts'
import type { Patience } from './watchdog.ts'

export interface FollowOptions {
  /** An offset, `start` (the default) or `now`. */
  readonly after?: string
  /** Begin so that the last N log lines are seen. */
  readonly tail?: number
  /** Only these; `snapshot`, `reset` and `end` always come. */
  readonly types?: readonly EventType[]
  readonly signal?: AbortSignal
  /** `auto`, the default, finds one that works. */
  readonly transport?: TransportName | 'auto'
  readonly onConnection?: (state: ConnectionState, detail: ConnectionDetail) => void
  /** How long a hub that does not answer is tried again, in milliseconds. For ever by default. */
  readonly patienceMs?: number
  /** The first pause before coming back, until the hub tells its own; 1000 ms. */
  readonly retryMs?: number
  /** When a silent connection is given up; 10 s for its first byte, then 45 s. */
  readonly silence?: Partial<Patience>
}

export type FeedOptions = Omit<FollowOptions, 'after' | 'tail' | 'types'>

export type BatchFollowOptions = Omit<FollowOptions, 'tail' | 'types'>

export type ConnectionState = 'connecting' | 'live' | 'lost'

export interface ConnectionDetail {
  readonly transport: TransportName
  /** Of `lost`: why, and how long until the next attempt. */
  readonly cause?: Error
  readonly pauseMs?: number
}

/**
 * The events of a job, each that is in its log exactly once and in order, over however many connections it takes.
 * A `snapshot` begins each connection, as of the offset that it names where that is known. Ends after `end`; throws
 * HubProblem for what will not go away (no such job), HubUnreachableError when the patience has ended, and the signal's
 * reason when aborted.
 */
export function follow(hub: Hub, job: string, options: FollowOptions = {}): AsyncGenerator<JobEvent, void, undefined> {
  return followChannel(hub, { type: 'job', id: job }, options) as AsyncGenerator<JobEvent, void, undefined>
}

/** The events of a batch, with the promises of `follow`. */
export function followBatch(hub: Hub, batch: string, options: BatchFollowOptions = {}): AsyncGenerator<BatchEvent, void, undefined> {
  return plain(followChannel(hub, { type: 'batch', id: batch }, options)) as AsyncGenerator<BatchEvent, void, undefined>
}

/** What happens to all jobs, from now on and for ever, beginning with the newest as they are; throws as `follow` does. */
export function followFeed(hub: Hub, options: FeedOptions = {}): AsyncGenerator<FeedEvent, void, undefined> {
  return plain(followChannel(hub, { type: 'feed' }, options)) as AsyncGenerator<FeedEvent, void, undefined>
}

async function* plain(events: AsyncGenerator<ChannelEvent, void, undefined>): AsyncGenerator<ChannelEvent, void, undefined> {
  for await (const event of events) yield event.type === 'snapshot' ? { ...event, data: withoutOffset(event.data as AtOffset<Job | Batch>) } as ChannelEvent : event
}

async function* followChannel(
  hub: Hub, channel: Channel, options: FollowOptions,
): AsyncGenerator<ChannelEvent, void, undefined> {
  const { onConnection, patienceMs = Infinity, signal = new AbortController().signal } = options
  const order = new TransportOrder(hub, options.transport ?? 'auto')
  const pauses = new Pauses({ firstMs: options.retryMs ?? 1000 })
  let position: Position = { channel, after: options.after ?? firstPlace(channel), tail: options.tail, types: options.types }
  let awaySince: number | undefined

  for (;;) {
    signal.throwIfAborted()
    onConnection?.('connecting', { transport: order.current })
    const ending = new Ending(signal)
    let isLive = false
    let failure: Error
    try {
      const connection = order.receive(hub, position, {
        signal: ending.signal, patience: { firstByteMs: 10_000, silenceMs: 45_000, ...options.silence },
        onRetryHint: (milliseconds) => pauses.suggest(milliseconds),
      })
      for await (const event of connection) {
        if (!isLive) onConnection?.('live', { transport: order.current })
        isLive = true
        awaySince = undefined
        order.worked()
        pauses.reset()
        if (event.type === 'ping') continue
        const moved = moveTo(position, event)
        if (moved === 'seen') continue
        position = moved
        ending.watch(event)
        yield event
      }
      if (ending.isSeen) return
      const status = await statusAtEnd(hub, position, signal)
      if (status) return yield { type: 'end', data: { status } }
      failure = new LostConnectionError('the hub ended the connection before the end was told')
    } catch (error) {
      signal.throwIfAborted()
      if (ending.isSeen) return
      failure = worthAnotherTry(error)
    } finally {
      ending.stop()
    }

    if (failure instanceof UnusableTransportError) {
      if (order.next() === 'untried') continue
    } else if (failure instanceof LostConnectionError && !isLive) order.brokeBeforeAnyEvent()
    const pauseMs = pauses.next(failure instanceof HubProblem ? failure.retryAfterMs : 0)
    awaySince ??= performance.now()
    if (performance.now() - awaySince + pauseMs > patienceMs) {
      throw isPassing(failure) ? failure : new HubUnreachableError(hub.url, failure)
    }
    onConnection?.('lost', { transport: order.current, cause: failure, pauseMs })
    await pause(pauseMs, signal)
  }
}

/**
 * Tells the last `end` from an earlier one. The log of a job that was run again holds the `end` of each run, so a
 * connection is read on after an `end` until the hub closes it, though not for long: a proxy may keep it open.
 */
class Ending {
  readonly signal: AbortSignal
  readonly #connection = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The last event was an `end`. */
  isSeen = false

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#connection.signal])
  }

  watch(event: ChannelEvent): void {
    clearTimeout(this.#timer)
    this.isSeen = event.type === 'end'
    if (this.isSeen) this.#timer = setTimeout(() => this.#connection.abort(), 1000)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}

function worthAnotherTry(error: unknown): Error {
  if (error instanceof LostConnectionError || error instanceof UnusableTransportError || isPassing(error)) return error
  throw error
}

/** Where to go on after that event, or that it is the one already held. */
function moveTo(position: Position, event: ChannelEvent): Position | 'seen' {
  if (event.type === 'reset') return { ...position, after: firstPlace(position.channel), tail: undefined }
  const offset = event.type === 'snapshot' ? (event.data as AtOffset<Job | Batch>).offset : event.offset
  if (offset === undefined) return position
  if (offset === position.after && event.type !== 'snapshot') return 'seen'
  return { ...position, after: offset, tail: undefined }
}

/** A job or a batch is followed from its beginning; what all jobs did before is in the snapshot. */
function firstPlace({ type }: Channel): string {
  return type === 'feed' ? 'now' : 'start'
}

/** A reader that began at the very end gets no `end` any more: the hub is asked whether that is the reason. */
async function statusAtEnd(hub: Hub, { channel, after }: Position, signal: AbortSignal): Promise<Job['status'] | undefined> {
  if (channel.type === 'feed') return undefined
  const { status, offset } = await askJson<AtOffset<Job | Batch>>(hub, channelPath(channel), { signal, cache: 'no-store' })
  return hasEnded(status) && offset === after ? status : undefined
}
