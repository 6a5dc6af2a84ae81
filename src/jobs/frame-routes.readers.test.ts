import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { frameRoutes } from './frame-routes.ts'
import { FrameStore } from './frame-store.ts'
import { EMPTY_JOB, type Job } from './job.ts'

const STALL_MS = 2000
/** More than the buffers of two sockets hold. */
const FRAMES = Array.from({ length: 48 }, () => Buffer.alloc(1024 * 1024))

let directory: string
let frames: FrameStore
let server: Server
let status: Job['status']

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reeltime-frames-'))
  frames = new FrameStore({ jobDirectory: (id) => join(directory, id) })
  await frames.write('a', (pack) => pack.append(FRAMES))
  const jobs = { get: () => ({ ...EMPTY_JOB, status }) }
  server = serve({ fetch: frameRoutes({ jobs, frames, stallMs: STALL_MS }).fetch, port: 0, hostname: '127.0.0.1' }) as Server
  if (!server.listening) await once(server, 'listening')
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await frames.close()
  await rm(directory, { recursive: true })
})

const countConnections = () => new Promise<number>((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))))

/** Asks, and reads nothing of the answer but its beginning. */
async function silentReader(query: string): Promise<void> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(`GET /api/jobs/a/framepack?${query} HTTP/1.1\r\nHost: hub\r\n\r\n`)
  await once(socket, 'readable')
}

test.each(['', 'follow=1'])('a reader of a pack (%j) that takes no byte is cut when its time is over and not much later', async (query) => {
  status = 'completed'
  await silentReader(query)
  const begun = performance.now()
  await vi.waitFor(async () => expect(await countConnections()).toBe(0), { timeout: 10_000, interval: 10 })
  expect(performance.now() - begun).toBeGreaterThan(0.9 * STALL_MS)
  expect(performance.now() - begun).toBeLessThan(1.9 * STALL_MS)
})

test('a reader that waits for frames to be made is not cut for that', async () => {
  status = 'running'
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/jobs/a/framepack?from=49&count=1&follow=1`)
  const begun = performance.now()
  // As long as the job takes to make its next frame.
  const made = new Promise((resolve) => setTimeout(resolve, 1.5 * STALL_MS)).then(() => frames.write('a', (pack) => pack.append([Buffer.from('late')])))
  expect((await response.arrayBuffer()).byteLength).toBe(4 + 4 + 'late'.length)
  expect(performance.now() - begun).toBeGreaterThan(1.4 * STALL_MS)
  await made
})
