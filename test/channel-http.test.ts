import { Agent, get, request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { JobEvent } from '../src/jobs/job.ts'
import { ChannelHub } from './channel-hub.ts'
import { logged, readPages, readSse, readWebSocket } from './channel-reader.ts'

let hub: ChannelHub
const warnings: Error[] = []
const onWarning = (warning: Error) => warnings.push(warning)

beforeEach(async () => {
  process.on('warning', onWarning)
  hub = await ChannelHub.start()
})

afterEach(async () => {
  await hub.stop()
  process.off('warning', onWarning)
  expect(warnings.splice(0)).toEqual([])
})

/** Sends bytes as they are, and returns all that comes back until the hub closes the connection. */
function converse(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(hub.port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (bytes) => (answer += String(bytes)))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

test('an ended job is followed once: a Last-Event-ID that is its end is answered 204, any other gets the rest', async () => {
  const job = await hub.job('a')
  await job.end()
  const all = logged(await readPages(hub.url('a')))
  const done = await fetch(hub.url('a'), { headers: { accept: 'text/event-stream', 'last-event-id': all.at(-1)!.offset! } })
  expect([done.status, done.headers.get('access-control-allow-origin'), await done.text()]).toEqual([204, '*', ''])
  const rest = await readSse(hub.url('a'), { headers: { 'last-event-id': all.at(-2)!.offset! } })
  expect([rest.events.map(({ type }) => type), rest.hasEnded]).toEqual([['snapshot', 'end'], true])
  const asked = await readSse(hub.url('a', `after=${all.at(-1)!.offset}`))
  expect([asked.events.map(({ type }) => type), asked.hasEnded]).toEqual([['snapshot'], true])
})

test('SSE comes uncompressed, uncached, to any page, and as a stream that proxies let through', async () => {
  const job = await hub.job('a')
  await job.end()
  const { headers } = await readSse(hub.url('a'), { headers: { 'accept-encoding': 'gzip, br' } })
  expect(headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no',
    'transfer-encoding': 'chunked', 'access-control-allow-origin': '*',
  })
  expect([headers['content-encoding'], headers['content-length']]).toEqual([undefined, undefined])
})

test('SSE tells first how long to wait before coming back, between 1 and 3 s', async () => {
  const job = await hub.job('a')
  await job.end()
  const text = await (await fetch(hub.url('a'), { headers: { accept: 'text/event-stream' } })).text()
  const retryMs = Number(/^retry: (\d+)\n\nevent: snapshot\n/.exec(text)?.[1])
  expect(retryMs).toBeGreaterThanOrEqual(1000)
  expect(retryMs).toBeLessThan(3000)
})

test('who speaks HTTP/1.0 gets the same stream without chunks, ended by the end of the connection', async () => {
  const job = await hub.job('a')
  await job.log(3)
  await job.end()
  const answer = await converse('GET /api/jobs/a/events HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n')
  const [head = '', body = ''] = [answer.slice(0, answer.indexOf('\r\n\r\n')), answer.slice(answer.indexOf('\r\n\r\n') + 4)]
  expect(head).toMatch(/^HTTP\/1\.[01] 200 /)
  expect(head.toLowerCase()).not.toContain('transfer-encoding')
  expect(body).toMatch(/^retry: \d+\n\nevent: snapshot\ndata: /)
  const ids = [...body.matchAll(/^id: (.*)$/gm)].map(([, id]) => id)
  expect(ids).toEqual(logged(await readPages(hub.url('a'))).map(({ offset }) => offset))
  expect(body).not.toMatch(/^[0-9a-f]+\r$/m)
})

test('a connection is good for more after an ended SSE, a hundred times over, and no listener stays on it', async () => {
  const job = await hub.job('a')
  await job.end()
  const sockets = new Set<Socket>()
  hub.server.on('connection', (socket) => sockets.add(socket))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let listeners = 0
  for (let n = 0; n < 100; n++) {
    const { events, hasEnded } = await readSse(hub.url('a'), { agent })
    expect([events.at(-1)?.type, hasEnded]).toEqual(['end', true])
    const text = await new Promise<string>((resolve, reject) => {
      get(`http://127.0.0.1:${hub.port}/hello`, { agent }, (response) => {
        response.setEncoding('utf8').once('data', resolve).resume()
      }).on('error', reject)
    })
    expect(text).toBe('hello')
    const [socket] = sockets
    if (n === 0) listeners = socket!.listenerCount('close') + socket!.listenerCount('error')
    else expect(socket!.listenerCount('close') + socket!.listenerCount('error')).toBe(listeners)
  }
  expect(sockets.size).toBe(1)
  agent.destroy()
})

test('HEAD is answered with the head alone', async () => {
  await hub.job('a')
  const answer = await converse('HEAD /api/jobs/a/events HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  expect(answer).toContain('text/event-stream')
  expect(answer.endsWith('\r\n\r\n')).toBe(true)
  expect(answer).not.toContain('snapshot')
})

test('a request for SSE that waits in line behind another on its connection has its turn', async () => {
  const job = await hub.job('a')
  await job.end()
  const answer = await converse(
    'GET /hello HTTP/1.1\r\nHost: h\r\n\r\n'
    + 'GET /api/jobs/a/events?after=now&wait=0.2 HTTP/1.1\r\nHost: h\r\n\r\n'
    + 'GET /api/jobs/a/events HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n'
    + 'GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
  )
  expect(answer.match(/HTTP\/1\.1 200 /g)).toHaveLength(4)
  expect(answer).toContain('event: end')
  expect(answer.endsWith('hello')).toBe(true)
})

test('a named ping comes over SSE, without an id', async () => {
  const job = await hub.job('a')
  const reading = readSse(hub.url('a'), { until: ({ type }) => type === 'ping' })
  while (job.open.broadcast.size === 0) await new Promise(setImmediate)
  for (let tick = 0; tick < 15; tick++) for (const follower of job.open.broadcast.followers) follower.tick()
  expect((await reading).events.at(-1)).toEqual({ type: 'ping', data: {} })
})

test('the feed of all jobs tells each change of state, over SSE and WebSocket alike', async () => {
  const url = `http://127.0.0.1:${hub.port}/api/jobs/events`
  const job = await hub.job('a')
  await hub.feed.changed(job.job)
  const isLast = (event: JobEvent) => (event.data as { status?: string }).status === 'completed'
  const reading = [readSse(url, { until: isLast }), readWebSocket(url, { until: isLast }), readSse(`${url}?after=now`, { until: isLast })]
  while (hub.feed.followerCount < 3) await new Promise(setImmediate)
  await job.end()
  await hub.feed.changed(job.job)
  const [sse, webSocket, now] = (await Promise.all(reading)).map(({ events }) => events)
  expect(sse?.map(({ type }) => type)).toEqual(['snapshot', 'job', 'job'])
  expect(logged(webSocket!)).toEqual(logged(sse!))
  expect(logged(now!)).toEqual(logged(sse!).slice(1))
  expect(sse?.at(-1)?.data).toMatchObject({ id: 'a', status: 'completed', progress: 100 })
})

test('the feed of a hub that was started anew is told from the old one', async () => {
  await hub.feed.changed((await hub.job('a')).job)
  const url = `http://127.0.0.1:${hub.port}/api/jobs/events`
  const { events } = await readSse(url, { headers: { 'last-event-id': '1600000000.123' }, until: (_, count) => count === 3 })
  expect(events.map(({ type }) => type)).toEqual(['reset', 'snapshot', 'job'])
})

test('a poll whose client goes away leaves no watch behind', async () => {
  const job = await hub.job('a')
  const requests = Array.from({ length: 10 }, () => httpRequest(hub.url('a', 'after=now&wait=50')).on('error', () => undefined))
  for (const request of requests) request.end()
  while (job.open.stream.watchCount < 10) await new Promise(setImmediate)
  for (const request of requests) request.destroy()
  while (job.open.stream.watchCount > 0) await new Promise(setImmediate)
})

test('readers beyond the limit are asked to come back later', async () => {
  await hub.job('a')
  hub.countReaders = () => 1000
  const response = await fetch(hub.url('a'), { headers: { accept: 'text/event-stream' } })
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '5'])
})

test('a client that offers HTTP/2 is answered in HTTP/1.1: pages, streams and all', async () => {
  const job = await hub.job('a')
  await job.end()
  const offer = 'Host: hub\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n'
  const path = new URL(hub.url('a')).pathname
  const page = await converse(`GET ${path} HTTP/1.1\r\n${offer}\r\n`)
  expect(page).toMatch(/^HTTP\/1\.1 200 OK/)
  expect(page).toContain('"closed":true')
  const stream = await converse(`GET ${path} HTTP/1.1\r\n${offer}Accept: text/event-stream\r\n\r\n`)
  expect(stream).toContain('event: end')
  expect(await converse(`POST ${path} HTTP/1.1\r\n${offer}Content-Length: 2\r\n\r\n{}`)).toMatch(/^HTTP\/1\.1 400 Send this without Upgrade/)
})
