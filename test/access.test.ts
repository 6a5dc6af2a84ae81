import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HubApi } from './hub-api.ts'
import { startKeyedHub, type KeyedHub, type KeyHolder } from './keyed-hub.ts'
import { brief, makeTone, pacedFfmpeg, talk } from './media.ts'
import { removeDirectory, temporaryDirectory } from './running-hub.ts'

let scratch: string
let hub: KeyedHub
let source: string
let ann: KeyHolder
let bob: KeyHolder
let admin: KeyHolder

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startKeyedHub(join(scratch, 'data'), { REELTIME_CONCURRENCY: '3', REELTIME_FFMPEG: pacedFfmpeg(scratch), REELTIME_FFPROBE: 'ffprobe' })
  source = await hub.api.upload(makeTone(scratch))
  ann = await hub.holder({ name: 'ann' })
  bob = await hub.holder({ name: 'bob' })
  admin = await hub.holder({ name: 'admin', scopes: ['admin'] })
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

const LISTS = ['/api/jobs', '/api/tasks', '/api/jobs/events', '/metrics'] as const

test('without a key a job is submitted and read by its id, and no list of jobs is shown', async () => {
  const id = await hub.api.accepted(brief(source, 0.1))
  expect((await hub.api.ends(id)).status).toBe('completed')
  expect((await hub.api.download(id, 'output.wav')).status).toBe(200)
  for (const path of [...LISTS, '/api/%6aobs', '/api/jobs/%65vents']) {
    const { status, body, headers } = await hub.api.request(path)
    expect([path, status, body.code, headers.get('www-authenticate')]).toEqual([path, 401, 'unauthenticated', 'Bearer realm="reeltime"'])
  }
  expect((await hub.api.request('/api/tasks')).body).toMatchObject({ status: 'error', message: expect.stringContaining('key') })
})

test('a key lists its own jobs, the key of the operator all', async () => {
  const mine = await ann.api.accepted(brief(source, 0.1))
  const another = await bob.api.accepted(brief(source, 0.1))
  const ids = async ({ api }: KeyHolder) => (await api.list('limit=500')).jobs.map(({ id }) => id)
  expect(await ids(ann)).toEqual([mine])
  expect(await ids(bob)).toEqual([another])
  expect(await ids(admin)).toEqual(expect.arrayContaining([mine, another]))
  const tasks = (await ann.api.request('/api/tasks')).body.tasks as { task_id: string }[]
  expect(tasks.map(({ task_id }) => task_id)).toEqual([mine])
  expect((await ann.api.request('/api/jobs/events')).body).toMatchObject({ status: 403, code: 'forbidden', detail: expect.stringContaining('admin') })
  expect((await admin.api.request('/api/jobs/events')).status).toBe(200)
})

test('the owner of a job is in no answer about it', async () => {
  const id = await ann.api.accepted(brief(source, 0.1))
  expect(JSON.stringify([await hub.api.job(id), (await hub.api.request(`/api/jobs/${id}/events`)).body])).not.toContain(ann.id)
})

test('a key that lacks a scope is told which', async () => {
  const reader = await hub.holder({ name: 'reader', scopes: ['read'] })
  expect((await reader.api.submit(brief(source))).body).toMatchObject({ status: 403, code: 'forbidden', detail: 'The key reader lacks the scope submit' })
  expect((await reader.api.request('/api/uploads/a', { method: 'PUT', body: 'a' })).body).toMatchObject({ status: 403 })
})

test('the job of a key is changed with that key, or the operator’s, and by nobody else', async () => {
  const id = await ann.api.accepted(talk(source, 30))
  for (const api of [bob.api, hub.api]) {
    expect((await api.post(`/api/jobs/${id}/cancel`)).body).toMatchObject({ status: 403, code: 'forbidden' })
    expect((await api.post(`/api/jobs/${id}/retry`)).status).toBe(403)
    expect((await api.request(`/api/jobs/${id}`, { method: 'DELETE' })).status).toBe(403)
  }
  expect((await ann.api.post(`/api/jobs/${id}/cancel`)).body.status).toBe('cancelled')
  expect((await admin.api.request(`/api/jobs/${id}`, { method: 'DELETE' })).status).toBe(204)
})

test('a key for some tools, or for none but their own arguments, is held to it in every dialect', async () => {
  const { api } = await hub.holder({ tools: ['ffmpeg'], args: 'refused' })
  const refusal = (await api.post('/api/jobs', { tool: 'video_frame', input: { source } })).body
  expect(refusal).toMatchObject({ status: 403, code: 'forbidden', detail: expect.stringContaining('video_frame') })
  expect((await api.submit(brief(source))).body.errors).toEqual([{ path: 'args', message: 'are not allowed with this key' }])
  expect((await api.submit({ inputs: [{ source }], outputs: [{ format: 'wav', args: ['-t', '1'] }] })).status).toBe(403)
  expect((await api.post('/api/ffmpeg/async', brief(source))).body).toMatchObject({ status: 'error', code: 'forbidden' })
  expect((await api.post('/api/video_frame/async', { video_url: source })).body).toMatchObject({ status: 'error', code: 'forbidden' })
  const id = await api.accepted({ inputs: [{ source, duration_seconds: 0.1 }], outputs: [{ format: 'wav' }] })
  expect((await api.ends(id)).status).toBe('completed')
})

test('a key that is none opens nothing, not even what is open without one; in an address it is no key', async () => {
  const wrong = new HubApi(hub.url, { authorization: `Bearer rt_${'A'.repeat(43)}` })
  expect((await wrong.request('/health')).body).toMatchObject({ status: 401, code: 'unauthenticated' })
  expect((await hub.api.request(`/api/jobs?key=${ann.secret}`)).status).toBe(401)
  const named = new HubApi(hub.url, { 'x-api-key': ann.secret })
  expect((await named.request('/api/jobs')).status).toBe(200)
})

test('a key works from the moment it is made to the moment it is revoked, without a restart', async () => {
  const short = await hub.holder()
  expect((await short.api.request('/api/jobs')).status).toBe(200)
  await hub.revoke(short.id)
  expect((await short.api.request('/api/jobs')).status).toBe(401)
  expect((await ann.api.request('/api/jobs')).status).toBe(200)
})

test('what somebody else has asked for, or called by the same Idempotency-Key, is not handed out', async () => {
  const asked = brief(source, 0.2)
  const ask = async (api: HubApi) => (await api.post('/api/ffmpeg/async', asked)).body.task_id as string
  const ids = [await ask(ann.api), await ask(ann.api), await ask(bob.api), await ask(hub.api)]
  expect(ids[1]).toBe(ids[0])
  expect(new Set(ids).size).toBe(3)
  const keyed = async (api: HubApi) => api.accepted(asked, { 'idempotency-key': 'one' })
  const jobs = [await keyed(ann.api), await keyed(ann.api), await keyed(bob.api), await keyed(hub.api)]
  expect(jobs[1]).toBe(jobs[0])
  expect(new Set(jobs).size).toBe(3)
})

test('a key with one job at a time waits for it, and others go by', async () => {
  const one = await hub.holder({ concurrency: 1 })
  const [first, second] = [await one.api.accepted(talk(source, 30)), await one.api.accepted(brief(source, 0.1))]
  await hub.api.reaches(first, ({ status }) => status === 'running')
  expect((await bob.api.ends(await bob.api.accepted(brief(source, 0.3)))).status).toBe('completed')
  expect((await hub.api.job(second)).status).toBe('queued')
  await one.api.post(`/api/jobs/${first}/cancel`)
  expect((await hub.api.ends(second)).status).toBe('completed')
})

test('a key whose minutes are used up is told when there are more', async () => {
  const brisk = await hub.holder({ minutesPerDay: 0.001 })
  await hub.api.ends(await brisk.api.accepted(brief(source, 0.5)))
  const { status, body, headers } = await brisk.api.submit(brief(source, 0.4))
  expect([status, body.code]).toEqual([429, 'quota_exceeded'])
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await bob.api.submit(brief(source, 0.1))).status).toBe(202)
})

test('an upload that goes over the bytes of its key is refused while it comes, and nothing of it stays', async () => {
  const small = await hub.holder({ bytesPerDay: 1000 })
  const put = (bytes: number) => small.api.request('/api/uploads/a', { method: 'PUT', body: Buffer.alloc(bytes, 'a') })
  expect((await put(600)).status).toBe(201)
  const before = await readdir(join(hub.directory, 'uploads'))
  expect((await put(600)).body).toMatchObject({ status: 429, code: 'quota_exceeded' })
  expect(await readdir(join(hub.directory, 'uploads'))).toEqual(before)
  expect((await put(300)).status).toBe(201)
})

test('owners, and what they have used, are known after a restart, and owners even without the index', async () => {
  const directory = join(scratch, 'again')
  const first = await startKeyedHub(directory)
  const carol = await first.holder({ bytesPerDay: 500_000_000 })
  const scoped = await first.holder({ bytesPerDay: 100 })
  const id = await carol.api.accepted(brief(await carol.api.upload(join(scratch, 'tone.wav')), 0.1))
  await first.api.ends(id)
  await scoped.api.request('/api/uploads/a', { method: 'PUT', body: 'a'.repeat(90) })
  await first.stop()
  const second = await startKeyedHub(directory)
  const again = new HubApi(second.url, { authorization: `Bearer ${scoped.secret}` })
  expect((await again.request('/api/uploads/a', { method: 'PUT', body: 'a'.repeat(90) })).status).toBe(429)
  await second.stop()
  for (const file of ['hub.sqlite', 'hub.sqlite-wal', 'hub.sqlite-shm']) await rm(join(directory, file), { force: true })
  const third = await startKeyedHub(directory)
  const { jobs } = await new HubApi(third.url, { authorization: `Bearer ${carol.secret}` }).list()
  expect(jobs.map((job) => job.id)).toEqual([id])
  expect((await new HubApi(third.url, { authorization: `Bearer ${scoped.secret}` }).list()).jobs).toEqual([])
  await third.stop()
})

test('a hub for keys only lets nobody else submit, and everybody read what they know the id of', async () => {
  const closed = await startKeyedHub(join(scratch, 'closed'), { REELTIME_ANONYMOUS: 'none' })
  const { api } = await closed.holder()
  const id = await api.accepted(brief(await api.upload(join(scratch, 'tone.wav')), 0.1))
  expect((await closed.api.ends(id)).status).toBe('completed')
  expect((await closed.api.download(id, 'output.wav')).status).toBe(200)
  expect((await closed.api.submit(brief('http://example.org/a.mp3'))).body).toMatchObject({ status: 401, code: 'unauthenticated' })
  expect((await closed.api.request('/api/uploads/a', { method: 'PUT', body: 'a' })).status).toBe(401)
  expect((await closed.api.post('/api/ffmpeg/async', brief('http://example.org/a.mp3'))).body).toMatchObject({ status: 'error', code: 'unauthenticated' })
  await closed.stop()
})
