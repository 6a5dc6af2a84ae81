import { expect, test } from 'vitest'
import { HeldSocket } from '../../test/held-socket.ts'
import { openMemoryStream } from '../../test/open-stream.ts'
import { SseParser } from '../client/sse-parser.ts'
import { Broadcast } from './broadcast.ts'
import { Follower } from './follower.ts'
import { makeView, type View } from './framing.ts'
import type { Stream } from './stream.ts'

interface Reader {
  readonly socket: HeldSocket
  readonly follower: Follower
  /** What became of it, in order: end, cut, stall. */
  readonly fates: string[]
}

function follow(
  broadcast: Broadcast,
  { at = 0, types, isReset = false, transport = 'sse-unchunked' }: { at?: number; types?: string[]; isReset?: boolean; transport?: View['transport'] } = {},
): Reader {
  const socket = new HeldSocket()
  const fates: string[] = []
  const ends = { onEnd: () => void fates.push('end'), onCut: () => void fates.push('cut'), onStall: () => void fates.push('stall') }
  const view = makeView(transport, { types: types && new Set(types) })
  const follower = new Follower(broadcast, { view, socket: socket.asSocket, at, ends })
  follower.start({ isReset })
  return { socket, follower, fates }
}

function eventsOf({ socket }: Reader): { name: string; data: unknown }[] {
  return new SseParser().push(Buffer.from(socket.text)).flatMap((item) =>
    item.type === 'event' ? [{ name: item.name, data: JSON.parse(item.data) as unknown }] : [])
}

const namesOf = (reader: Reader) => eventsOf(reader).map(({ name }) => name)
const numbersOf = (reader: Reader) => eventsOf(reader).filter(({ name }) => name === 'n').map(({ data }) => data)
const numbered = (n: unknown) => ({ type: 'n', data: n })

/** Lets passes, reads and writes come to rest. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}

async function openBroadcast(options: { keepBytes?: number } = {}): Promise<{ stream: Stream; broadcast: Broadcast }> {
  const { stream } = await openMemoryStream(options)
  return { stream, broadcast: new Broadcast(stream) }
}

test('a reader has one write in flight, and the next carries all that came meanwhile', async () => {
  const { stream, broadcast } = await openBroadcast()
  const reader = follow(broadcast)
  for (let n = 0; n < 100; n++) await stream.append([numbered(n)])
  await settle()
  expect(reader.socket.mostInFlight).toBe(1)
  reader.socket.take()
  await settle()
  reader.socket.take()
  expect(reader.socket.taken.length).toBe(2)
  expect(numbersOf(reader)).toEqual(Array.from({ length: 100 }, (_, n) => n))
  expect(reader.socket.mostInFlight).toBe(1)
})

test('who is far behind is sent pieces of about 32 KiB, and loses nothing', async () => {
  const { stream, broadcast } = await openBroadcast()
  const reader = follow(broadcast)
  for (let n = 0; n < 300; n++) await stream.append([numbered(`${n} ${'x'.repeat(9000)}`)])
  reader.socket.readOn()
  await settle()
  while (reader.socket.taken.length < 40) await settle()
  expect(numbersOf(reader).map((text) => parseInt(String(text), 10))).toEqual(Array.from({ length: 300 }, (_, n) => n))
  expect(Math.max(...reader.socket.taken.map(({ length }) => length))).toBeLessThan(64 * 1024 + 2 * 9100)
})

test('an event is framed once for a thousand readers', async () => {
  const { stream, broadcast } = await openBroadcast()
  const readers = Array.from({ length: 1000 }, () => follow(broadcast))
  for (const { socket } of readers) socket.readOn()
  await settle()
  await stream.append([numbered(1)])
  await settle()
  expect(new Set(readers.map(({ socket }) => socket.taken.at(-1)))).toHaveLength(1)
  expect(new Set(readers.map(({ socket }) => socket.taken[0]))).toHaveLength(1)
  expect(readers.every((reader) => numbersOf(reader).length === 1)).toBe(true)
})

test('readers who are behind share the pieces of the past too', async () => {
  const { stream, broadcast } = await openBroadcast()
  for (let n = 0; n < 400; n++) await stream.append([numbered('x'.repeat(9000))])
  const readers = [follow(broadcast), follow(broadcast)]
  for (const { socket } of readers) socket.readOn()
  while (!readers.every((reader) => numbersOf(reader).length === 400)) await settle()
  const [one, two] = readers.map(({ socket }) => socket.taken)
  expect(one!.length).toBeGreaterThan(50)
  // A socket hands on the very bytes that it was handed.
  expect(one!.filter((bytes, index) => bytes !== two![index]).length).toBeLessThanOrEqual(2)
})

test('a reader that begins before the last value belongs anywhere sees it when it has come that far', async () => {
  const { stream, broadcast } = await openBroadcast()
  await stream.append([numbered(1)])
  stream.clearLast()
  stream.setLast('progress', { progress: 40 })
  const reader = follow(broadcast)
  reader.socket.readOn()
  await settle()
  expect(namesOf(reader)).toEqual(['snapshot', 'n', 'progress'])
  expect(eventsOf(reader)[0]?.data).toMatchObject({ count: 0, last: null })
  const late = follow(broadcast, { at: stream.head })
  late.socket.readOn()
  await settle()
  expect(eventsOf(late)).toEqual([{ name: 'snapshot', data: expect.objectContaining({ count: 1, last: { rev: 1, progress: 40 } }) }])
})

test('a reader that keeps up gets each last value once, and who comes then has the newest in the snapshot', async () => {
  const { stream, broadcast } = await openBroadcast()
  const reader = follow(broadcast)
  reader.socket.readOn()
  for (const progress of [1, 2, 3]) {
    stream.setLast('progress', { progress })
    await settle()
    const late = follow(broadcast)
    late.socket.readOn()
    await settle()
    expect(eventsOf(late)).toEqual([{ name: 'snapshot', data: expect.objectContaining({ last: { rev: progress, progress } }) }])
  }
  expect(eventsOf(reader).slice(1).map(({ data }) => (data as { progress: number }).progress)).toEqual([1, 2, 3])
})

test('of many last values a busy reader gets the newest, and never one that came before what it has yet to read', async () => {
  const { stream, broadcast } = await openBroadcast()
  const reader = follow(broadcast)
  for (let progress = 0; progress < 50; progress++) stream.setLast('progress', { progress })
  const appending = stream.append([{ type: 'status', data: 'running' }])
  stream.clearLast()
  stream.setLast('progress', { progress: 1 })
  await appending
  reader.socket.readOn()
  await settle()
  const seen = eventsOf(reader).map(({ name, data }) => (name === 'progress' ? (data as { progress: number }).progress : name))
  expect(seen).toEqual(['snapshot', 'status', 1])
})

test('no last value comes behind the end, however late it is set', async () => {
  const { stream, broadcast } = await openBroadcast()
  const reader = follow(broadcast)
  stream.setLast('progress', { progress: 99 })
  const ended = stream.append([{ type: 'end', data: {} }])
  stream.setLast('progress', { progress: 100 })
  await ended
  reader.socket.readOn()
  await settle()
  expect(namesOf(reader)).toEqual(['snapshot', 'end'])
  expect(reader.fates).toEqual(['end'])
  expect(broadcast.size).toBe(0)
})

test('who wants some types gets those, and the end', async () => {
  const { stream, broadcast } = await openBroadcast()
  const reader = follow(broadcast, { types: ['status'] })
  reader.socket.readOn()
  for (let n = 0; n < 20; n++) await stream.append([numbered('x'.repeat(9000))])
  stream.setLast('progress', { progress: 5 })
  await stream.append([{ type: 'status', data: 1 }, { type: 'end', data: {} }])
  while (reader.fates.length === 0) await settle()
  expect(namesOf(reader)).toEqual(['snapshot', 'status', 'end'])
})

test('a reader whom memory has left behind is told to begin anew, and then misses nothing more', async () => {
  const { stream, broadcast } = await openBroadcast({ keepBytes: 200_000 })
  const reader = follow(broadcast)
  for (let n = 0; n < 300; n++) await stream.append([numbered(`${n} ${'x'.repeat(9000)}`)])
  reader.socket.readOn()
  while (!namesOf(reader).includes('reset') || numbersOf(reader).length < 20) await settle()
  await stream.append([{ type: 'end', data: {} }])
  while (reader.fates.length === 0) await settle()
  expect(namesOf(reader).slice(0, 3)).toEqual(['snapshot', 'reset', 'snapshot'])
  const numbers = numbersOf(reader).map((text) => parseInt(String(text), 10))
  expect(numbers.at(-1)).toBe(299)
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => 300 - numbers.length + index))
})

test('readers that leave while the others are being served take nobody with them', async () => {
  const { stream, broadcast } = await openBroadcast()
  const readers = Array.from({ length: 600 }, () => follow(broadcast))
  for (const { socket } of readers) socket.readOn()
  await settle()
  const leaving = readers.filter((_, index) => index % 3 === 0)
  // The first to be served takes two hundred others with it, in the middle of the pass.
  const { socket } = readers[1]!
  const write = socket._write.bind(socket)
  socket._write = (...args) => {
    for (const { follower } of leaving) follower.stop()
    write(...args)
  }
  await stream.append([numbered(1)])
  await settle()
  expect(broadcast.size).toBe(400)
  expect(readers.filter((_, index) => index % 3 !== 0).every((reader) => numbersOf(reader).length === 1)).toBe(true)
})

test('a reader that takes nothing is let go after 30 ticks, one that takes something is not', async () => {
  const { stream, broadcast } = await openBroadcast()
  const [stuck, slow] = [follow(broadcast), follow(broadcast)]
  for (let tick = 1; tick <= 90; tick++) {
    await stream.append([numbered(tick)])
    await settle()
    if (tick % 20 === 0) slow.socket.take()
    if (tick === 29) expect(stuck.fates).toEqual([])
    for (const follower of [...broadcast.followers]) follower.tick()
  }
  expect([stuck.fates, slow.fates]).toEqual([['stall'], []])
  expect(stuck.socket.mostInFlight).toBe(1)
})

test('a ping comes each 15 ticks, at once for who is idle and behind the write in flight for who is not', async () => {
  const { broadcast } = await openBroadcast()
  const [idle, busy] = [follow(broadcast), follow(broadcast)]
  idle.socket.readOn()
  await settle()
  for (let tick = 0; tick < 14; tick++) for (const { follower } of [idle, busy]) follower.tick()
  expect(namesOf(idle)).toEqual(['snapshot'])
  for (const { follower } of [idle, busy]) follower.tick()
  expect(namesOf(idle)).toEqual(['snapshot', 'ping'])
  busy.socket.readOn()
  await settle()
  expect(namesOf(busy)).toEqual(['snapshot', 'ping'])
  expect(busy.socket.mostInFlight).toBe(1)
})

test('an event stream, which nobody answers, is ended after about an hour for its reader to come back; a WebSocket is not', async () => {
  const { broadcast } = await openBroadcast()
  const readers = (['sse', 'sse-unchunked', 'websocket'] as const).map((transport) => follow(broadcast, { transport }))
  for (const { socket } of readers) socket.readOn()
  const tickUntil = async (seconds: number, from = 0) => {
    for (let tick = from; tick < seconds; tick++) {
      for (const follower of [...broadcast.followers]) follower.tick()
      if (tick % 15 === 0) await settle()
    }
  }
  await tickUntil(3200)
  expect(readers.map(({ fates }) => fates)).toEqual([[], [], []])
  await tickUntil(4000, 3200)
  expect(readers.map(({ fates }) => fates)).toEqual([['cut'], ['cut'], []])
})

test('a reset is said before the snapshot', async () => {
  const { stream, broadcast } = await openBroadcast()
  await stream.append([numbered(1)])
  const reader = follow(broadcast, { isReset: true })
  reader.socket.readOn()
  await settle()
  expect(eventsOf(reader).map(({ name, data }) => (name === 'reset' ? data : name))).toEqual([{ earliest: '0.0' }, 'snapshot', 'n'])
})

test('a socket that breaks in the middle of a write is not written to for ever, and others go on', async () => {
  const { stream, broadcast } = await openBroadcast()
  const [broken, whole] = [follow(broadcast), follow(broadcast)]
  whole.socket.readOn()
  broken.socket.on('error', () => undefined)
  broken.socket.once('close', () => broken.follower.stop())
  broken.socket.destroy(new Error('reset by peer'))
  await stream.append([numbered(1)])
  await settle()
  expect([broadcast.size, numbersOf(whole)]).toEqual([1, [1]])
})

test('who comes to a stream that has been let go is cut at once', async () => {
  const { stream, broadcast } = await openBroadcast()
  await stream.close()
  const reader = follow(broadcast)
  expect([reader.fates, broadcast.size, reader.socket.mostInFlight]).toEqual([['cut'], 0, 0])
})
