import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DatabaseSync } from '@photostructure/sqlite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { recordChild } from '../src/jobs/child-registry.ts'
import { hasEnded, type JobEvent } from '../src/jobs/job.ts'
import { brief, makeTone, pacedFfmpeg, talk } from './media.ts'
import {
  leftovers, programsBelow, removeDirectory, startHubProcess, temporaryDirectory, untilNoProgramsBelow, type HubProcess,
} from './running-hub.ts'

let scratch: string
let tone: string
let settings: Record<string, string>
let directory: string
let hub: HubProcess

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
  settings = { REELTIME_FFMPEG: pacedFfmpeg(scratch), REELTIME_CONCURRENCY: '1' }
})
beforeEach(async () => {
  directory = await temporaryDirectory()
  hub = await startHubProcess(directory, settings)
})
afterEach(async () => {
  await hub.end('SIGKILL')
  await untilNoProgramsBelow(directory)
  await removeDirectory(directory)
})
afterAll(() => removeDirectory(scratch))

async function crash(): Promise<void> {
  await hub.end('SIGKILL')
  await untilNoProgramsBelow(directory)
}

async function restart(more: Record<string, string> = {}): Promise<void> {
  hub = await startHubProcess(directory, { ...settings, ...more })
}

const jobDirectory = (id: string) => join(directory, 'jobs', id)
const allIds = async () => (await hub.api.list('limit=500')).jobs.map(({ id }) => id)

test('after kill -9 the running job runs again, the waiting ones wait on, and readers miss nothing', async () => {
  const source = await hub.api.upload(tone)
  const first = await hub.api.accepted(talk(source, 2))
  const waiting = [await hub.api.accepted(brief(source, 0.2)), await hub.api.accepted(brief(source, 0.2)), await hub.api.accepted(brief(source, 0.2))]
  await hub.api.runs(first)
  const seen: JobEvent[] = []
  const reading = (async () => {
    for await (const event of hub.api.events(first)) if (event.offset !== undefined) seen.push(event)
  })().catch(() => undefined)
  await hub.api.reaches(first, ({ total_logs }) => total_logs > 30)
  await crash()
  await reading
  await restart()
  expect((await hub.api.job(waiting[0]!)).queue_position).toBe(1)
  expect((await hub.api.job(waiting[2]!)).queue_position).toBe(3)
  for await (const event of hub.api.events(first, { lastEventId: seen.at(-1)!.offset })) {
    expect(event.type).not.toBe('reset')
    if (event.offset !== undefined) seen.push(event)
  }
  const { body } = await hub.api.request(`/api/jobs/${first}/events`)
  expect(seen.map(({ offset }) => offset)).toEqual(body.events.map(({ offset }: JobEvent) => offset))
  const states = seen.flatMap((event) => (event.type === 'status' ? [[event.data.status, event.data.attempt, event.data.reason]] : []))
  expect(states.slice(1)).toEqual([
    ['running', 1, undefined], ['queued', undefined, 'interrupted'], ['running', 2, undefined], ['completed', undefined, undefined],
  ])
  const numbers = seen.flatMap((event) => (event.type === 'new_logs' ? event.data.lines.map(({ n }) => n) : []))
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  const ended = await Promise.all(waiting.map((id) => hub.api.ends(id)))
  expect(ended.map(({ status, attempt }) => [status, attempt])).toEqual([['completed', 1], ['completed', 1], ['completed', 1]])
  const starts = ended.map(({ started_at }) => started_at ?? 0)
  expect(starts).toEqual([...starts].sort((a, b) => a - b))
  expect(await leftovers(directory)).toEqual([])
})

test('a program that outlived its hub is ended before its job runs again', async () => {
  const id = await hub.api.accepted(talk(await hub.api.upload(tone), 1))
  await hub.api.runs(id)
  await crash()
  const survivor = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
  const gone = new Promise((resolve) => survivor.once('exit', (_, signal) => resolve(signal)))
  recordChild(jobDirectory(id), survivor.pid!)
  await restart()
  expect(await gone).toBe('SIGKILL')
  expect(await hub.api.ends(id)).toMatchObject({ status: 'completed', attempt: 2 })
})

test('a job under which the hub went down three times fails and says so', async () => {
  const id = await hub.api.accepted(talk(await hub.api.upload(tone), 60))
  for (let count = 0; count < 3; count++) {
    await hub.api.runs(id)
    await crash()
    await restart()
  }
  expect(await hub.api.ends(id)).toMatchObject({ status: 'failed', attempt: 3, error: { code: 'interrupted' } })
  expect(await leftovers(directory)).toEqual([])
  expect((await hub.api.post(`/api/jobs/${id}/retry`)).status).toBe(202)
  expect(await hub.api.runs(id)).toMatchObject({ attempt: 4 })
})

test('no accepted job is lost or run too often, whenever the hub is killed', async () => {
  await crash()
  const seed = Number(process.env['SEED'] ?? Date.now() % 100_000)
  const random = generator(seed)
  const accepted = new Set<string>()
  const finished = new Map<string, string>()
  await restart({ REELTIME_CONCURRENCY: '2', REELTIME_FFMPEG: 'ffmpeg' })
  const source = await hub.api.upload(tone)
  for (let round = 0; round < 10; round++) {
    const { api } = hub
    const submitting = Promise.allSettled(Array.from({ length: 4 }, async (_, index) => {
      const key = { 'idempotency-key': `${round}-${index}` }
      const { status, body } = await api.submit(index % 2 ? brief(source, 1 + random() * 5) : talk(source, 20), index % 3 ? key : {})
      if (status === 202) accepted.add(body.id)
      const job = await api.ends(body.id)
      if (job.status !== 'completed') return
      const { bytes } = await api.download(job.id, job.artifacts[0]!.name)
      if (bytes.length > 0) finished.set(job.id, job.artifacts[0]!.sha256)
    }))
    // The moment of the kill is what is at random here; nothing is waited for.
    await pause(random() * 700)
    await crash()
    await submitting
    await restart({ REELTIME_CONCURRENCY: '2', REELTIME_FFMPEG: 'ffmpeg' })
  }
  const ended = await Promise.all([...accepted].map((id) => hub.api.ends(id)))
  expect(ended.every(({ status }) => hasEnded(status)), `seed ${seed}`).toBe(true)
  expect(await allIds()).toEqual(expect.arrayContaining([...accepted]))
  for (const job of ended) {
    expect(job.status === 'completed' || job.error?.code === 'interrupted', `seed ${seed}: ${JSON.stringify(job.error)}`).toBe(true)
    expect(job.attempt).toBeLessThanOrEqual(3)
    for (const { name, size } of job.artifacts) expect((await hub.api.download(job.id, name)).bytes.length).toBe(size)
  }
  for (const [id, sha256] of finished) expect((await hub.api.job(id)).artifacts[0]?.sha256).toBe(sha256)
  await Promise.all((await allIds()).map((id) => hub.api.ends(id)))
  expect(await programsBelow(directory)).toEqual([])
  expect(await leftovers(directory)).toEqual([])
  expect(await hub.end('SIGTERM')).toBe(0)
  const database = new DatabaseSync(join(directory, 'hub.sqlite'))
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  expect(database.prepare('SELECT count(*) AS count FROM queue').get()).toEqual({ count: 0 })
  database.close()
})

test.each(['gone', 'garbage'])(
  'with an index that is %s the jobs, their order, the queue and the keys come back from the logs', async (what) => {
    const source = await hub.api.upload(tone)
    const ended = [await hub.api.accepted(brief(source, 0.1), { 'idempotency-key': 'k' }), await hub.api.accepted(brief(source, 0.1))]
    for (const id of ended) await hub.api.ends(id)
    const running = await hub.api.accepted(talk(source, 1))
    const waiting = await Promise.all(Array.from({ length: 5 }, () => hub.api.accepted(brief(source, 0.1))))
    await hub.api.runs(running)
    const order = await allIds()
    const { next_cursor } = await hub.api.list('limit=4')
    await crash()
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(directory, `hub.sqlite${suffix}`), { force: true })
    if (what === 'garbage') writeFileSync(join(directory, 'hub.sqlite'), 'garbage '.repeat(4096))
    await restart()
    expect(await allIds()).toEqual(order)
    expect((await hub.api.list(`limit=500&cursor=${next_cursor}`)).jobs.map(({ id }) => id)).toEqual(order.slice(4))
    expect(await hub.api.job(ended[0]!)).toMatchObject({ status: 'completed', artifacts: [{ name: 'output.wav' }] })
    expect((await hub.api.submit(brief(source, 0.1), { 'idempotency-key': 'k' })).body.id).toBe(ended[0])
    expect(await hub.api.ends(running)).toMatchObject({ status: 'completed', attempt: 2 })
    for (const id of waiting) expect(await hub.api.ends(id)).toMatchObject({ status: 'completed', attempt: 1 })
    const aside = (await readdir(directory)).filter((name) => name.startsWith('hub.sqlite.unreadable'))
    expect(aside).toHaveLength(what === 'garbage' ? 1 : 0)
  },
)

test('a reader who knows lines that a power cut took is told so and begins anew', async () => {
  const id = await hub.api.accepted(talk(await hub.api.upload(tone), 60))
  await hub.api.reaches(id, ({ total_logs }) => total_logs > 20)
  const log = join(jobDirectory(id), 'events.ndjson')
  const known = (await hub.api.request(`/api/jobs/${id}/events`)).body.offset
  await crash()
  truncateSync(log, Math.floor(statSync(log).size / 2) + 7)
  await restart()
  await hub.api.runs(id)
  const types: string[] = []
  for await (const event of hub.api.events(id, { lastEventId: known })) {
    types.push(event.type)
    if (event.type === 'new_logs') break
  }
  expect(types.slice(0, 2)).toEqual(['reset', 'snapshot'])
  const numbers = (await hub.api.lines(id)).map(({ n }) => n)
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
})

test('rows that a power cut left behind their logs catch up', async () => {
  const source = await hub.api.upload(tone)
  const id = await hub.api.accepted(brief(source, 0.1))
  await hub.api.ends(id)
  expect(await hub.end('SIGTERM')).toBe(0)
  const before = readFileSync(join(directory, 'hub.sqlite'))
  await restart()
  expect((await hub.api.post(`/api/jobs/${id}/retry`)).status).toBe(202)
  const other = await hub.api.accepted(talk(source, 0.3))
  await Promise.all([id, other].map((job) => hub.api.ends(job)))
  await crash()
  for (const suffix of ['-wal', '-shm']) rmSync(join(directory, `hub.sqlite${suffix}`), { force: true })
  writeFileSync(join(directory, 'hub.sqlite'), before)
  await restart()
  expect(await hub.api.job(id)).toMatchObject({ status: 'completed', attempt: 2 })
  expect(await hub.api.job(other)).toMatchObject({ status: 'completed', attempt: 1 })
})

test('damaged jobs harm only themselves', async () => {
  const source = await hub.api.upload(tone)
  const whole = await hub.api.accepted(brief(source, 0.1))
  await hub.api.ends(whole)
  const running = await hub.api.accepted(talk(source, 60))
  const [lost, broken, logless] = [await hub.api.accepted(brief(source)), await hub.api.accepted(brief(source)), await hub.api.accepted(brief(source))]
  await hub.api.runs(running)
  await crash()
  rmSync(join(jobDirectory(lost), 'request.json'))
  rmSync(join(jobDirectory(logless), 'events.ndjson'))
  const log = join(jobDirectory(broken), 'events.ndjson')
  writeFileSync(log, readFileSync(log, 'utf8').replace('"status":"queued"', '"status";"queued"'))
  writeFileSync(join(directory, 'jobs', 'lost+found'), '')
  await restart()
  await hub.api.post(`/api/jobs/${running}/cancel`)
  expect(await hub.api.ends(lost)).toMatchObject({ status: 'failed', error: { code: 'internal', message: expect.stringContaining('asked for') } })
  for (const id of [logless, broken]) {
    expect((await hub.api.request(`/api/jobs/${id}`)).status).toBe(410)
    expect(existsSync(join(directory, 'unreadable', id, 'request.json'))).toBe(true)
    expect(hub.complaints.find((line) => line.includes(id))).toContain('job.unreadable')
  }
  expect((await hub.api.job(whole)).status).toBe('completed')
})

/** A small generator with a seed, so that a round that failed can be run again. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}
