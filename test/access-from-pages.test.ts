import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askRaw, startKeyedHub, type KeyedHub } from './keyed-hub.ts'
import { brief, makeTone } from './media.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

const FRIEND = 'https://friend.example'
let scratch: string
let hub: InnerHub
let keyed: KeyedHub
let source: string
let id: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_ALLOWED_ORIGINS: FRIEND })
  keyed = await startKeyedHub(join(scratch, 'keyed'), { REELTIME_ALLOWED_ORIGINS: FRIEND })
  source = await hub.api.upload(makeTone(scratch))
  id = await hub.api.accepted(brief(source, 0.1))
  await hub.api.ends(id)
})
afterAll(async () => {
  await Promise.all([hub.stop(), keyed.stop()])
  await removeDirectory(scratch)
})

const json = { 'content-type': 'application/json' }
const submission = () => JSON.stringify({ tool: 'ffmpeg', input: brief(source, 0.1) })

test('a page of another site cannot make the visitor’s own hub work, in no dialect, nor see what jobs it has', async () => {
  const headers = { ...json, origin: 'https://evil.example' }
  const conversion = JSON.stringify(brief(source, 0.1))
  for (const [path, body] of [['/api/jobs', submission()], ['/api/ffmpeg', conversion], ['/api/ffmpeg/async', conversion], ['/api/qr', '{"text":"a"}'], [`/api/jobs/${id}/retry`, '']] as const) {
    const answer = await askRaw(hub.url, path, { method: 'POST', headers, body })
    expect([path, answer.status, JSON.parse(answer.body).code]).toEqual([path, 403, 'origin_refused'])
  }
  for (const path of ['/api/jobs', '/api/tasks', '/api/jobs/events']) {
    for (const accept of ['application/json', 'text/event-stream']) {
      expect((await askRaw(hub.url, path, { headers: { origin: 'https://evil.example', accept } })).status).toBe(403)
    }
  }
  expect((await hub.api.list()).jobs).toHaveLength(1)
})

test('the hub’s own pages, friends and what is no page go on as ever', async () => {
  for (const origin of [hub.url, FRIEND, undefined]) {
    const headers = { ...json, ...(origin !== undefined && { origin }) }
    expect((await askRaw(hub.url, '/api/ffmpeg/async', { method: 'POST', headers, body: JSON.stringify(brief(source, 0.1)) })).status).toBe(200)
  }
})

test('a page may read a job whose id it knows, wherever the page is from', async () => {
  for (const path of [`/api/jobs/${id}`, `/api/jobs/${id}/events`, `/api/task/${id}`, `/api/jobs/${id}/artifacts`, `/api/jobs/${id}/artifacts/output.wav`, `/download/${id}/${id}.wav`]) {
    const { status, headers } = await askRaw(hub.url, path, { headers: { origin: 'https://evil.example' } })
    expect([path, status, headers['access-control-allow-origin'], headers['access-control-allow-credentials']]).toEqual([path, 200, '*', undefined])
  }
  for (const path of ['/health', '/api/tools', '/api/jobs', '/nothing']) {
    expect((await askRaw(hub.url, path)).headers['access-control-allow-origin']).toBeUndefined()
  }
})

test('a browser that asks beforehand is told the same', async () => {
  const ask = (path: string, method: string, origin: string) =>
    askRaw(hub.url, path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'last-event-id' } })
  const read = await ask(`/api/jobs/${id}/events`, 'GET', 'https://evil.example')
  expect([read.status, read.headers['access-control-allow-origin'], read.headers['access-control-allow-methods']]).toEqual([204, '*', 'GET, HEAD'])
  expect(read.headers['access-control-allow-headers']).toContain('Last-Event-ID')
  for (const [path, method] of [['/api/jobs', 'POST'], ['/api/uploads/a', 'PUT'], [`/api/jobs/${id}`, 'DELETE'], ['/api/jobs', 'GET']] as const) {
    expect([path, (await ask(path, method, 'https://evil.example')).status]).toEqual([path, 403])
    const friend = await ask(path, method, FRIEND)
    expect([path, friend.status]).toEqual([path, 204])
    expect(friend.headers['access-control-allow-methods']).toContain(method)
    expect(friend.headers['access-control-allow-headers']).toContain('Authorization')
  }
  expect((await askRaw(hub.url, '/api/jobs', { method: 'OPTIONS' })).headers.allow).toContain('POST')
})

test('a friend’s page reads with its key what that key may', async () => {
  const { secret } = await keyed.holder()
  const { status, headers } = await askRaw(keyed.url, '/api/jobs', { headers: { origin: FRIEND, authorization: `Bearer ${secret}` } })
  expect([status, headers['access-control-allow-origin'], headers.vary]).toEqual([200, FRIEND, 'Origin'])
})

test('a change of a job takes no body but JSON, which no form of a page can send', async () => {
  const retry = (headers: Record<string, string>) => askRaw(hub.url, `/api/jobs/${id}/retry`, { method: 'POST', headers, body: '' })
  expect((await retry({ 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415)
  expect((await retry({})).status).toBe(202)
})

test('whatever is served loads nothing, is taken for nothing else, and tells nobody where it was', async () => {
  for (const path of ['/', '/health', '/nothing', '/api/tools', '/api/jobs', `/api/jobs/${id}`, `/api/jobs/${id}/events`, `/api/jobs/${id}/artifacts/output.wav`, `/download/${id}/${id}.wav`, '/cc/player.lua']) {
    const { headers } = await askRaw(hub.url, path, { headers: path.endsWith('events') ? { accept: 'text/event-stream' } : {} })
    expect([path, headers['x-content-type-options'], headers['referrer-policy']]).toEqual([path, 'nosniff', 'no-referrer'])
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'/)
    expect(headers['cross-origin-resource-policy']).toBe(path.includes(id) ? 'cross-origin' : 'same-origin')
  }
  const { headers } = await askRaw(hub.url, `/download/${id}/${id}.wav`)
  expect(headers['content-security-policy']).toBe("default-src 'none'; sandbox")
  expect(headers['content-type']).not.toContain('html')
})

test.each([
  '/download/ID/..%2f..%2fhub.sqlite', '/download/ID/..%5chub.sqlite', '/frames/ID/..%2F1.png', '/download//ID/x', '//api/jobs', '/api/jobs/a%00b',
])('the path %s is refused as it stands', async (path) => {
  const { status, body } = await askRaw(hub.url, path.replace('ID', id))
  expect([status, JSON.parse(body).code]).toEqual([400, 'invalid_input'])
})

test('a path with a backslash is refused as it stands', async () => {
  for (const path of ['/api\\jobs', '/download/..\\hub.sqlite']) expect((await askRaw(hub.url, path)).status).toBe(400)
})

test('a hub that is open to its machine is so to nobody who comes through a proxy or under another name', async () => {
  const strangers = [{ host: 'media.example' }, { 'x-forwarded-for': '203.0.113.7' }, { forwarded: 'for=203.0.113.7' }, { host: 'evil.example:5000', origin: 'http://evil.example:5000' }]
  for (const headers of strangers) {
    expect((await askRaw(hub.url, '/api/jobs', { headers })).status).toBe(401)
    const refused = await askRaw(hub.url, '/api/jobs', { method: 'POST', headers: { ...json, ...headers }, body: submission() })
    expect([refused.status, JSON.parse(refused.body).hint]).toEqual([401, expect.stringContaining('REELTIME_ANONYMOUS')])
    expect((await askRaw(hub.url, `/api/jobs/${id}`, { headers })).status).toBe(200)
  }
  for (const host of ['localhost:5000', '[::1]:5000', '127.0.0.1']) expect((await askRaw(hub.url, '/api/jobs', { headers: { host } })).status).toBe(200)
})

test('headers beyond 16 KiB are refused', async () => {
  expect((await askRaw(hub.url, '/health', { headers: { 'x-long': 'x'.repeat(17_000) } })).status).toBe(431)
})
