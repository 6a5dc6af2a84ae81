import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { brief, makeTone, pacedFfmpeg, talk } from '../media.ts'
import { removeDirectory, temporaryDirectory } from '../running-hub.ts'
import { faultDirectory } from './fault-directory.ts'
import { injectFault, mayInject } from './injected-fault.ts'
import { MortalHub } from './mortal-hub.ts'
import { assertInvariants, measure, type Measured } from './oracle.ts'
import { rounds } from './rounds.ts'

const STEP = rounds({ fast: 8, all: 1 })
const MOST_CALLS = 200
const CHANGES = 'mkdir,pwrite64,fdatasync,fsync,rename,ftruncate'

let scratch: string
let tone: string
let mortal: MortalHub
let source: string
let before: Measured

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
})
afterAll(() => removeDirectory(scratch))

describe.skipIf(!mayInject)('calls that fail (needs ptrace)', () => {
  beforeEach(async () => {
    mortal = new MortalHub(await faultDirectory(), { REELTIME_CONCURRENCY: '1', REELTIME_FFMPEG: pacedFfmpeg(scratch) })
    onTestFinished(() => mortal.kill())
    await mortal.start()
    source = await mortal.api.upload(tone)
    // What is loaded lazily is loaded before anything fails.
    await mortal.api.ends(await mortal.api.accepted(brief(source, 0.1)))
    before = await measure(mortal.process.child.pid!)
  })

  test.each(['EIO', 'ENOSPC'])(`FT-03: where the Nth call fails with %s the job fails or is kept, and the hub goes on (steps of ${STEP})`, async (error) => {
    const accepted = new Set<string>()
    const met = new Map<string, number>()
    for (let call = 1, isReached = true; isReached && call <= MOST_CALLS; call += STEP) {
      const injection = await injectFault({ pid: mortal.process.child.pid!, threads: 'all', calls: CHANGES, fault: `error=${error}:when=${call}` })
      const { status, body } = await mortal.api.submit(brief(source, 0.05))
      if (status === 202) accepted.add(body.id)
      else expect([status, body.status]).toEqual([error === 'EIO' ? 500 : 507, status])
      const outcome = status === 202 ? await mortal.api.ends(body.id) : undefined
      await injection.stop()
      isReached = injection.count > 0
      const told = outcome ? (outcome.error?.code ?? outcome.status) : String(status)
      if (isReached) met.set(told, (met.get(told) ?? 0) + 1)
    }
    expect(mortal.process.child.exitCode).toBe(null)
    accepted.add(await mortal.api.accepted(brief(source, 0.05)))
    await mortal.api.ends([...accepted].at(-1)!)
    console.log(`${error}: ${[...met].map(([told, count]) => `${told} ${count}`).join(', ')}`)
    expect(met.size).toBeGreaterThan(0)
    // A directory that could not be removed is, at the next start.
    await mortal.kill()
    const hub = await mortal.start()
    const jobs = await assertInvariants({ hub, accepted, dataDirectory: mortal.directory })
    expect(jobs.at(-1)?.status).toBe('completed')
    expect(jobs.every((job) => job.status === 'completed' || ['internal', 'disk_full'].includes(job.error!.code))).toBe(true)
  })

  test('FT-11: with no room for the index jobs end and are told, new ones are refused, and it catches up by itself', async () => {
    const running = await mortal.api.accepted(talk(source, 2))
    await mortal.api.runs(running)
    const injection = await injectFault({ pid: mortal.process.child.pid!, threads: 'main', calls: 'pwrite64', fault: 'error=ENOSPC' })
    const refused = await mortal.api.submit(brief(source, 0.1))
    expect(refused.body).toMatchObject({ status: 507, code: 'disk_full' })
    expect(await mortal.api.ends(running)).toMatchObject({ status: 'completed' })
    await injection.stop()
    expect(injection.count).toBeGreaterThan(0)
    const next = await mortal.api.accepted(brief(source, 0.1))
    await assertInvariants({ hub: mortal.process, accepted: [running, next], dataDirectory: mortal.directory, before })
    expect((await mortal.api.list()).jobs.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed'])
  })

  test('FT-13: on a disk that lets nothing be changed the hub stays up, and goes on when it does', async () => {
    const running = await mortal.api.accepted(talk(source, 2))
    await mortal.api.runs(running)
    const injection = await injectFault({
      pid: mortal.process.child.pid!, threads: 'all', calls: 'mkdir,pwrite64,rename,unlink,rmdir,ftruncate', fault: 'error=EROFS',
    })
    const refused = await mortal.api.submit(brief(source, 0.1))
    expect(refused.status).toBeGreaterThanOrEqual(500)
    expect(refused.body).toMatchObject({ status: refused.status, code: expect.any(String) })
    expect((await mortal.api.request('/health')).body.jobs.running).toBe(1)
    await injection.stop()
    const next = await mortal.api.accepted(brief(source, 0.1))
    const jobs = await assertInvariants({ hub: mortal.process, accepted: [running, next], dataDirectory: mortal.directory, before })
    expect(jobs.map(({ status }) => status)).toEqual(['completed', 'completed'])
  })
})
