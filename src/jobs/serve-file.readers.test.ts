import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readlink, rm, truncate, unlink, writeFile } from 'node:fs/promises'
import { request, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { serveFile, type ServeOptions } from './serve-file.ts'

/** More than the buffers of two sockets hold, so that a reader that does not read holds the sender up. */
const LARGE = Buffer.alloc(48 * 1024 * 1024, randomBytes(65_537))

let directory: string
let file: string
let server: Server
/** Answers that are not over. */
let unanswered: number

beforeEach(async () => {
  unanswered = 0
  directory = await mkdtemp(path.join(os.tmpdir(), 'serve-file-'))
  file = path.join(directory, 'file')
  await writeFile(file, LARGE)
})

afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await rm(directory, { recursive: true })
})

async function listen(options: ServeOptions = {}): Promise<number> {
  const app = new Hono()
  const served = { path: file, size: LARGE.length, etag: '"large"', contentType: 'video/mp4', filename: 'clip.mp4' }
  app.get('/file', async (c) => {
    unanswered += 1
    try {
      return await serveFile(c, served, options)
    } finally {
      unanswered -= 1
    }
  })
  app.onError((error, c) => c.text(error.message, 500))
  server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function readHead(port: number): Promise<IncomingMessage> {
  const outgoing = request({ port, host: '127.0.0.1', path: '/file', agent: false })
  outgoing.on('error', () => {})
  outgoing.end()
  const [response] = await once(outgoing, 'response') as [IncomingMessage]
  return response
}

async function openCopies(): Promise<number> {
  const targets = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
  return targets.filter((target) => target.startsWith(file)).length
}

/** Files alone would not do: one that is forgotten is closed by the garbage collector, some day. */
async function allIsOver(): Promise<void> {
  await vi.waitFor(async () => expect([unanswered, await openCopies()]).toEqual([0, 0]), { timeout: 10_000 })
}

test('a file that is removed during a download still ends whole', async () => {
  const response = await readHead(await listen())
  await unlink(file)
  expect((await buffer(response)).equals(LARGE)).toBe(true)
})

test('a file that is cut during a download ends the connection, so that no later answer is taken for its bytes', async () => {
  const socket = connect(await listen(), '127.0.0.1')
  socket.write('GET /file HTTP/1.1\r\nHost: hub\r\n\r\n'.repeat(2))
  await once(socket, 'readable')
  await truncate(file, 0)
  const received = await buffer(socket)
  expect(received.length).toBeLessThan(LARGE.length)
  expect(received.toString('latin1').split('HTTP/1.1 ').length - 1).toBe(1)
})

test('readers that go away leave no file open', async () => {
  const port = await listen()
  const responses = await Promise.all(Array.from({ length: 20 }, () => readHead(port)))
  expect(await openCopies()).toBe(20)
  for (const response of responses) response.socket.resetAndDestroy()
  await allIsOver()
  expect((await readHead(port)).statusCode).toBe(200)
})

test('a reader that goes away with a second request waiting for its turn leaves no file open', async () => {
  const socket = connect(await listen(), '127.0.0.1')
  socket.write('GET /file HTTP/1.1\r\nHost: hub\r\n\r\n'.repeat(2))
  await vi.waitFor(async () => expect(await openCopies()).toBe(2))
  socket.resetAndDestroy()
  await allIsOver()
})

test('readers that go away before they are answered leave no file open', async () => {
  const port = await listen()
  await Promise.all(Array.from({ length: 30 }, async () => {
    const socket = connect(port, '127.0.0.1')
    await new Promise((resolve) => socket.write('GET /file HTTP/1.1\r\nHost: hub\r\n\r\n'.repeat(3), resolve))
    socket.resetAndDestroy()
  }))
  await buffer(await readHead(port))
  await allIsOver()
})

test('a reader that takes no byte is cut when its time is over and not much later, and its file is closed', async () => {
  const response = await readHead(await listen({ stallMs: 2000 }))
  const begun = performance.now()
  await vi.waitFor(() => expect(unanswered).toBe(0), { timeout: 10_000, interval: 10 })
  expect(performance.now() - begun).toBeGreaterThan(1800)
  expect(performance.now() - begun).toBeLessThan(3800)
  await allIsOver()
  await expect(buffer(response)).rejects.toThrow('aborted')
})

test('a reader that is slow but takes bytes is not cut', async () => {
  const response = await readHead(await listen({ stallMs: 500 }))
  const hash = createHash('sha256')
  const begun = performance.now()
  for await (const chunk of response) {
    hash.update(chunk)
    // Three times the limit in all.
    if (performance.now() - begun < 1200) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  expect(hash.digest('hex')).toBe(createHash('sha256').update(LARGE).digest('hex'))
})
