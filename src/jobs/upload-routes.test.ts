import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readlink, rm, stat } from 'node:fs/promises'
import type { Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { HubError } from '../errors.ts'
import { DiskGuard } from './disk-guard.ts'
import { uploadRoutes } from './upload-routes.ts'
import { UploadQuota } from './upload-quota.ts'
import { UploadStore, type Upload, type UploadStoreOptions } from './upload-store.ts'

let directory: string
let server: Server | undefined

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'upload-routes-'))
})

afterEach(async () => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
  await rm(directory, { recursive: true })
})

function appOf(options: Partial<UploadStoreOptions> = {}): Hono {
  const disk = new DiskGuard({ directory, limitBytes: null, freeBytesFloor: 0 })
  const uploads = new UploadStore({ directory: path.join(directory, 'uploads'), retentionMs: 7_200_000, disk, quota: new UploadQuota({ maxBytes: 1024 ** 4 }), ...options })
  const unfinished = { get: () => undefined, remove: async () => false }
  const app = uploadRoutes({ uploads, unfinished })
  app.onError((error, c) => {
    if (!(error instanceof HubError)) throw error
    c.status(error.status as 500)
    return c.json({ code: error.code })
  })
  return app
}

async function listen(app: Hono): Promise<string> {
  server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function sendHead(origin: string, headers: readonly string[]): Socket {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(['PUT /api/uploads/a.bin HTTP/1.1', 'Host: hub', ...headers, '', ''].join('\r\n'))
  return socket
}

async function kept(): Promise<readonly string[]> {
  return readdir(path.join(directory, 'uploads')).catch(() => [])
}

/** Resolves once bytes of an unfinished upload are on the disk. */
async function begun(): Promise<void> {
  await vi.waitFor(async () => {
    const [id] = await kept()
    expect((await stat(path.join(directory, 'uploads', id ?? '', 'data.part'))).size).toBeGreaterThan(0)
  }, { timeout: 10_000, interval: 5 })
}

async function openFiles(): Promise<readonly string[]> {
  const targets = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
  return targets.filter((target) => target.startsWith(directory))
}

test('a file is sent, looked at, and removed', async () => {
  const origin = await listen(appOf())
  const bytes = randomBytes(5_000_000)
  const put = await fetch(`${origin}/api/uploads/my%20%E8%A6%96.mp4`, { method: 'PUT', body: bytes })
  const upload = await put.json() as Upload
  expect([put.status, put.headers.get('location')]).toEqual([201, `/api/uploads/${upload.id}`])
  expect(upload).toMatchObject({
    name: 'my 視.mp4', size: 5_000_000, sha256: createHash('sha256').update(bytes).digest('hex'), source: `upload:${upload.id}`,
  })
  const url = `${origin}/api/uploads/${upload.id}`
  expect(await (await fetch(url)).json()).toEqual(upload)
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(204)
  expect((await fetch(url)).status).toBe(404)
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(404)
  expect(await openFiles()).toEqual([])
})

test('the same works without node:http', async () => {
  const put = await appOf().request('/api/uploads/a', { method: 'PUT', body: 'hello' })
  expect([put.status, await put.json()]).toMatchObject([201, { name: 'a', size: 5 }])
  const empty = await appOf().request('/api/uploads/a', { method: 'PUT' })
  expect([empty.status, await empty.json()]).toEqual([400, { code: 'invalid_input' }])
})

test('a body without a length is taken as it comes', async () => {
  const socket = sendHead(await listen(appOf()), ['Transfer-Encoding: chunked', 'Connection: close'])
  socket.write('5\r\nhello\r\n')
  socket.write('1\r\n!\r\n0\r\n\r\n')
  const answer = await text(socket)
  expect(answer).toContain('HTTP/1.1 201 Created')
  expect(answer).toContain('"size":6')
})

test.each([
  ['no body', []],
  ['an empty body', ['Content-Length: 0']],
])('%s is 400', async (_, headers) => {
  const answer = await text(sendHead(await listen(appOf()), [...headers, 'Connection: close']))
  expect(answer).toContain('HTTP/1.1 400 Bad Request')
  expect(answer).toContain('invalid_input')
  expect(await kept()).toEqual([])
})

test('a body that is declared too large is answered before it is sent', async () => {
  const socket = sendHead(await listen(appOf({ maxBytes: 1000 })), ['Content-Length: 1001'])
  expect((await once(socket, 'data')).toString()).toContain('HTTP/1.1 413 Payload Too Large')
  socket.destroy()
})

test.each([
  ['of a declared length', Buffer.alloc(20_000_000)],
  ['of no declared length', new Blob([Buffer.alloc(20_000_000)]).stream()],
])('a client that sends a large body %s without looking still gets the answer 413', async (_, body) => {
  const origin = await listen(appOf({ maxBytes: 1_000_000 }))
  const answer = await fetch(`${origin}/api/uploads/a`, { method: 'PUT', body, duplex: 'half' } as RequestInit)
  expect([answer.status, await answer.json()]).toEqual([413, { code: 'payload_too_large' }])
  await vi.waitFor(async () => expect(await kept()).toEqual([]))
  expect(await openFiles()).toEqual([])
})

test('a full disk is 507', async () => {
  const disk = new DiskGuard({ directory, limitBytes: null, freeBytesFloor: Number.MAX_SAFE_INTEGER })
  const answer = await fetch(`${await listen(appOf({ disk }))}/api/uploads/a`, { method: 'PUT', body: 'x' })
  expect([answer.status, await answer.json()]).toEqual([507, { code: 'disk_full' }])
})

test.each([
  ['resets its connection', ['Content-Length: 1000000'], (socket: Socket) => socket.resetAndDestroy()],
  ['closes its connection', ['Content-Length: 1000000'], (socket: Socket) => socket.destroy()],
  ['resets its connection between chunks', ['Transfer-Encoding: chunked'], (socket: Socket) => socket.resetAndDestroy()],
  ['sends what is no chunk', ['Transfer-Encoding: chunked'], (socket: Socket) => socket.write('zzz\r\n')],
] as const)('a client that %s halfway leaves nothing, and the next one is served', async (_, headers, leave) => {
  const origin = await listen(appOf())
  const socket = sendHead(origin, headers)
  socket.write('5\r\nhello\r\n')
  await begun()
  leave(socket)
  await vi.waitFor(async () => expect(await kept()).toEqual([]), { timeout: 10_000 })
  await vi.waitFor(async () => expect(await openFiles()).toEqual([]))
  expect((await fetch(`${origin}/api/uploads/a`, { method: 'PUT', body: 'x' })).status).toBe(201)
  socket.destroy()
})

test('a client that sends nothing for too long is told so, cut, and leaves nothing', async () => {
  const socket = sendHead(await listen(appOf({ stallMs: 100 })), ['Content-Length: 1000000'])
  socket.write('hello')
  await begun()
  expect(await text(socket)).toContain('HTTP/1.1 400 Bad Request')
  expect(await kept()).toEqual([])
  expect(await openFiles()).toEqual([])
})

test('aborts at any moment of many uploads leave nothing and harm none', async () => {
  const origin = await listen(appOf())
  const bytes = randomBytes(300_000)
  const attempts = Array.from({ length: 60 }, async (_, index) => {
    const socket = sendHead(origin, [`Content-Length: ${bytes.length}`])
    await once(socket, 'connect')
    const sent = Math.floor(bytes.length * index / 60)
    await new Promise((resolve) => socket.write(bytes.subarray(0, sent), resolve))
    socket.resetAndDestroy()
  })
  const whole = Array.from({ length: 5 }, () => fetch(`${origin}/api/uploads/a`, { method: 'PUT', body: bytes }))
  expect((await Promise.all(whole)).map(({ status }) => status)).toEqual([201, 201, 201, 201, 201])
  await Promise.all(attempts)
  await vi.waitFor(async () => expect(await kept()).toHaveLength(5), { timeout: 10_000 })
  await vi.waitFor(async () => expect(await openFiles()).toEqual([]))
})
