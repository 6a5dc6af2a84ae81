import { finished } from 'node:stream/promises'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import { HubError } from '../errors.ts'
import { FRAME_HEAD_BYTES } from '../streams/frame-index.ts'
import { countWord } from '../streams/frame-pack.ts'
import { sendPieces } from '../streams/frame-sender.ts'
import { followFrames } from './frame-follow.ts'
import { type FramePieces, withFrames, type WantedFrame } from './frame-requests.ts'
import type { FrameStore, HeldFrames } from './frame-store.ts'
import type { HandOver } from './hand-over.ts'
import { hasEnded, type Job } from './job.ts'
import { watchForStalledReader } from './stalled-reader.ts'

/** In place of a count that is not known yet: the pack goes on until the response ends. */
const UNKNOWN_COUNT = 0xff_ff_ff_ff
const DEFAULT_STALL_MS = 60_000

export interface FrameRoutesContext {
  readonly jobs: { get(id: string): Job }
  readonly frames: FrameStore
  readonly handOver?: HandOver | undefined
  /** How long a reader may take no byte before it is cut; default 60 s. */
  readonly stallMs?: number | undefined
}

/** Frames one by one and as packs. */
export function frameRoutes(context: FrameRoutesContext): Hono {
  const { jobs, frames, handOver, stallMs } = context
  const app = new Hono()

  // The dialect's own names, and the shorter ones of its documentation.
  app.get('/frames/:id/:name{(?:frame_)?\\d{1,6}\\.(?:png|jpg|jpeg|webp|raw)}', async (c) => {
    const number = Number(/\d+/.exec(c.req.param('name'))![0])
    return sendFrame(c, context, { jobId: c.req.param('id'), number })
  })

  app.get('/api/jobs/:id/framepack', async (c) => {
    const jobId = c.req.param('id')
    const range = { from: readNumber(c, 'from') ?? 1, count: readNumber(c, 'count') ?? UNKNOWN_COUNT }
    const follow = readFollow(c)
    jobs.get(jobId)
    return frames.use(jobId, (held) => {
      if (!held.pack && hasEnded(jobs.get(jobId).status)) throw new HubError('frame_not_found', 'The job has no frames')
      return follow ? sendFollowing(c, { jobs, held, stallMs }, { jobId, ...range }) : sendRange(c, held, { ...range, handOver, stallMs })
    })
  })

  return app
}

/** `u32be count`, then for each frame `u32be size` and its bytes, straight from the file. */
export async function sendFramePack(
  c: Context,
  context: FrameRoutesContext,
  { wanted, waitMs, maxBytes }: { wanted: readonly WantedFrame[]; waitMs: number; maxBytes: number },
): Promise<Response> {
  const options = { ...context, waitMs, maxBytes, signal: c.req.raw.signal }
  return withFrames(wanted, options, (pieces) => send(c, pieces, { ...PACK, head: countWord(pieces.count), stallMs: context.stallMs }))
}

const CONTENT_TYPE: Readonly<Record<string, string>> = { png: 'image/png', jpeg: 'image/jpeg', webp: 'image/webp' }

async function sendFrame(c: Context, context: FrameRoutesContext, wanted: WantedFrame): Promise<Response> {
  const options = { ...context, waitMs: 0, maxBytes: Number.POSITIVE_INFINITY, signal: c.req.raw.signal }
  return withFrames([wanted], options, async ({ pieces: [piece] }) => {
    if (!piece) throw new HubError('frame_not_found', `The job has no frame ${wanted.number}`)
    const range = { from: piece.range.from + FRAME_HEAD_BYTES, to: piece.range.to }
    const contentType = CONTENT_TYPE[String(context.jobs.get(wanted.jobId).result['format'])] ?? 'application/octet-stream'
    return send(c, { count: 1, bytes: range.to - range.from, pieces: [{ ...piece, range }] }, { head: Buffer.alloc(0), contentType, stallMs: context.stallMs })
  })
}

interface Range {
  readonly from: number
  readonly count: number
}

/** Frames of a running job that are not there yet are not waited for: the pack ends with the newest. */
async function sendRange(c: Context, { pack }: HeldFrames, { from, count, handOver, stallMs }: Range & Pick<FrameRoutesContext, 'handOver' | 'stallMs'>): Promise<Response> {
  const location = pack?.isWhole && from === 1 && count >= pack.count && c.req.method === 'GET' ? handOver?.(c.env?.incoming, pack.path) : undefined
  if (location !== undefined) return c.body(null, 200, { ...HEADERS, 'Content-Type': 'application/octet-stream', 'X-Accel-Redirect': location })
  const some = Math.max(0, Math.min(count, (pack?.count ?? 0) - from + 1))
  const range = pack && some > 0 ? pack.range(from, some) : { from: 0, to: 0 }
  const pieces = pack ? [{ pack, range }] : []
  return send(c, { count: some, bytes: range.to - range.from, pieces }, { ...PACK, head: countWord(some), stallMs })
}

async function sendFollowing(
  c: Context, { jobs, held, stallMs }: Pick<FrameRoutesContext, 'jobs' | 'stallMs'> & { held: HeldFrames }, range: Range & { readonly jobId: string },
): Promise<Response> {
  const headers = { ...HEADERS, 'Content-Type': PACK.contentType, 'X-Accel-Buffering': 'no' }
  return respond(c, { headers, stallMs }, async (outgoing, signal) => {
    outgoing.write(countWord(UNKNOWN_COUNT))
    await followFrames(outgoing, { ...range, jobs, frames: held, signal })
  })
}

const PACK = { contentType: 'application/octet-stream' }

interface Sending extends Pick<FrameRoutesContext, 'stallMs'> {
  readonly head: Buffer
  readonly contentType: string
}

function send(c: Context, { pieces, bytes }: FramePieces, { head, contentType, stallMs }: Sending): Promise<Response> {
  const headers = { ...HEADERS, 'Content-Type': contentType, 'Content-Length': String(head.length + bytes) }
  return respond(c, { headers, stallMs }, (outgoing, signal) => sendPieces(outgoing, { head, pieces, signal }))
}

const HEADERS = {
  'Cache-Control': 'private, no-cache, no-transform', 'X-Content-Type-Options': 'nosniff', 'Content-Security-Policy': "default-src 'none'; sandbox",
  'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin',
}

/** Past the framework's own streams, which hold more than two buffers of each reader. Resolves when all is written, or the reader has gone. */
async function respond(
  c: Context,
  { headers, stallMs = DEFAULT_STALL_MS }: Pick<FrameRoutesContext, 'stallMs'> & { headers: Record<string, string> },
  writeBody: (outgoing: HttpBindings['outgoing'], signal: AbortSignal) => Promise<void>,
): Promise<Response> {
  const { incoming, outgoing } = (c.env ?? {}) as Partial<HttpBindings>
  if (!incoming || !outgoing) throw new HubError('internal', 'Frames are sent over a real connection only')
  // The framework makes a response of its own of the answer to a HEAD.
  if (c.req.method === 'HEAD') return c.body(null, 200, headers)
  const gone = new AbortController()
  const leave = () => gone.abort()
  const { socket } = incoming
  // Of a connection that ends while an earlier request on it is still being answered, `outgoing` is never told.
  socket.once('close', leave)
  if (socket.destroyed) leave()
  const stopWatching = watchForStalledReader(outgoing, { stallMs, onStall: () => outgoing.destroy() })
  try {
    outgoing.writeHead(200, headers)
    await writeBody(outgoing, gone.signal)
    outgoing.end()
    await finished(outgoing, { signal: gone.signal })
  } catch {
    // The head is out: all that can still be said is that the response is not whole.
    outgoing.destroy()
  } finally {
    socket.off('close', leave)
    stopWatching()
  }
  return RESPONSE_ALREADY_SENT
}

function readNumber(c: Context, name: string): number | undefined {
  const text = c.req.query(name)
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new HubError('invalid_input', `${name} takes a whole number from 1 on`, { errors: [{ path: name, message: 'is no whole number from 1 on' }] })
}

function readFollow(c: Context): boolean {
  const text = c.req.query('follow') ?? '0'
  if (text === '0' || text === '1') return text === '1'
  throw new HubError('invalid_input', 'follow takes 1 or 0', { errors: [{ path: 'follow', message: 'is neither 1 nor 0' }] })
}
