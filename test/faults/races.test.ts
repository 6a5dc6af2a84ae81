import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { JobEvent } from '../../src/jobs/job.ts'
import { brief, makeTone, talk } from '../media.ts'
import { removeDirectory, startHubProcess, temporaryDirectory, untilNoProgramsBelow, type HubProcess } from '../running-hub.ts'
import { faultDirectory } from './fault-directory.ts'
import { assertInvariants, measure, type Measured } from './oracle.ts'
import { randomOf, rounds } from './rounds.ts'

const SETTINGS = { REELTIME_CONCURRENCY: '2' }

let scratch: string
let tone: string
let dataDirectory: string
let hub: HubProcess
let source: string
let before: Measured

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
})
beforeEach(async () => {
  dataDirectory = await faultDirectory()
  hub = await startHubProcess(dataDirectory, SETTINGS)
  source = await hub.api.upload(tone)
  await hub.api.ends(await hub.api.accepted(brief(source, 0.1)))
  before = await measure(hub.child.pid!)
})
afterEach(async () => {
  await hub.end('SIGKILL')
  await untilNoProgramsBelow(dataDirectory)
})
afterAll(() => removeDirectory(scratch))

/** The moment is what is at random in these tests; nothing is waited for. */
const aMoment = (random: () => number, mostMs: number) => pause(random() * mostMs)

async function inBatches(count: number, action: (index: number) => Promise<void>): Promise<void> {
  for (let first = 0; first < count; first += 10) {
    await Promise.all(Array.from({ length: Math.min(10, count - first) }, (_, index) => action(first + index)))
  }
}

test('a job that is cancelled at any moment ends once, and nothing of it is left where it was in time (FT-29)', async () => {
  const random = randomOf('cancels')
  const accepted: string[] = []
  const ends = new Set<string>()
  await inBatches(rounds({ fast: 20, all: 500 }), async () => {
    const id = await hub.api.accepted(talk(source, 5))
    accepted.push(id)
    await aMoment(random, 1200)
    const answers = await Promise.all([hub.api.post(`/api/jobs/${id}/cancel`), hub.api.post(`/api/jobs/${id}/cancel`)])
    const { body } = await hub.api.request(`/api/jobs/${id}/events`)
    const told = (body.events as JobEvent[]).flatMap((event) => (event.type === 'status' ? [event.data.status] : event.type === 'end' ? ['end'] : []))
    const { status } = await hub.api.job(id)
    ends.add(status)
    expect(answers.map((answer) => answer.body.status)).toEqual([status, status])
    expect(told.filter((word) => word !== 'queued' && word !== 'running')).toEqual([status, 'end'])
    expect(existsSync(join(dataDirectory, 'jobs', id, 'artifacts'))).toBe(status === 'completed')
    expect(existsSync(join(dataDirectory, 'jobs', id, 'work'))).toBe(false)
  })
  expect(ends).toContain('cancelled')
  expect((await hub.api.request('/health')).body.jobs).toEqual({ running: 0, waiting: 0 })
  await assertInvariants({ hub, accepted, dataDirectory, before })
})

test('a job that is removed at any moment has neither a row without files nor files without a row (FT-28)', async () => {
  const random = randomOf('removals')
  await inBatches(rounds({ fast: 10, all: 300 }), async () => {
    const id = await hub.api.accepted(talk(source, 2))
    await aMoment(random, 800)
    expect((await hub.api.request(`/api/jobs/${id}`, { method: 'DELETE' })).status).toBe(204)
    expect((await hub.api.request(`/api/jobs/${id}`)).status).toBe(410)
    expect(existsSync(join(dataDirectory, 'jobs', id))).toBe(false)
  })
  const { jobs } = await hub.api.list()
  expect(readdirSync(join(dataDirectory, 'jobs'))).toEqual(jobs.map(({ id }) => id))
  await assertInvariants({ hub, accepted: jobs.map(({ id }) => id), dataDirectory, before })
})

test('a download that has begun ends whole whenever its job is removed, and one that comes too late is told so (FT-27)', async () => {
  const random = randomOf('downloads')
  const outcomes: number[] = []
  await inBatches(rounds({ fast: 5, all: 200 }), async () => {
    const id = await hub.api.accepted({ ...brief(source), args: ['-ar', '48000', '-ac', '2'] })
    const { artifacts: [artifact] } = await hub.api.ends(id)
    const readers = Array.from({ length: 3 }, async () => {
      await aMoment(random, 60)
      const response = await open(`${hub.api.url}/api/jobs/${id}/artifacts/${artifact!.name}`)
      outcomes.push(response.statusCode!)
      if (response.statusCode === 200) expect(await hashOfSlowly(response)).toBe(artifact!.sha256)
      else expect([404, 410]).toContain(JSON.parse(await text(response)).status)
    })
    const removal = aMoment(random, 60).then(() => hub.api.request(`/api/jobs/${id}`, { method: 'DELETE' }))
    await Promise.all([...readers, removal])
  })
  expect(outcomes).toContain(200)
  await assertInvariants({ hub, accepted: [], dataDirectory, before })
})

function open(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => get(url, { agent: false }, resolve).on('error', reject))
}

/** In two seconds, which is longer than the kernel can hold what is sent. */
async function hashOfSlowly(response: IncomingMessage): Promise<string> {
  const hash = createHash('sha256')
  const bytesEachMs = Number(response.headers['content-length']) / 2000
  for await (const chunk of response as AsyncIterable<Buffer>) {
    hash.update(chunk)
    await pause(chunk.length / bytesEachMs)
  }
  return hash.digest('hex')
}

test('one key is one job, although the hub is killed while many send it, and they send it again (FT-30)', async () => {
  const random = randomOf('one key')
  const accepted = (await hub.api.list()).jobs.map(({ id }) => id)
  for (let round = 0; round < rounds({ fast: 2, all: 50 }); round++) {
    const key = { 'idempotency-key': `key-${round}` }
    const send = async () => (await hub.api.submit(brief(source, 0.1), key)).body.id as string
    const sending = Promise.allSettled(Array.from({ length: 50 }, send))
    await aMoment(random, 60)
    await hub.end('SIGKILL')
    const answered = (await sending).flatMap((sent) => (sent.status === 'fulfilled' ? [sent.value] : []))
    hub = await startHubProcess(dataDirectory, SETTINGS)
    const again = await Promise.all(Array.from({ length: 10 }, send))
    expect(new Set([...answered, ...again]).size).toBe(1)
    accepted.push(again[0]!)
  }
  expect((await hub.api.list('limit=500')).jobs.map(({ id }) => id).sort()).toEqual([...accepted].sort())
  await assertInvariants({ hub, accepted, dataDirectory })
})
