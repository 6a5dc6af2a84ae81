import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { readMetrics } from './hub-metrics.ts'
import { startKeyedHub } from './keyed-hub.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

/** Besides REELTIME_MAX_READERS, for requests that are answered at once. */
const SPARE = 1000
const REFUSALS = 'reeltime_refusals_total{code="too_many_connections"}'
const REQUEST = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'

let scratch: string
let hub: InnerHub
let count = 0

beforeAll(async () => {
  scratch = await temporaryDirectory()
})
afterEach(() => hub.stop())
afterAll(() => removeDirectory(scratch))

const directory = () => join(scratch, `data-${count++}`)

/** A connection that has been answered, and stays. */
async function hold(): Promise<Socket> {
  const { hostname, port } = new URL(hub.url)
  const socket = connect(Number(port), hostname)
  socket.write(REQUEST)
  await once(socket, 'data')
  return socket
}

/** The status, undefined for a connection that was closed without an answer. */
async function ask(): Promise<number | undefined> {
  const { hostname, port } = new URL(hub.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  socket.write(REQUEST)
  const answer = await Promise.race([once(socket, 'data').catch(() => []), once(socket, 'close').then(() => [])])
  socket.destroy()
  return answer.length === 0 ? undefined : Number(/^HTTP\/1\.1 (\d+)/.exec(String(answer[0]))?.[1])
}

/** Resolves when the hub has seen the connection end. */
async function leave(socket: Socket): Promise<void> {
  socket.end()
  await once(socket.resume(), 'close')
}

test('with as many connections as there may be, the next one is closed at once and counted, and is answered when one has left', async () => {
  // Behind a proxy a connection that is not used is kept for a minute: a busy machine may need longer than the usual 5 s to open them all.
  hub = await startInnerHub({ REELTIME_DATA_DIR: directory(), REELTIME_MAX_READERS: '5', REELTIME_TRUSTED_PROXIES: '127.0.0.2' })
  const held: Socket[] = []
  for (let turn = 0; turn < 5 + SPARE; turn += 15) held.push(...await Promise.all(Array.from({ length: 15 }, hold)))
  expect(held).toHaveLength(5 + SPARE)
  expect([await ask(), await ask()]).toEqual([undefined, undefined])
  await leave(held.pop()!)
  await vi.waitFor(async () => expect(await ask()).toBe(200))
  await Promise.all(held.map(leave))
  expect((await readMetrics(hub.api)).get(REFUSALS)).toBeGreaterThanOrEqual(2)
})

test('an address with as many connections as it may have is told 429, and is answered when one has left', async () => {
  hub = await startKeyedHub(directory(), { REELTIME_CONNECTIONS_PER_ADDRESS: '2' })
  const held = [await hold(), await hold()]
  expect([await ask(), await ask()]).toEqual([429, 429])
  await leave(held.pop()!)
  await vi.waitFor(async () => expect(await ask()).toBe(200))
  for (const socket of held) socket.destroy()
})

test('with as many WebSockets as there may be, the next one is closed with 4429, and is welcome when one has left', async () => {
  hub = await startInnerHub({ REELTIME_DATA_DIR: directory(), REELTIME_MAX_READERS: '1' })
  const open = () => new WebSocket(`${hub.url.replace('http', 'ws')}/api/ws`)
  const first = open()
  await once(first, 'open')
  expect((await once(open(), 'close'))[0]).toBe(4429)
  first.close()
  await once(first, 'close')
  const next = open()
  await once(next, 'open')
  next.send('none')
  expect(JSON.parse(String((await once(next, 'message'))[0]))).toMatchObject({ type: 'error' })
  next.close()
})

test('a connection that is not used is kept longer than a trusted proxy keeps it, and says so', async () => {
  hub = await startInnerHub({ REELTIME_DATA_DIR: directory(), REELTIME_TRUSTED_PROXIES: '127.0.0.1' })
  const { headers } = await hub.api.request('/health')
  const [, seconds] = /^timeout=(\d+)$/.exec(headers.get('keep-alive') ?? '') ?? []
  expect(Number(seconds)).toBeGreaterThan(60)
})
