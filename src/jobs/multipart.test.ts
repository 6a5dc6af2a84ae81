import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { HubError } from '../errors.ts'
import { ANYBODY } from './caller.ts'
import { DiskGuard } from './disk-guard.ts'
import { receiveMultipart } from './multipart.ts'
import { uploadRoutes } from './upload-routes.ts'
import { UploadQuota } from './upload-quota.ts'
import { UploadStore, type Upload, type UploadStoreOptions } from './upload-store.ts'

let directory: string
let server: Server | undefined

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'multipart-'))
})

afterEach(async () => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
  await rm(directory, { recursive: true })
})

async function listen(options: Partial<UploadStoreOptions> = {}): Promise<string> {
  const disk = new DiskGuard({ directory, limitBytes: null, freeBytesFloor: 0 })
  const uploads = new UploadStore({ directory: path.join(directory, 'uploads'), retentionMs: 7_200_000, disk, quota: new UploadQuota({ maxBytes: 1024 ** 4 }), ...options })
  const app = new Hono().route('/', uploadRoutes({ uploads, unfinished: { get: () => undefined, remove: async () => false } }))
  app.post('/two', async (c) => {
    const { files, fields } = await receiveMultipart(c, { uploads, caller: ANYBODY, maxFiles: 2 })
    return c.json({ files: files.map(({ field, upload }) => [field, upload.name]), fields: [...fields] })
  })
  app.onError((error, c) => {
    if (!(error instanceof HubError)) throw error
    c.status(error.status as 500)
    return c.json({ code: error.code, message: error.message, errors: error.errors })
  })
  server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

type Part = readonly [field: string, content: string | Uint8Array<ArrayBuffer>, fileName?: string]

function post(url: string, parts: readonly Part[]): Promise<Response> {
  const form = new FormData()
  for (const [field, content, fileName] of parts) {
    if (fileName === undefined) form.append(field, content as string)
    else form.append(field, new Blob([content]), fileName)
  }
  return fetch(url, { method: 'POST', body: form })
}

async function kept(): Promise<readonly string[]> {
  return readdir(path.join(directory, 'uploads')).catch(() => [])
}

test('several files of one form become uploads in their order; other fields are passed over', async () => {
  const bytes = randomBytes(5_000_000)
  const answer = await post(`${await listen()}/api/uploads`, [['note', 'hi'], ['photo', bytes, '視.png'], ['photo', 'two', 'b.png'], ['sound', 'three', 'c.mp3']])
  const { uploads } = await answer.json() as { uploads: (Upload & { field: string })[] }
  expect([answer.status, uploads.map(({ field, name, size }) => [field, name, size])])
    .toEqual([201, [['photo', '視.png', 5_000_000], ['photo', 'b.png', 3], ['sound', 'c.mp3', 5]]])
  expect(uploads[0]?.sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
  expect([...await kept()].sort()).toEqual(uploads.map(({ id }) => id).sort())
})

test('a route that asks for a form has its fields too, and a file input left alone is no file', async () => {
  const answer = await post(`${await listen()}/two`, [['delay', '80'], ['photo', '', ''], ['photo', 'x', 'a.png'], ['delay', '90']])
  expect(await answer.json()).toEqual({ files: [['photo', 'a.png']], fields: [['delay', ['80', '90']]] })
})

test.each<readonly [string, string, readonly Part[], number, string]>([
  ['a file that is too large', '/api/uploads', [['a', 'x', 'a.png'], ['b', Buffer.alloc(3_000_000), 'b.png']], 413, 'b'],
  ['files that are too large together', '/api/uploads', [['a', Buffer.alloc(600_000), 'a.png'], ['b', Buffer.alloc(600_000), 'b.png']], 413, 'b'],
  ['a form larger than any', '/api/uploads', [['a', Buffer.alloc(20_000_000), 'a.png']], 413, 'body'],
  ['an empty file', '/api/uploads', [['a', 'x', 'a.png'], ['b', '', 'b.png']], 400, 'b'],
  ['a field that is too large', '/api/uploads', [['a', 'x', 'a.png'], ['note', 'x'.repeat(70_000)]], 400, 'note'],
  ['a form without a file', '/api/uploads', [['note', 'hi']], 400, 'body'],
  ['more files than the route takes', '/two', [['a', 'x', 'a'], ['b', 'x', 'b'], ['c', 'x', 'c']], 400, 'body'],
])('%s is refused by its name, and nothing is kept', async (_, url, parts, status, part) => {
  const answer = await post(`${await listen({ maxBytes: 1_000_000 })}${url}`, parts)
  expect([answer.status, (await answer.json() as HubError).errors?.map((error) => error.path)]).toEqual([status, [part]])
  expect(await kept()).toEqual([])
})

test.each([
  ['application/json', 415],
  ['multipart/form-data; x=y', 400],
])('a body of type %s is %i', async (type, status) => {
  expect((await fetch(`${await listen()}/api/uploads`, { method: 'POST', body: '{}', headers: { 'content-type': type } })).status).toBe(status)
})

test('a form that ends in the middle of a file is 400 and leaves nothing', async () => {
  const body = '--b\r\nContent-Disposition: form-data; name="a"; filename="a.png"\r\n\r\nhello'
  const answer = await fetch(`${await listen()}/api/uploads`, { method: 'POST', body, headers: { 'content-type': 'multipart/form-data; boundary=b' } })
  expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'invalid_input' }])
  expect(await kept()).toEqual([])
})

test.each([
  ['resets its connection', 60_000],
  ['sends nothing for too long', 100],
])('a client that %s within a file leaves nothing', async (_, stallMs) => {
  const socket = connect(Number(new URL(await listen({ stallMs })).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write('POST /api/uploads HTTP/1.1\r\nHost: hub\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n')
  socket.write('--b\r\nContent-Disposition: form-data; name="a"; filename="a.png"\r\n\r\nhello')
  await vi.waitFor(async () => expect(await kept()).toHaveLength(1), { timeout: 10_000, interval: 5 })
  if (stallMs > 1000) socket.resetAndDestroy()
  else expect((await once(socket, 'data')).toString()).toContain('HTTP/1.1 400 Bad Request')
  await vi.waitFor(async () => expect(await kept()).toEqual([]), { timeout: 10_000 })
  socket.destroy()
})
