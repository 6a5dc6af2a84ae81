import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { brief, makeTone } from '../media.ts'
import { removeDirectory, temporaryDirectory } from '../running-hub.ts'
import { faultDirectory } from './fault-directory.ts'
import { FILE_CALLS, injectFault, mayInject } from './injected-fault.ts'
import { MortalHub } from './mortal-hub.ts'
import { assertInvariants } from './oracle.ts'
import { rounds } from './rounds.ts'

const STEP = rounds({ fast: 30, all: 1 })
const MOST_CALLS = 300

let scratch: string
let tone: string
let mortal: MortalHub

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
})
afterEach(() => mortal.kill())
afterAll(() => removeDirectory(scratch))

test.skipIf(!mayInject)(`FT-02: killed at the Nth call that changes a file, in steps of ${STEP} (needs ptrace)`, async () => {
  // One thread for files, so that the Nth is the same each time.
  mortal = new MortalHub(await faultDirectory(), { REELTIME_CONCURRENCY: '1', UV_THREADPOOL_SIZE: '1' })
  const accepted = new Set<string>()
  let kills = 0
  for (let call = 1, isReached = true; isReached && call <= MOST_CALLS; call += STEP) {
    const { api, child, exited } = await mortal.start()
    // What is loaded lazily is loaded before the calls are counted.
    await api.request('/health')
    // An upload, a submission and a job: from the first byte to the end of its log.
    const injection = await injectFault({ pid: child.pid!, threads: 'all', calls: `${FILE_CALLS},write`, fault: `signal=KILL:when=${call}` })
    isReached = await askForOne(accepted).then(() => false, () => true)
    if (isReached) {
      await exited
      kills++
    }
    await injection.stop()
    await mortal.kill()
  }
  const hub = await mortal.start()
  const jobs = await assertInvariants({ hub, accepted: (await hub.api.list('limit=500')).jobs.map(({ id }) => id), dataDirectory: mortal.directory })
  expect(jobs.map(({ id }) => id)).toEqual(expect.arrayContaining([...accepted]))
  // A job may be under way at the next kill as well; after the third it is not run again.
  const outcomes = jobs.map(({ status, attempt, error }) => (error ? `${error.code} ${attempt}` : status))
  expect(['completed', 'interrupted 3']).toEqual(expect.arrayContaining([...new Set(outcomes)]))
  expect(kills).toBeGreaterThan(2)
  console.log(`killed at ${kills} calls, ${jobs.length} jobs, ${outcomes.filter((outcome) => outcome === 'completed').length} completed`)
})

async function askForOne(accepted: Set<string>): Promise<void> {
  const { api } = mortal
  const id = await api.accepted(brief(await api.upload(tone), 0.05))
  accepted.add(id)
  await api.ends(id)
}
