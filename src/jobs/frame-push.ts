import { crc32 } from 'node:zlib'
import { HubError } from '../errors.ts'
import { Delivery } from '../streams/delivery.ts'
import type { OpenStream } from '../streams/event-log.ts'
import type { FramePack } from '../streams/frame-pack.ts'
import { type Watch, WakeUps } from '../streams/wake-up.ts'
import { complain, type Connection } from '../streams/websocket.ts'
import type { FrameStore, HeldFrames } from './frame-store.ts'
import type { JobFold } from './job-fold.ts'
import type { Job } from './job.ts'

const STALLED_AFTER_MS = 30_000
/** Below what a socket may hold when it is told of a mistake, and little enough for a slow reader to take in time. */
const MOST_PART_BYTES = 192 * 1024
const COUNT_BYTES = 4
const MOST_CREDIT = 1_000_000
const MOST_FRAMES = 999_999_999
const CHANGED = 'The frames are being made anew and come out differently; come back'

export interface FramePushContext {
  readonly jobs: { openStream(id: string): Promise<OpenStream<JobFold>> }
  readonly frames: FrameStore
  /** How long a reader may take nothing of what it is sent; 30 s. */
  readonly stalledAfterMs?: number
}

/**
 * Pushes a job's frames as they are made: a text message for each batch, then its parts, which joined are one pack.
 * What is there is sent whether the job then ends well or not; the last message says which, and 1000 closes. Rejects
 * with a HubError for a query that cannot be, a job that is not there, one that has ended well without frames, and
 * when another attempt makes other frames than have been sent.
 */
export async function pushFrames(connection: Connection, context: FramePushContext): Promise<void> {
  const { jobs, frames, stalledAfterMs = STALLED_AFTER_MS } = context
  const { webSocket, url, parameters: [jobId = ''] } = connection
  const gone = new AbortController()
  webSocket.on('close', () => gone.abort())
  const reader = parseReader(url.searchParams)
  const news = new WakeUps()
  connection.onMessage((message) => {
    if (obey(reader, message)) news.wake()
    else complain(webSocket, `takes {"op":"credit","frames":1 to ${MOST_CREDIT}} and {"op":"seek","frame":1 to ${MOST_FRAMES}}`)
  })
  const { stream } = await jobs.openStream(jobId)
  const watches = [news.watch(), stream.watch()] as const
  try {
    await frames.use(jobId, async (held) => {
      const forwarding = [watches[1], held.watch()].map((watch) => forward(watch, news, gone.signal))
      const delivery = new Delivery(webSocket, { stalledAfterMs, signal: gone.signal })
      try {
        await push(delivery, { reader, held, stream, news: watches[0], signal: gone.signal })
      } finally {
        delivery.end()
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
  /** The last frame that was sent, and where it ends: by it is seen whether the frames are still those. */
  sent?: { readonly number: number; readonly to: number; readonly checksum: number }
}

function parseReader(query: URLSearchParams): Reader {
  return {
    next: readNumber(query, 'from', { missing: 1, least: 1, most: MOST_FRAMES }),
    batch: readNumber(query, 'batch', { missing: 20, least: 1, most: 100 }),
    maxMessage: readNumber(query, 'max_message', { missing: 120 * 1024, least: 1024, most: 1024 ** 2 }),
    credit: readNumber(query, 'credit', { missing: Number.POSITIVE_INFINITY, least: 1, most: MOST_CREDIT }),
  }
}

type Limits = Readonly<Record<'missing' | 'least' | 'most', number>>

function readNumber(query: URLSearchParams, name: string, { missing, least, most }: Limits): number {
  const text = query.get(name)
  if (text === null) return missing
  if (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text)
  const range = `a whole number from ${least} to ${most}`
  throw new HubError('invalid_input', `${name} takes ${range}`, { errors: [{ path: name, message: `is not ${range}` }] })
}

function obey(reader: Reader, { op, frames, frame }: Record<string, unknown>): boolean {
  if (op === 'credit' && isCount(frames, MOST_CREDIT)) reader.credit += frames
  else if (op === 'seek' && isCount(frame, MOST_FRAMES)) reader.next = frame
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

async function push(delivery: Delivery, { reader, held, stream, news, signal }: Push): Promise<void> {
  while (delivery.isOpen) {
    if (stream.isGone) throw new HubError('job_expired', 'The job has been removed')
    // The job first: what its end says of the frames is then true of the look behind it.
    const isOver = stream.isClosed
    if (stream.fold.job.attempt > 1) await assertUnchanged(reader, held.pack)
    const count = held.pack?.count ?? 0
    if (reader.next <= count && reader.credit > 0) await sendBatch(delivery, { reader, held, compress: stream.fold.job.result['format'] === 'cells' })
    else if (reader.next > count && isOver) {
      await delivery.send(JSON.stringify(lastMessage(stream.fold.job, count)))
      return delivery.close()
    } else await news.changed(signal)
  }
}

/** An attempt keeps the frames that come out as before and cuts off the others, of which this reader may have some. */
async function assertUnchanged({ sent }: Reader, pack: FramePack | undefined): Promise<void> {
  if (!sent) return
  const { from, to } = pack && pack.count >= sent.number ? pack.range(sent.number, 1) : { from: 0, to: 0 }
  const frame = Buffer.allocUnsafe(to - from)
  const isThere = to === sent.to && (await pack!.read(frame, from)) === frame.length
  if (!isThere || crc32(frame) !== sent.checksum) throw new HubError('frames_not_ready', CHANGED)
}

function lastMessage({ status, error }: Job, frames: number): object {
  if (status === 'completed') {
    if (frames === 0) throw new HubError('frame_not_found', 'The job has made no frames')
    return { type: 'end', frames }
  }
  const { code, message, hint } = error ?? { code: status, message: `The job was ${status}`, hint: undefined }
  return { type: 'error', status, frames, data: { code, message, ...(hint !== undefined && { hint }) } }
}

/** Pictures in a format of their own are compressed already. */
type Batch = Pick<Push, 'reader' | 'held'> & { readonly compress: boolean }

async function sendBatch(delivery: Delivery, { reader, held, compress }: Batch): Promise<void> {
  const { next: first } = reader
  const count = Math.min(reader.batch, reader.credit, held.pack!.count - first + 1)
  const { from, to } = held.pack!.range(first, count)
  const lastFrom = held.pack!.range(first + count - 1, 1).from
  let checksum = 0
  const bytes = COUNT_BYTES + to - from
  const partBytes = Math.min(reader.maxMessage, MOST_PART_BYTES, bytes)
  // Before the first wait: a seek that comes meanwhile goes on from there.
  reader.next += count
  reader.credit -= count
  await delivery.send(JSON.stringify({ type: 'frames', first, count, bytes, parts: Math.ceil(bytes / partBytes) }))
  const buffer = Buffer.allocUnsafe(partBytes)
  for (let sent = 0; sent < bytes && delivery.isOpen; sent += buffer.length) {
    const part = buffer.subarray(0, Math.min(buffer.length, bytes - sent))
    const head = sent === 0 ? part.writeUInt32BE(count) : 0
    const isWhole = (await held.pack!.read(part.subarray(head), from + sent + head - COUNT_BYTES)) === part.length - head
    const asOfNow = held.pack!.range(first, count)
    // Half a pack of each attempt would be none.
    if (!isWhole || asOfNow.from !== from || asOfNow.to !== to) throw new HubError('frames_not_ready', CHANGED)
    checksum = crc32(part.subarray(Math.max(0, lastFrom - from + COUNT_BYTES - sent)), checksum)
    await delivery.send(part, { compress })
  }
  delivery.ping()
  reader.sent = { number: first + count - 1, to, checksum }
}
