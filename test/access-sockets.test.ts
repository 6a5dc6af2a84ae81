import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startKeyedHub, type KeyedHub, type KeyHolder } from './keyed-hub.ts'
import { brief, makeTone } from './media.ts'
import { removeDirectory, temporaryDirectory } from './running-hub.ts'

let scratch: string
let hub: KeyedHub
let admin: KeyHolder
let id: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startKeyedHub(join(scratch, 'data'))
  admin = await hub.holder({ scopes: ['admin'] })
  id = await hub.api.accepted(brief(await hub.api.upload(makeTone(scratch)), 0.1))
  await hub.api.ends(id)
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

function open(path: string, headers: Readonly<Record<string, string>> = {}): WebSocket {
  return new WebSocket(hub.url.replace('http', 'ws') + path, { headers })
}

async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = (await once(socket, 'close')) as [number]
  return code
}

async function firstMessage(socket: WebSocket): Promise<{ type: string; data: Record<string, unknown> }> {
  const [bytes] = (await once(socket, 'message')) as [Buffer]
  return JSON.parse(String(bytes))
}

test('the feed of all jobs takes the operator’s key as a WebSocket too', async () => {
  const { secret } = await hub.holder()
  expect(await closeCode(open('/api/jobs/events'))).toBe(4401)
  expect(await closeCode(open(`/api/jobs/events?key=${admin.secret}`))).toBe(4401)
  expect(await closeCode(open('/api/jobs/events', { authorization: `Bearer ${secret}` }))).toBe(4403)
  const feed = open('/api/jobs/events', { authorization: `Bearer ${admin.secret}` })
  expect((await firstMessage(feed)).type).toBe('snapshot')
  feed.close()
})

test('the feed of all jobs is closed to who follows it with a key that is revoked', async () => {
  const { id: keyId, secret } = await hub.holder({ scopes: ['admin'] })
  const headers = { authorization: `Bearer ${secret}` }
  const feed = open('/api/jobs/events', headers)
  await firstMessage(feed)
  const sse = await fetch(`${hub.url}/api/jobs/events`, { headers: { ...headers, accept: 'text/event-stream' } })
  const still = open('/api/jobs/events', { authorization: `Bearer ${admin.secret}` })
  await firstMessage(still)
  await hub.revoke(keyId)
  expect(await closeCode(feed)).toBe(4401)
  await expect(sse.text()).rejects.toThrow()
  expect(still.readyState).toBe(WebSocket.OPEN)
  still.close()
})

test('a job is followed by whom knows its id, on each of its sockets', async () => {
  for (const path of [`/api/jobs/${id}/events`, `/api/task/${id}/ws`]) expect((await firstMessage(open(path))).type).toBe('snapshot')
  const many = open('/api/ws')
  await once(many, 'open')
  many.send(JSON.stringify({ op: 'sub', job: id }))
  expect(await firstMessage(many)).toMatchObject({ type: 'snapshot', job: id })
  many.close()
  expect(await closeCode(open(`/api/jobs/${id}/sanjuuni`))).toBe(4404)
  expect(await closeCode(open(`/api/jobs/${'A'.repeat(22)}/events`))).toBe(4404)
})

test('a page of another site gets no socket, whatever key it has', async () => {
  expect(await closeCode(open(`/api/jobs/${id}/events`, { origin: 'https://evil.example', authorization: `Bearer ${admin.secret}` }))).toBe(4403)
})

test('a key that is none gets no socket', async () => {
  expect(await closeCode(open(`/api/jobs/${id}/events`, { 'x-api-key': 'rt_no' }))).toBe(4401)
})
