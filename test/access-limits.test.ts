import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { askRaw, startKeyedHub, type KeyedHub } from './keyed-hub.ts'
import { brief, makeTone, pacedFfmpeg, talk } from './media.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let scratch: string
let tone: string
let hub: InnerHub | KeyedHub
let count = 0

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
})
afterEach(() => hub.stop())
afterAll(() => removeDirectory(scratch))

async function start(settings: Record<string, string> = {}): Promise<KeyedHub> {
  const ffmpeg = { REELTIME_FFMPEG: pacedFfmpeg(scratch), REELTIME_FFPROBE: 'ffprobe' }
  const keyed = await startKeyedHub(join(scratch, `data-${count++}`), { ...ffmpeg, ...settings })
  hub = keyed
  return keyed
}

const qr = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"text":"a","format":"png"}' }

test('too many jobs in a minute are refused with when to come back, for each address and each key apart', async () => {
  const { url, holder } = await start({ REELTIME_SUBMITS_PER_MINUTE: '2' })
  const { secret } = await holder()
  const ask = async (more: { headers?: Record<string, string>; localAddress?: string } = {}) => {
    const { status, headers } = await askRaw(url, '/api/qr', { ...qr, ...more, headers: { ...qr.headers, ...more.headers } })
    return [status, headers['retry-after']]
  }
  expect([await ask(), await ask(), await ask()]).toEqual([[200, undefined], [200, undefined], [429, expect.stringMatching(/^(29|30)$/)]])
  expect(await ask({ localAddress: '127.0.0.2' })).toEqual([200, undefined])
  expect(await ask({ headers: { authorization: `Bearer ${secret}` } })).toEqual([200, undefined])
  expect(await ask({ headers: { 'x-forwarded-for': '203.0.113.7' } })).toEqual([429, expect.anything()])
  const refused = await askRaw(url, '/api/ffmpeg', { ...qr, body: '{}' })
  expect(JSON.parse(refused.body)).toMatchObject({ status: 'error', code: 'rate_limited' })
  expect((await askRaw(url, '/api/task/nothing')).status).toBe(404)
})

test('behind a trusted proxy its clients are counted, and in IPv6 each household once', async () => {
  const { url } = await start({ REELTIME_SUBMITS_PER_MINUTE: '1', REELTIME_TRUSTED_PROXIES: '127.0.0.1' })
  const ask = async (address: string) => (await askRaw(url, '/api/qr', { ...qr, headers: { ...qr.headers, 'x-forwarded-for': address } })).status
  expect([await ask('203.0.113.7'), await ask('203.0.113.8'), await ask('203.0.113.7')]).toEqual([200, 200, 429])
  expect([await ask('2001:db8::1'), await ask('2001:db8::2'), await ask('2001:db8:0:1::2')]).toEqual([200, 429, 200])
})

test('too many requests in a minute are refused, wrong keys among them', async () => {
  const { url } = await start({ REELTIME_REQUESTS_PER_MINUTE: '3' })
  const ask = async () => (await askRaw(url, '/health', { headers: { 'x-api-key': 'rt_guess' } })).status
  expect([await ask(), await ask(), await ask(), await ask()]).toEqual([401, 401, 401, 429])
  const webSocket = new WebSocket(`${url.replace('http', 'ws')}/api/ws`)
  expect((await once(webSocket, 'close'))[0]).toBe(4429)
})

test('programs on the hub’s machine are not counted where it is open to them', async () => {
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, `data-${count++}`), REELTIME_SUBMITS_PER_MINUTE: '1', REELTIME_REQUESTS_PER_MINUTE: '1', REELTIME_CONNECTIONS_PER_ADDRESS: '1', REELTIME_READERS_PER_ADDRESS: '1' })
  const { url } = hub
  const statuses = await Promise.all(Array.from({ length: 5 }, async () => (await askRaw(url, '/api/qr', qr)).status))
  expect(statuses).toEqual([200, 200, 200, 200, 200])
})

test('one address follows so many at a time, by whatever means, and another when one of them is left', async () => {
  const { url, api } = await start({ REELTIME_READERS_PER_ADDRESS: '3' })
  const id = await api.accepted(talk(await api.upload(tone), 30))
  const leaving = new AbortController()
  const sse = await fetch(`${url}/api/jobs/${id}/events`, { headers: { accept: 'text/event-stream' }, signal: leaving.signal })
  expect(sse.status).toBe(200)
  const single = new WebSocket(`${url.replace('http', 'ws')}/api/jobs/${id}/events`)
  const many = new WebSocket(`${url.replace('http', 'ws')}/api/ws`)
  await Promise.all([once(single, 'message'), once(many, 'open')])
  many.send(JSON.stringify({ op: 'sub', job: id }))
  expect(JSON.parse(String((await once(many, 'message'))[0]))).toMatchObject({ type: 'snapshot' })

  const refused = await fetch(`${url}/api/jobs/${id}/events?wait=1`)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5'])
  expect((await once(new WebSocket(`${url.replace('http', 'ws')}/api/task/${id}/ws`), 'close'))[0]).toBe(4429)
  expect((await askRaw(url, `/api/jobs/${id}/events`, { localAddress: '127.0.0.2' })).status).toBe(200)

  const told = nextAnswer(many)
  many.send(JSON.stringify({ op: 'unsub', job: id }))
  many.send('none')
  await told
  expect((await fetch(`${url}/api/jobs/${id}/events`)).status).toBe(200)
  leaving.abort()
  single.close()
  many.close()
  await api.post(`/api/jobs/${id}/cancel`)
})

/** The answer to a message that is none: by then what was sent before it has been done. */
function nextAnswer(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    // Two messages may come at once.
    socket.on('message', (bytes) => (JSON.parse(String(bytes)) as { type: string }).type === 'error' && resolve())
  })
}

test('what a job has fetched counts as bytes of its key', async () => {
  const media = createServer((_, response) => void createReadStream(tone).pipe(response)).listen(0, '127.0.0.1')
  await once(media, 'listening')
  const host = `127.0.0.1:${(media.address() as AddressInfo).port}`
  const { holder } = await start({ REELTIME_FETCH_ALLOW: host })
  const { api } = await holder({ bytesPerDay: 1000 })
  expect((await api.ends(await api.accepted(brief(`http://${host}/tone.wav`, 0.1)))).status).toBe('completed')
  expect((await api.submit(brief(`http://${host}/tone.wav`, 0.2))).body).toMatchObject({ status: 429, code: 'quota_exceeded' })
  media.close()
})

test('one job is followed by so many at a time', async () => {
  const { url, api } = await start({ REELTIME_READERS_PER_JOB: '1' })
  const id = await api.accepted(talk(await api.upload(tone), 30))
  const single = new WebSocket(`${url.replace('http', 'ws')}/api/jobs/${id}/events`)
  await once(single, 'message')
  expect((await askRaw(url, `/api/jobs/${id}/events`, { localAddress: '127.0.0.2' })).status).toBe(429)
  single.close()
  await api.post(`/api/jobs/${id}/cancel`)
})

test('one address holds so many connections', async () => {
  const { url } = await start({ REELTIME_CONNECTIONS_PER_ADDRESS: '2' })
  const { hostname, port } = new URL(url)
  const held: Socket[] = []
  for (let number = 0; number < 2; number++) {
    const socket = connect({ host: hostname, port: Number(port) })
    held.push(socket)
    await once(socket, 'connect')
    socket.write('GET /health HTTP/1.1\r\nHost: hub\r\n\r\n')
    await once(socket, 'data')
  }
  const answer = await text(connect({ host: hostname, port: Number(port) }))
  expect(answer).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\nRetry-After: 5\r\n/)
  expect((await askRaw(url, '/health', { localAddress: '127.0.0.2' })).status).toBe(200)
  for (const socket of held) socket.destroy()
})
