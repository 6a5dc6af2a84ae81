import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { logged, readPages } from '../channel-reader.ts'
import { removeDirectory, temporaryDirectory } from '../running-hub.ts'
import { faultDirectory } from './fault-directory.ts'
import { MixedJobs } from './mixed-jobs.ts'
import { MortalHub } from './mortal-hub.ts'
import { assertEndedOnce, assertInvariants, downloadWhole, measure } from './oracle.ts'
import { readResuming } from './resuming-reader.ts'
import { randomOf, rounds } from './rounds.ts'

const ROUNDS = rounds({ fast: 6, all: 100 })
const JOBS_EACH_ROUND = 4
const MOST_WORK_MS = 800
// Takes 0.3 s on an idle machine; here the tests of others may have the cores.
const START_MS = 10_000

let scratch: string
let mixed: MixedJobs
let mortal: MortalHub

beforeAll(async () => {
  scratch = await temporaryDirectory()
  mixed = await MixedJobs.start(scratch)
})
afterEach(() => mortal.kill())
afterAll(async () => {
  mixed.stop()
  await removeDirectory(scratch)
})

/** Submits the job of this number, whatever it takes. Resolves to its id. */
async function submit(number: number): Promise<string> {
  const source = number % 4 === 0 ? await mortal.answer((api) => api.upload(mixed.tone)) : ''
  const request = mixed.request(number, source)
  const { status, body } = await mortal.answer((api) => api.post('/api/jobs', request, { 'idempotency-key': `job-${number}` }))
  expect([status, body], JSON.stringify(body)).toEqual([202, expect.anything()])
  return body.id
}

/** Reads the job's channel across all kills, and takes its artifacts the moment it is told that they are there. */
async function follow(number: number, id: string): Promise<number> {
  const transport = number % 2 ? 'sse' : 'websocket'
  const { events, connections, resets } = await readResuming(transport, id, { whenUp: async () => (await mortal.whenUp()).api.url })
  const job = await mortal.answer((api) => api.job(id))
  if (job.status === 'completed') await mortal.answer((api) => downloadWhole(api, job))
  assertEndedOnce(job, events)
  expect(logged(events)).toEqual(logged(await mortal.answer((api) => readPages(`${api.url}/api/jobs/${id}/events`))))
  expect(resets).toBe(0)
  return connections
}

test(`FT-01 FT-06 FT-30: ${ROUNDS} kills at random moments lose no job, end none twice and break no reader's count`, async () => {
  const random = randomOf('FT-01')
  mortal = new MortalHub(await faultDirectory(), { REELTIME_CONCURRENCY: '2', REELTIME_FETCH_ALLOW: mixed.host })
  const accepted = new Set<string>()
  const working: Promise<number>[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await mortal.start()
    const submissions = Array.from({ length: JOBS_EACH_ROUND }, async (_, index) => {
      const number = round * JOBS_EACH_ROUND + index
      const id = await submit(number)
      accepted.add(id)
      return { number, id }
    })
    working.push(...submissions.map((submission) => submission.then(({ number, id }) => follow(number, id))))
    for (const followed of working) followed.catch(() => undefined)
    if (random() < 0.75) await Promise.race(submissions)
    // The moment of the kill is what is at random here; nothing is waited for.
    await pause(random() * MOST_WORK_MS)
    await mortal.kill()
  }
  const hub = await mortal.start()
  const before = await measure(hub.child.pid!)
  const connections = await Promise.all(working)
  const jobs = await assertInvariants({ hub, accepted, dataDirectory: mortal.directory, before })
  expect((await hub.api.list('limit=500')).jobs.map(({ id }) => id).sort()).toEqual([...accepted].sort())
  expect(accepted.size).toBe(ROUNDS * JOBS_EACH_ROUND)
  // What was interrupted three times is not run again, and says so.
  for (const { status, attempt, error } of jobs) if (status !== 'completed') expect([status, attempt, error?.code]).toEqual(['failed', 3, 'interrupted'])
  expect(jobs.filter(({ status }) => status === 'completed').length).toBeGreaterThan(jobs.length / 2)
  expect(connections.some((count) => count > 1)).toBe(true)
  expect(mortal.slowestStartMs).toBeLessThan(START_MS)
  const attempts = [1, 2, 3].map((attempt) => jobs.filter((job) => job.attempt === attempt).length)
  const most = Math.max(...connections)
  console.log(`${jobs.length} jobs, by attempts ${attempts.join('/')}; up to ${most} connections; slowest start ${Math.round(mortal.slowestStartMs)} ms`)
})
