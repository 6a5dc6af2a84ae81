import type { OpenStream } from './event-log.ts'
import { Follower, type FollowerEnds } from './follower.ts'
import { makeView } from './framing.ts'
import { parseSubscription, startingPlace, type Subscription } from './subscription.ts'
import { closeCodeOf, complain, type Connection } from './websocket.ts'

const STREAMS_PER_SOCKET = 1000

/** Finds a stream by its public name; throws a HubError where there is none. */
export type OpenChannel = (name: string) => Promise<OpenStream>

/** One stream on one socket, which the server closes with 1000 after the `end`. */
export async function followByWebSocket(connection: Connection, open: () => Promise<OpenStream>): Promise<void> {
  const { webSocket, socket, url } = connection
  connection.onMessage(() => complain(webSocket, 'this socket only tells; /api/ws takes messages'))
  const subscription = parseSubscription(url.searchParams)
  const stream = await open()
  const ends = {
    onEnd: () => webSocket.close(1000, 'end'),
    onCut: () => webSocket.close(4404, 'the job has been removed'),
    onStall: () => closeStalled(connection),
  }
  const follower = await follow(connection, { stream, subscription, ends })
  webSocket.on('close', () => follower?.stop())
  socket.on('close', () => follower?.stop())
}

/** Many streams on one socket: `{"op":"sub","job":ID,"after":OFFSET}` and `{"op":"unsub","job":ID}`. */
export async function multiplex(connection: Connection, open: OpenChannel): Promise<void> {
  const { webSocket } = connection
  const subscribed = new Map<string, Subscribed>()
  webSocket.on('close', () => {
    for (const mine of subscribed.values()) release(mine)
    subscribed.clear()
  })
  connection.onMessage((message) => {
    const { op, job } = message
    if (typeof job !== 'string' || (op !== 'sub' && op !== 'unsub')) {
      return complain(webSocket, 'takes {"op":"sub","job":ID,"after"?:OFFSET} and {"op":"unsub","job":ID}')
    }
    if (op === 'unsub') {
      release(subscribed.get(job))
      subscribed.delete(job)
    } else if (subscribed.has(job)) complain(webSocket, 'is being followed already', { job })
    else if (subscribed.size >= STREAMS_PER_SOCKET) complain(webSocket, `one socket carries at most ${STREAMS_PER_SOCKET} jobs`, { job })
    else void subscribe(job, message)
  })

  async function subscribe(job: string, message: Record<string, unknown>): Promise<void> {
    // Itself, and not its name, is what counts: it may be given up and asked for again while it is still being opened.
    const mine: Subscribed = {}
    subscribed.set(job, mine)
    const isWanted = () => subscribed.get(job) === mine
    const forget = () => {
      mine.leave?.()
      if (isWanted()) subscribed.delete(job)
    }
    try {
      mine.leave = connection.enter(job)
      const subscription = parseSubscription(new URLSearchParams(textFields(message)))
      const stream = await open(job)
      const ends = {
        onEnd: forget,
        onCut() {
          forget()
          complain(webSocket, 'the job has been removed', { job, close_code: 4404 })
        },
        onStall: () => closeStalled(connection),
      }
      mine.follower = await follow(connection, { stream, subscription, ends, label: job, isWanted })
    } catch (error) {
      if (!isWanted()) return
      forget()
      const code = closeCodeOf(error)
      const detail = error instanceof Error && code !== 1011 ? error.message : 'something went wrong in the hub'
      complain(webSocket, detail, { job, close_code: code })
    }
  }
}

interface Subscribed {
  /** undefined while its stream is being opened. */
  follower?: Follower | undefined
  /** Gives its place back. */
  leave?: () => void
}

function release(subscribed: Subscribed | undefined): void {
  subscribed?.follower?.stop()
  subscribed?.leave?.()
}

interface Follow {
  readonly stream: OpenStream
  readonly subscription: Subscription
  readonly ends: FollowerEnds
  readonly label?: string
  readonly isWanted?: () => boolean
}

async function follow(
  { webSocket, socket }: Connection,
  { stream, subscription, ends, label, isWanted }: Follow,
): Promise<Follower | undefined> {
  const place = await startingPlace(stream, subscription)
  if (webSocket.readyState !== webSocket.OPEN || isWanted?.() === false) return undefined
  const view = makeView('websocket', { types: subscription.types, label })
  const follower = new Follower(stream.broadcast, { view, socket, at: place.at, ends })
  follower.start({ isReset: place.isReset })
  return follower
}

function closeStalled({ webSocket }: Connection): void {
  webSocket.close(4408, 'took nothing for 30 s; come back with your offset')
  setTimeout(() => webSocket.terminate(), 1000).unref()
}

function textFields(message: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(message).flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : []))
}
