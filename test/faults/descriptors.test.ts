import { execFileSync } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { brief, makeTone, pacedFfmpeg, talk } from '../media.ts'
import { removeDirectory, temporaryDirectory } from '../running-hub.ts'
import { faultDirectory } from './fault-directory.ts'
import { injectFault, mayInject } from './injected-fault.ts'
import { MortalHub } from './mortal-hub.ts'
import { assertInvariants, measure } from './oracle.ts'

const CLIENTS = 200
const BACK_MS = 5000

let scratch: string
let tone: string
let mortal: MortalHub

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
})
afterEach(() => mortal.kill())
afterAll(() => removeDirectory(scratch))

const mayLimit = (() => {
  try {
    execFileSync('prlimit', ['--nofile=64', '--', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

async function start(): Promise<string> {
  mortal = new MortalHub(await faultDirectory(), { REELTIME_CONCURRENCY: '2', REELTIME_FFMPEG: pacedFfmpeg(scratch) })
  await mortal.start()
  const source = await mortal.api.upload(tone)
  await mortal.api.ends(await mortal.api.accepted(brief(source, 0.1)))
  return source
}

test.skipIf(!mayLimit)(`FT-14: out of descriptors under ${CLIENTS} idle clients the hub loses no job, and answers when they go (needs prlimit)`, async () => {
  const source = await start()
  const pid = mortal.process.child.pid!
  const before = await measure(pid)
  const accepted = [await mortal.api.accepted(talk(source, 2))]
  await mortal.api.runs(accepted[0]!)
  for (let count = 0; count < 4; count++) accepted.push(await mortal.api.accepted(brief(source, 0.1)))
  execFileSync('prlimit', [`--pid=${pid}`, '--nofile=64:'])
  const { port } = new URL(mortal.api.url)
  const clients = Array.from({ length: CLIENTS }, (): Socket => connect(Number(port), '127.0.0.1').on('error', () => undefined))
  await Promise.all(clients.map((client) => new Promise((resolve) => client.once('connect', resolve).once('close', resolve))))
  // One that is let in and one that is not both show that the limit is met.
  await expect(Promise.any(clients.map((client) => new Promise((resolve) => client.once('close', resolve))))).resolves.toBeDefined()
  for (const client of clients) client.destroy()
  const released = performance.now()
  await vi.waitFor(async () => expect((await mortal.api.request('/health')).status).toBe(200), { timeout: BACK_MS, interval: 50 })
  console.log(`answers ${Math.round(performance.now() - released)} ms after the clients went`)
  execFileSync('prlimit', [`--pid=${pid}`, '--nofile=4096:'])
  const jobs = await assertInvariants({ hub: mortal.process, accepted, dataDirectory: mortal.directory, before })
  expect(jobs.map(({ status, error }) => error?.code ?? status)).toEqual(jobs.map(() => 'completed'))
})

test.skipIf(!mayInject)('FT-15: where no program can be started for a while the hub stays up, the job is tried again, and it and the next one complete (needs ptrace)', async () => {
  const source = await start()
  const injection = await injectFault({ pid: mortal.process.child.pid!, threads: 'main', calls: 'clone,clone3,fork,vfork', fault: 'error=EAGAIN' })
  const id = await mortal.api.accepted(brief(source, 0.1))
  await vi.waitFor(() => expect(injection.count).toBeGreaterThan(0), 10_000)
  await injection.stop()
  const next = await mortal.api.accepted(brief(source, 0.1))
  const [job, later] = await assertInvariants({ hub: mortal.process, accepted: [id, next], dataDirectory: mortal.directory })
  expect([job?.status, later?.status]).toEqual(['completed', 'completed'])
})
