import { EMPTY_BATCH, type Batch } from '../batches/batch.ts'
import { EMPTY_JOB, type Job, type JobEvent, type JobSummary, type ProgressData, type StatusData } from '../jobs/job.ts'
import { readPage } from './event-page.ts'
import { askJson, type Hub } from './hub.ts'
import { channelPath, withoutOffset, type AtOffset, type Channel, type ChannelEvent, type Position, type ReceiveOptions } from './transport.ts'

/** Follows by long poll: question and answer, which pass wherever HTTP does. */
export async function* receiveByPoll(
  hub: Hub, from: Position, { signal }: ReceiveOptions,
): AsyncGenerator<ChannelEvent, void, undefined> {
  const wantsProgress = from.channel.type !== 'feed' && (from.types === undefined || from.types.includes('progress'))
  let position = yield* begin(hub, from, signal)
  let rev = 0
  for (;;) {
    const query = { wait: String(WAIT_SECONDS), ...(wantsProgress ? { rev: String(rev) } : {}) }
    const page = await readPage(hub, position, { query, signal, timeoutMs: (WAIT_SECONDS + 15) * 1000 })
    if (page.reset) {
      yield { type: 'reset', data: { earliest: 'start' } }
      if (from.channel.type === 'feed') {
        position = { ...position, after: yield* beginFeed(hub, signal) }
        continue
      }
      yield blank(from.channel)
    }
    yield* page.events
    if (page.closed) return
    // Behind by a page, the newest progress belongs to what is still to be told.
    if (wantsProgress && !page.more && page.progress && page.progress.rev !== rev) {
      rev = page.progress.rev
      yield readProgress(page.progress)
    }
    position = { ...position, after: page.offset, tail: undefined }
    yield { type: 'ping', data: {} }
  }
}

const WAIT_SECONDS = 20

/**
 * A page has no snapshot, so the first one is made here, where that can be done truthfully. Whoever comes back with
 * an offset holds what was told up to there already.
 */
async function* begin(hub: Hub, from: Position, signal: AbortSignal): AsyncGenerator<ChannelEvent, Position, undefined> {
  const { channel } = from
  if (channel.type === 'feed') return from.after === 'now' ? { ...from, after: yield* beginFeed(hub, signal) } : from
  if (from.tail === undefined && from.after === 'start') {
    yield blank(channel)
    return from
  }
  if (from.tail === undefined && from.after !== 'now') return from
  const state = await askJson<AtOffset<Job | Batch>>(hub, channelPath(channel), { signal, cache: 'no-store' })
  if (from.tail === undefined && state.offset !== undefined) {
    yield { type: 'snapshot', data: state } as ChannelEvent
    return { ...from, after: state.offset }
  }
  yield { type: 'snapshot', data: withoutOffset(state) } as ChannelEvent
  return from
}

/** The offset comes first, so that what happens before the list is made is told after it. */
async function* beginFeed(hub: Hub, signal: AbortSignal): AsyncGenerator<ChannelEvent, string, undefined> {
  const { offset } = await readPage(hub, { channel: { type: 'feed' }, after: 'now', tail: undefined, types: undefined }, { signal })
  const { jobs } = await askJson<{ readonly jobs: readonly JobSummary[] }>(hub, '/api/jobs?limit=100', { signal, cache: 'no-store' })
  yield { type: 'snapshot', data: { jobs } }
  return offset
}

/** While a job waits, the value beside its log is its place in the queue. */
function readProgress(data: ProgressData | StatusData): JobEvent {
  return 'status' in data ? { type: 'status', data } : { type: 'progress', data }
}

function blank({ type, id }: Exclude<Channel, { readonly type: 'feed' }>): ChannelEvent {
  return type === 'job' ? { type: 'snapshot', data: { ...EMPTY_JOB, id } } : { type: 'snapshot', data: { ...EMPTY_BATCH, id } }
}
