import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { utimes } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { serve as listen } from '@hono/node-server'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { createApp } from '../src/app.ts'
import { parseConfig } from '../src/config.ts'
import { createContext, type HubContext } from '../src/context.ts'
import type { Logger } from '../src/logger.ts'
import { HubApi } from './hub-api.ts'
import { brief, makeTone, pacedFfmpeg, talk } from './media.ts'
import { removeDirectory, temporaryDirectory } from './running-hub.ts'

const HOUR_MS = 3_600_000

let scratch: string
let tone: string
let context: HubContext
let server: Server
let api: HubApi
let count = 0

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
})
afterEach(stop)
afterAll(() => removeDirectory(scratch))

async function stop(): Promise<void> {
  await context.pool.stop({ drainMs: 0 })
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await context.close()
}

/** A hub whose sweeps come when the test says so. */
async function start(settings: Record<string, string> = {}, logger: Partial<Logger> = {}): Promise<string> {
  const directory = join(scratch, `data-${count++}`)
  await open(directory, settings, logger)
  return directory
}

async function open(directory: string, settings: Record<string, string> = {}, logger: Partial<Logger> = {}): Promise<void> {
  const quiet = { info: () => undefined, error: () => undefined, ...logger }
  const environment = { PATH: process.env['PATH'], REELTIME_DATA_DIR: directory, REELTIME_RETENTION_SECONDS: '3600', ...settings }
  context = await createContext(parseConfig(environment), quiet)
  server = listen({ fetch: createApp(context).fetch, hostname: '127.0.0.1', port: 0 }) as Server
  if (!server.listening) await once(server, 'listening')
  api = new HubApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

test('what has expired is gone with its files and answers 410, what has not stays', async () => {
  const directory = await start()
  const source = await api.upload(tone)
  const id = await api.accepted(brief(source, 0.1))
  const job = await api.ends(id)
  await context.retention.sweep(job.expires_at! - 1)
  expect((await api.download(id, 'output.wav')).status).toBe(200)
  await context.retention.sweep(job.expires_at!)
  expect((await api.request(`/api/jobs/${id}`)).body).toMatchObject({ status: 410, code: 'job_expired' })
  expect((await api.download(id, 'output.wav')).status).toBe(410)
  expect((await api.request(`/api/jobs/${id}/events`)).status).toBe(410)
  expect(existsSync(join(directory, 'jobs', id))).toBe(false)
  expect((await api.list()).jobs).toEqual([])
})

test('what a job waits to read stays, however long it waits, and goes when it has been read', async () => {
  await start({ REELTIME_CONCURRENCY: '1', REELTIME_FFMPEG: pacedFfmpeg(scratch) })
  const [upload, other] = [await api.upload(tone), await api.upload(tone)]
  const ended = await api.ends(await api.accepted(brief(await api.upload(tone), 0.1)))
  const running = await api.accepted(talk(upload, 600))
  const waiting = [await api.accepted(brief(upload, 0.1)), await api.accepted(brief(`job:${ended.id}/output.wav`, 0.1))]
  await api.runs(running)
  await context.retention.sweep(Date.now() + 2 * HOUR_MS)
  expect((await api.request(`/api/uploads/${other.slice('upload:'.length)}`)).status).toBe(404)
  await api.post(`/api/jobs/${running}/cancel`)
  expect((await Promise.all(waiting.map((id) => api.ends(id)))).map(({ status }) => status)).toEqual(['completed', 'completed'])
  await context.retention.sweep(Date.now() + 2 * HOUR_MS)
  expect((await api.request(`/api/jobs/${ended.id}`)).status).toBe(410)
  expect((await api.request(`/api/uploads/${upload.slice('upload:'.length)}`)).status).toBe(404)
})

test('a download that has begun ends whole although its job expires', async () => {
  await start()
  const id = await api.accepted({ ...brief(await api.upload(tone), 60), args: ['-ar', '48000', '-ac', '2'] })
  const { artifacts: [artifact] } = await api.ends(id)
  const response = await fetch(`${api.url}/api/jobs/${id}/artifacts/output.wav`)
  const reader = response.body!.getReader()
  const hash = createHash('sha256').update((await reader.read()).value!)
  await context.retention.sweep(Date.now() + 2 * HOUR_MS)
  expect((await api.request(`/api/jobs/${id}`)).status).toBe(410)
  for (let part = await reader.read(); !part.done; part = await reader.read()) hash.update(part.value)
  expect(hash.digest('hex')).toBe(artifact!.sha256)
})

test('a job that is retried while it is being swept is either gone or runs, never half of both', async () => {
  const directory = await start()
  const source = await api.upload(tone)
  const ids = await Promise.all(Array.from({ length: 8 }, () => api.accepted(brief(source, 0.1))))
  await Promise.all(ids.map((id) => api.ends(id)))
  const retries = ids.map((id) => api.post(`/api/jobs/${id}/retry`))
  await context.retention.sweep(Date.now() + 2 * HOUR_MS)
  for (const { status, body } of await Promise.all(retries)) {
    if (status === 202) expect(await api.ends(body.id)).toMatchObject({ status: expect.stringMatching('completed|failed'), attempt: 2 })
    else expect(status).toBe(410)
  }
  const left = (await api.list()).jobs.map(({ id }) => id)
  for (const id of ids) expect(existsSync(join(directory, 'jobs', id))).toBe(left.includes(id))
})

test('past the disk limit the oldest ended jobs go, and only as many as it takes', async () => {
  await start({ REELTIME_DISK_LIMIT: String(42_000_000), REELTIME_CONCURRENCY: '1' })
  const source = await api.upload(tone)
  const ids: string[] = []
  for (let job = 0; job < 4; job++) ids.push(await api.accepted({ ...brief(source), args: ['-ar', '48000', '-ac', '2'] }))
  const jobs = await Promise.all(ids.map((id) => api.ends(id)))
  expect(jobs.every(({ artifacts: [artifact] }) => artifact!.size > 11_000_000)).toBe(true)
  await context.retention.sweep()
  expect((await api.list()).jobs.map(({ id }) => id)).toEqual(ids.slice(1).reverse())
})

function setClock(by: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + by })
  onTestFinished(() => void vi.useRealTimers())
}

test.each([['ahead', 24 * HOUR_MS], ['back', -24 * HOUR_MS]])(
  'a clock that is set %s has nothing removed early, nor kept for longer than its time anew, and is told of once', async (_, by) => {
    const complaints: string[] = []
    await start({}, { error: (event) => void complaints.push(event) })
    const source = await api.upload(tone)
    const key = { 'idempotency-key': 'once' }
    const id = await api.accepted(brief(source, 0.1), key)
    await api.ends(id)
    const upload = `/api/uploads/${source.slice('upload:'.length)}`
    const statuses = (...paths: string[]) => Promise.all(paths.map(async (path) => (await api.request(path)).status))
    setClock(by)
    // Before anybody has noticed.
    const later = await api.accepted(brief(await api.upload(tone), 0.2))
    await api.ends(later)
    for (const laterMs of [0, 0.9 * HOUR_MS]) {
      await context.retention.sweep(Date.now() + laterMs)
      expect(await statuses(`/api/jobs/${id}`, `/api/jobs/${later}`, upload)).toEqual([200, 200, 200])
      expect(await api.accepted(brief(source, 0.1), key)).toBe(id)
    }
    expect(complaints).toEqual(['retention.clock_jumped'])
    await context.retention.sweep(Date.now() + 1.1 * HOUR_MS)
    expect(await statuses(`/api/jobs/${id}`, `/api/jobs/${later}`, upload)).toEqual([410, 410, 404])
  },
)

test('what was made under a clock that ran ahead is kept for its time and no longer, over a restart with the clock put right', async () => {
  setClock(365 * 24 * HOUR_MS)
  const directory = await start()
  const source = await api.upload(tone)
  const id = await api.accepted(brief(source, 0.1))
  await api.ends(id)
  const file = join(directory, 'uploads', source.slice('upload:'.length), 'upload.json')
  await utimes(file, Date.now() / 1000, Date.now() / 1000)
  await stop()
  vi.useRealTimers()
  await open(directory)
  await context.retention.sweep()
  expect((await api.job(id)).expires_at).toBeLessThanOrEqual(Date.now() + HOUR_MS)
  await context.retention.sweep(Date.now() + HOUR_MS + 2000)
  expect((await api.request(`/api/jobs/${id}`)).status).toBe(410)
  expect(existsSync(file)).toBe(false)
})

test('a key is forgotten with the time, and then is a new one', async () => {
  await start()
  const source = await api.upload(tone)
  const key = { 'idempotency-key': 'again' }
  const id = await api.accepted(brief(source, 0.1), key)
  await api.ends(id)
  expect(await api.accepted(brief(source, 0.1), key)).toBe(id)
  await context.retention.sweep(Date.now() + 2 * HOUR_MS)
  expect(await api.accepted(brief(await api.upload(tone), 0.1), key)).not.toBe(id)
})
