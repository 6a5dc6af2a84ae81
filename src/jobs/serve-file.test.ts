import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { appendFile, mkdtemp, readdir, readlink, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { request, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { HubError } from '../errors.ts'
import { OCTETS_AS_LATIN1, serveFile, type ServedFile, type ServeOptions } from './serve-file.ts'

let directory: string
let server: Server | undefined

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'serve-file-'))
  vi.spyOn(console, 'error').mockReturnValue()
})

afterEach(async () => {
  const complaints = vi.mocked(console.error).mock.calls
  vi.restoreAllMocks()
  server?.closeAllConnections()
  server?.close()
  server = undefined
  await rm(directory, { recursive: true })
  // This is where node-server complains about a response that is sent twice.
  expect(complaints).toEqual([])
})

async function fileOf(bytes: Buffer, overrides: Partial<ServedFile> = {}): Promise<ServedFile> {
  const file = path.join(directory, 'file')
  await writeFile(file, bytes)
  const etag = `"${createHash('sha256').update(bytes).digest('hex')}"`
  return { path: file, size: bytes.length, etag, contentType: 'video/mp4', filename: 'clip.mp4', ...overrides }
}

function appOf(file: ServedFile, options: ServeOptions = {}): Hono {
  const app = new Hono()
  app.use(async (c, next) => {
    c.res.headers.set('X-Request-Id', 'r1')
    await next()
  })
  app.get('/file', (c) => serveFile(c, file, options))
  app.onError((error, c) => {
    if (!(error instanceof HubError)) throw error
    c.status(error.status as 500)
    return c.json({ code: error.code })
  })
  return app
}

async function listen(app: Hono): Promise<number> {
  server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

async function get(port: number, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const outgoing = request({ port, host: '127.0.0.1', path: '/file', headers, method })
  outgoing.end()
  const [response] = await once(outgoing, 'response') as [IncomingMessage]
  return { status: response.statusCode, headers: response.headers, body: await buffer(response) }
}

async function openCopies(file: string): Promise<number> {
  const targets = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
  return targets.filter((target) => target.startsWith(file)).length
}

const BYTES = randomBytes(3_000_001)

test('the whole file arrives, with the headers that keep it from ever being a page', async () => {
  const file = await fileOf(BYTES)
  const { status, headers, body } = await get(await listen(appOf(file)))
  expect(status).toBe(200)
  expect(body.equals(BYTES)).toBe(true)
  expect(headers).toMatchObject({
    'accept-ranges': 'bytes',
    'access-control-allow-origin': '*',
    'cache-control': 'private, no-cache, no-transform',
    'content-disposition': 'inline; filename="clip.mp4"',
    'content-length': '3000001',
    'content-security-policy': "default-src 'none'; sandbox",
    'content-type': 'video/mp4',
    'cross-origin-resource-policy': 'cross-origin',
    'etag': file.etag,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-request-id': 'r1',
  })
  expect(headers).not.toHaveProperty('content-encoding')
  expect(headers).not.toHaveProperty('transfer-encoding')
})

test('the same answer comes without node:http', async () => {
  const file = await fileOf(BYTES)
  const app = appOf(file)
  const whole = await app.request('/file')
  expect([whole.status, whole.headers.get('content-length'), whole.headers.get('x-request-id')]).toEqual([200, '3000001', 'r1'])
  expect(Buffer.from(await whole.arrayBuffer()).equals(BYTES)).toBe(true)
  const part = await app.request('/file', { headers: { range: 'bytes=10-19' } })
  expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 10-19/3000001'])
  expect(Buffer.from(await part.arrayBuffer()).equals(BYTES.subarray(10, 20))).toBe(true)
  const cancelled = await app.request('/file')
  await cancelled.body?.cancel()
  await vi.waitFor(async () => expect(await openCopies(file.path)).toBe(0))
})

test.each([
  ['bytes=0-0', 0, 1],
  ['bytes=262143-262145', 262_143, 262_146],
  ['bytes=2999999-', 2_999_999, 3_000_001],
  ['bytes=-5', 2_999_996, 3_000_001],
  ['bytes=5-99999999', 5, 3_000_001],
])('%s is answered with just those bytes', async (range, start, end) => {
  const { status, headers, body } = await get(await listen(appOf(await fileOf(BYTES))), { range })
  expect(status).toBe(206)
  expect(headers).toMatchObject({ 'content-range': `bytes ${start}-${end - 1}/3000001`, 'content-length': String(end - start) })
  expect(body.equals(BYTES.subarray(start, end))).toBe(true)
})

test('a download that broke off is completed with If-Range, and begun anew once the file is another', async () => {
  const file = await fileOf(BYTES)
  const port = await listen(appOf(file))
  const rest = await get(port, { 'range': 'bytes=1000000-', 'if-range': file.etag })
  expect([rest.status, rest.body.equals(BYTES.subarray(1_000_000))]).toEqual([206, true])
  const anew = await get(port, { 'range': 'bytes=1000000-', 'if-range': '"other"' })
  expect([anew.status, anew.body.equals(BYTES)]).toEqual([200, true])
})

test('a range beyond the end is 416 and tells the size', async () => {
  const { status, headers } = await get(await listen(appOf(await fileOf(BYTES))), { range: 'bytes=3000001-' })
  expect([status, headers['content-range']]).toEqual([416, 'bytes */3000001'])
})

test('HEAD has the headers of GET and no body', async () => {
  const port = await listen(appOf(await fileOf(BYTES)))
  const whole = await get(port)
  const head = await get(port, {}, 'HEAD')
  expect(head.body.length).toBe(0)
  expect({ ...head.headers, date: '' }).toEqual({ ...whole.headers, date: '' })
})

test('who has the file already gets 304 and no body, by tag or by date', async () => {
  const file = await fileOf(BYTES)
  const port = await listen(appOf(file))
  const byTag = await get(port, { 'if-none-match': file.etag })
  expect([byTag.status, byTag.body.length, byTag.headers.etag, byTag.headers['content-length']]).toEqual([304, 0, file.etag, undefined])
  const byDate = await get(port, { 'if-modified-since': byTag.headers['last-modified'] ?? '' })
  expect(byDate.status).toBe(304)
})

test('an empty file is sent as such, whatever the range', async () => {
  const port = await listen(appOf(await fileOf(Buffer.alloc(0))))
  const { status, headers, body } = await get(port, { range: 'bytes=0-15728639' })
  expect([status, headers['content-length'], body.length]).toEqual([200, '0', 0])
})

test('one connection carries one download after another', async () => {
  const port = await listen(appOf(await fileOf(BYTES.subarray(0, 1000))))
  const socket = connect(port, '127.0.0.1')
  const ask = 'GET /file HTTP/1.1\r\nHost: hub\r\nRange: bytes=0-9\r\n'
  socket.write(`${ask}\r\n${ask}\r\n${ask}Connection: close\r\n\r\n`)
  const text = (await buffer(socket)).toString('latin1')
  expect(text.split('HTTP/1.1 206 Partial Content').length).toBe(4)
})

test('a name that is not plain ASCII is given twice, and can break out of no header', async () => {
  const file = await fileOf(BYTES.subarray(0, 10), { filename: '視頻 "1"\r\nX-Bad: 1\\(\'50%\').mp4\ud800' })
  const { headers } = await get(await listen(appOf(file)))
  expect(headers['content-disposition']).toBe(
    'inline; filename="__ _1___X-Bad: 1_(\'50_\').mp4_"; '
    + 'filename*=UTF-8\'\'%E8%A6%96%E9%A0%BB%20%221%22%0D%0AX-Bad%3A%201%5C%28%2750%25%27%29.mp4%EF%BF%BD',
  )
  expect(headers).not.toHaveProperty('x-bad')
})

test('what a browser could run is sent as bytes to be saved', async () => {
  const { headers } = await get(await listen(appOf(await fileOf(BYTES.subarray(0, 10), { contentType: 'text/html', filename: 'a.html' }))))
  expect([headers['content-type'], headers['content-disposition']]).toEqual(['application/octet-stream', 'attachment; filename="a.html"'])
})

test('the type for ComputerCraft replaces that of the file, which is then to be saved', async () => {
  const { headers } = await get(await listen(appOf(await fileOf(BYTES.subarray(0, 10)), { contentType: OCTETS_AS_LATIN1 })))
  expect([headers['content-type'], headers['content-disposition']]).toEqual([OCTETS_AS_LATIN1, 'attachment; filename="clip.mp4"'])
})

test('a file of another size than recorded is not sent', async () => {
  const file = await fileOf(BYTES.subarray(0, 10))
  const port = await listen(appOf(file))
  await appendFile(file.path, 'x')
  const { status, body, headers } = await get(port)
  expect([status, JSON.parse(body.toString()), headers['content-disposition']]).toEqual([500, { code: 'internal' }, undefined])
  expect(await openCopies(file.path)).toBe(0)
})

test('a file that is gone is 404; a link, a directory or a device in its place is not followed', async () => {
  const file = await fileOf(BYTES.subarray(0, 10))
  const port = await listen(appOf(file))
  await unlink(file.path)
  expect((await get(port)).status).toBe(404)
  await writeFile(path.join(directory, 'secret'), BYTES.subarray(0, 10))
  await symlink(path.join(directory, 'secret'), file.path)
  expect((await get(port)).status).toBe(500)
  server?.close()
  expect((await get(await listen(appOf({ ...file, path: directory })))).status).toBe(500)
  server?.close()
  expect((await get(await listen(appOf({ ...file, path: '/dev/zero', size: 0 })))).status).toBe(500)
})

test('a file that grows is sent as it is on the disk, under an etag of its own, whatever was recorded', async () => {
  const recorded = await fileOf(Buffer.from('one'), { grows: true })
  const app = appOf(recorded)
  const first = await app.request('/file')
  await writeFile(path.join(directory, 'longer'), 'one and two')
  await rename(path.join(directory, 'longer'), recorded.path)
  const second = await app.request('/file', { headers: { 'if-none-match': first.headers.get('etag')! } })
  expect([await first.text(), second.status, await second.text()]).toEqual(['one', 200, 'one and two'])
  expect((await app.request('/file', { headers: { 'if-none-match': second.headers.get('etag')! } })).status).toBe(304)
})
