import { HubError } from '../errors.ts'
import type { OpenStream } from '../streams/event-log.ts'
import { type Watch, WakeUps } from '../streams/wake-up.ts'
import { complain, type Connection } from '../streams/websocket.ts'
import type { FrameStore, HeldFrames } from './frame-store.ts'
import type { JobFold } from './job-fold.ts'
import type { Job } from './job.ts'

const STALLED_AFTER_MS = 30_000
const COUNT_BYTES = 4
const MOST_CREDIT = 1_000_000

export interface FramePushContext {
  readonly jobs: { openStream(id: string): Promise<OpenStream<JobFold>> }
  readonly frames: FrameStore
}

/**
 * Pushes a job's frames as they are made: a text message for each batch, then its parts, which joined are one pack.
 * What is there is sent whether the job then ends well or not; the last message says which, and 1000 closes. Rejects
 * with a HubError for a query that cannot be, a job that is not there and one that has ended well without frames.
 */
export async function pushFrames(connection: Connection, { jobs, frames }: FramePushContext): Promise<void> {
  const { webSocket, url, parameters: [jobId = ''] } = connection
  const gone = new AbortController()
  webSocket.on('close', () => gone.abort())
  const reader = parseReader(url.searchParams)
  const news = new WakeUps()
  connection.onMessage((message) => {
    if (obey(reader, message)) news.wake()
    else complain(webSocket, 'takes {"op":"credit","frames":20} and {"op":"seek","frame":900}')
  })
  const { stream } = await jobs.openStream(jobId)
  const watches = [news.watch(), stream.watch()] as const
  try {
    await frames.use(jobId, async (held) => {
      const forwarding = [watches[1], held.watch()].map((watch) => forward(watch, news, gone.signal))
      try {
        await push(connection, { reader, held, stream, news: watches[0], signal: gone.signal })
      } finally {
        gone.abort()
        await Promise.all(forwarding)
      }
    })
  } finally {
    for (const watch of watches) watch.stop()
  }
}

interface Reader {
  /** The frame that is sent next. */
  next: number
  /** Frames that may be sent before more is granted. */
  credit: number
  readonly batch: number
  readonly maxMessage: number
}

function parseReader(query: URLSearchParams): Reader {
  return {
    next: readNumber(query, 'from', { missing: 1, least: 1, most: 999_999_999 }),
    batch: readNumber(query, 'batch', { missing: 20, least: 1, most: 100 }),
    maxMessage: readNumber(query, 'max_message', { missing: 120 * 1024, least: 1024, most: 1024 ** 2 }),
    credit: readNumber(query, 'credit', { missing: Number.POSITIVE_INFINITY, least: 1, most: MOST_CREDIT }),
  }
}

function readNumber(query: URLSearchParams, name: string, { missing, least, most }: { missing: number; least: number; most: number }): number {
  const text = query.get(name)
  if (text === null) return missing
  if (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text)
  const range = `a whole number from ${least} to ${most}`
  throw new HubError('invalid_input', `${name} takes ${range}`, { errors: [{ path: name, message: `is not ${range}` }] })
}

function obey(reader: Reader, { op, frames, frame }: Record<string, unknown>): boolean {
  if (op === 'credit' && isCount(frames, MOST_CREDIT)) reader.credit += frames
  else if (op === 'seek' && isCount(frame, 999_999_999)) reader.next = frame
  else return false
  return true
}

function isCount(value: unknown, most: number): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most
}

async function forward(watch: Watch, news: WakeUps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await watch.changed(signal)
    news.wake()
  }
  watch.stop()
}

interface Push {
  readonly reader: Reader
  readonly held: HeldFrames
  readonly stream: OpenStream<JobFold>['stream']
  readonly news: Watch
  readonly signal: AbortSignal
}

async function push(connection: Connection, { reader, held, stream, news, signal }: Push): Promise<void> {
  const { webSocket } = connection
  while (webSocket.readyState === webSocket.OPEN) {
    if (stream.isGone) throw new HubError('job_expired', 'The job has been removed')
    // The job first: what its end says of the frames is then true of the look behind it.
    const isOver = stream.isClosed
    const count = held.pack?.count ?? 0
    if (reader.next <= count && reader.credit > 0) await sendBatch(connection, { reader, held, signal })
    else if (reader.next > count && isOver) {
      await send(connection, JSON.stringify(lastMessage(stream.fold.job, count)), signal)
      return webSocket.close(1000, 'end')
    } else await news.changed(signal)
  }
}

function lastMessage({ status, error }: Job, frames: number): object {
  if (status === 'completed') {
    if (frames === 0) throw new HubError('frame_not_found', 'The job has made no frames')
    return { type: 'end', frames }
  }
  const { code, message, hint } = error ?? { code: status, message: `The job was ${status}`, hint: undefined }
  return { type: 'error', status, frames, data: { code, message, ...(hint !== undefined && { hint }) } }
}

async function sendBatch(connection: Connection, { reader, held, signal }: Pick<Push, 'reader' | 'held' | 'signal'>): Promise<void> {
  const { webSocket } = connection
  const { next: first, maxMessage } = reader
  const count = Math.min(reader.batch, reader.credit, held.pack!.count - first + 1)
  const { from, to } = held.pack!.range(first, count)
  const bytes = COUNT_BYTES + to - from
  // Before the first wait: a seek that comes meanwhile goes on from there.
  reader.next += count
  reader.credit -= count
  await send(connection, JSON.stringify({ type: 'frames', first, count, bytes, parts: Math.ceil(bytes / maxMessage) }), signal)
  const buffer = Buffer.allocUnsafe(Math.min(maxMessage, bytes))
  for (let sent = 0; sent < bytes && webSocket.readyState === webSocket.OPEN; sent += buffer.length) {
    const part = buffer.subarray(0, Math.min(buffer.length, bytes - sent))
    const head = sent === 0 ? part.writeUInt32BE(count) : 0
    const isWhole = (await held.pack!.read(part.subarray(head), from + sent + head - COUNT_BYTES)) === part.length - head
    const asOfNow = held.pack!.range(first, count)
    // An attempt that makes them differently has cut them off: half a pack of each would be none.
    if (!isWhole || asOfNow.from !== from || asOfNow.to !== to) throw new HubError('frames_not_ready', 'These frames are being made anew; come back')
    await send(connection, part, signal)
  }
}

/** Resolves when the message has left the process, or the reader has gone. */
function send({ webSocket }: Connection, data: string | Buffer, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      webSocket.close(4408, 'took nothing for 30 s; come back with from=')
      setTimeout(() => webSocket.terminate(), 1000).unref()
    }, STALLED_AFTER_MS).unref()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
    webSocket.send(data, done)
  })
}
