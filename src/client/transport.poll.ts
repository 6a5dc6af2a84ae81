import { EMPTY_JOB, type JobEvent, type ProgressData, type StatusData } from '../jobs/job.ts'
import { readPage } from './event-page.ts'
import { askJson, type Hub } from './hub.ts'
import { jobPath, type JobAtOffset, type Position, type ReceiveOptions } from './transport.ts'

/** Follows by long poll: question and answer, which pass wherever HTTP does. */
export async function* receiveByPoll(
  hub: Hub, from: Position, { signal }: ReceiveOptions,
): AsyncGenerator<JobEvent, void, undefined> {
  const wantsProgress = from.types === undefined || from.types.includes('progress')
  let position = yield* begin(hub, from, signal)
  let rev = 0
  for (;;) {
    const query = { wait: String(WAIT_SECONDS), ...(wantsProgress ? { rev: String(rev) } : {}) }
    const page = await readPage(hub, position, { query, signal, timeoutMs: (WAIT_SECONDS + 15) * 1000 })
    if (page.reset) {
      yield { type: 'reset', data: { earliest: 'start' } }
      yield blank(from.job)
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
 * an offset holds the job as of that offset already.
 */
async function* begin(hub: Hub, from: Position, signal: AbortSignal): AsyncGenerator<JobEvent, Position, undefined> {
  if (from.tail === undefined && from.after === 'start') {
    yield blank(from.job)
    return from
  }
  if (from.tail === undefined && from.after !== 'now') return from
  const job = await askJson<JobAtOffset>(hub, jobPath(from.job), { signal, cache: 'no-store' })
  if (from.tail === undefined && job.offset !== undefined) {
    yield { type: 'snapshot', data: job }
    return { ...from, after: job.offset }
  }
  const { offset: _, ...rest } = job
  yield { type: 'snapshot', data: rest }
  return from
}

/** While a job waits, the value beside its log is its place in the queue. */
function readProgress(data: ProgressData | StatusData): JobEvent {
  return 'status' in data ? { type: 'status', data } : { type: 'progress', data }
}

function blank(id: string): JobEvent {
  return { type: 'snapshot', data: { ...EMPTY_JOB, id } }
}
