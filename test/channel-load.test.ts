import { createHash, type Hash } from 'node:crypto'
import { get, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import WebSocket from 'ws'
import { ChannelHub } from './channel-hub.ts'
import { readSse } from './channel-reader.ts'

const READERS = 20
const LINES = 60_000
const HELD_BYTES = 100 * 1024

let hub: ChannelHub
let sockets: Set<Socket>

beforeEach(async () => {
  // No ping may come between the lines, whose bytes are compared.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  hub = await ChannelHub.start()
  sockets = new Set()
  hub.server.on('connection', (socket) => sockets.add(socket))
})

afterEach(async () => {
  vi.useRealTimers()
  await hub.stop()
})

/** An answer of which nothing has been read yet. */
function openSse(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { accept: 'text/event-stream' } }, resolve).on('error', reject)
  })
}

/** The hash of all that follows the snapshot. */
async function hashEvents(response: IncomingMessage): Promise<string> {
  const hash: Hash = createHash('sha256')
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (!head) {
      hash.update(chunk)
      continue
    }
    head = Buffer.concat([head, chunk])
    const behind = head.indexOf('\n\n', head.indexOf('event: snapshot')) + 2
    if (!head.includes('event: snapshot') || behind === 1) continue
    hash.update(head.subarray(behind))
    head = undefined
  }
  return hash.digest('hex')
}

test('20 readers that read nothing during 60,000 lines cost the hub and the others nothing, and then have every line', async () => {
  const job = await hub.job('a')
  const stuck = await Promise.all(Array.from({ length: READERS }, () => openSse(hub.url('a'))))
  const stuckSockets = [...sockets]
  const stuckWebSocket = new WebSocket(hub.url('a').replace('http', 'ws'))
  await new Promise((resolve) => stuckWebSocket.once('open', resolve))
  stuckWebSocket.pause()
  const following = readSse(hub.url('a'))
  while (hub.log.followerCount < READERS + 2) await new Promise(setImmediate)
  const held: number[] = []
  const text = 'x'.repeat(80)
  while (job.lineCount < LINES) {
    await Promise.all([job.log(60, text), job.log(60, text)])
    held.push(Math.max(...[...sockets].map(({ writableLength }) => writableLength)))
  }
  await job.end()

  const { events } = await following
  const numbers = events.flatMap((event) => (event.type === 'new_logs' ? [[event.data.first, event.data.last]] : []))
  expect(numbers.every(([first], index) => first === (numbers[index - 1]?.[1] ?? 0) + 1)).toBe(true)
  expect(numbers.at(-1)?.[1]).toBe(LINES)
  // They are stuck indeed, each with the one piece that is in flight, and still there.
  expect(stuckSockets.every(({ writableLength }) => writableLength > 0)).toBe(true)
  expect(Math.max(...held)).toBeLessThan(HELD_BYTES)
  expect(hub.log.followerCount).toBe(READERS + 1)

  const expected = await hashEvents(await openSse(hub.url('a')))
  for (const hash of await Promise.all(stuck.map(hashEvents))) expect(hash).toBe(expected)
  let last = 0
  const closed = new Promise((resolve) => stuckWebSocket.once('close', resolve))
  stuckWebSocket.on('message', (bytes) => {
    const numbered = /"data":\{"first":(\d+),"last":(\d+)/.exec((bytes as Buffer).toString('latin1', 0, 200))
    if (!numbered) return
    expect(Number(numbered[1])).toBe(last + 1)
    last = Number(numbered[2])
  })
  stuckWebSocket.resume()
  expect([await closed, last]).toEqual([1000, LINES])
})

test('connections that are reset at any point of a request or an answer, 300 times over, leave the hub as it was', async () => {
  const job = await hub.job('a')
  await job.log(60)
  const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
  const requests = [
    'GET /api/jobs/a/events HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n',
    `GET /api/jobs/a/events HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n`,
    'GET /api/jobs/a/events?after=now&wait=30 HTTP/1.1\r\nHost: h\r\n\r\n',
  ]
  const resets = Array.from({ length: 300 }, (_, n) => new Promise<void>((resolve) => {
    const request = requests[n % 3]!
    const round = Math.floor(n / 3)
    const socket = connect(hub.port, '127.0.0.1')
    const reset = () => void socket.resetAndDestroy()
    socket.on('close', () => resolve()).on('error', () => undefined)
    // Half of them in the middle of what is asked, half in the middle of what is answered.
    if (round < 50) socket.write(request.slice(0, Math.ceil((request.length * round) / 50)), reset)
    else socket.write(request, () => (n % 3 === 2 ? setImmediate(reset) : socket.once('data', reset)))
  }))
  await job.log(60)
  await Promise.all(resets)
  await job.log(60)
  while (hub.log.followerCount > 0 || job.open.stream.watchCount > 0 || hub.gate.size > 0) await new Promise(setImmediate)
  await job.end()
  expect((await readSse(hub.url('a'))).events.at(-1)?.type).toBe('end')
})

test('500 readers who come and go during a burst leave nothing behind', async () => {
  const job = await hub.job('a')
  const leaving = Array.from({ length: 500 }, async (_, n) => {
    const { events } = await readSse(hub.url('a'), n % 2 === 0 ? { bytes: 1 + n * 20 } : { until: (__, count) => count > n % 7 })
    return events.length
  })
  while (hub.log.followerCount < 100) await new Promise(setImmediate)
  for (let n = 0; n < 100; n++) await job.log(10)
  await job.end()
  await Promise.all(leaving)
  while (hub.log.followerCount > 0) await new Promise(setImmediate)
  for (const socket of sockets) expect(socket.listenerCount('close')).toBeLessThan(10)
})
