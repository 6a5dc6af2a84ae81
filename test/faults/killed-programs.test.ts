import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { brief, makeTone, pacedFfmpeg, talk } from '../media.ts'
import { programsBelow, removeDirectory, temporaryDirectory } from '../running-hub.ts'
import { faultDirectory } from './fault-directory.ts'
import { MortalHub } from './mortal-hub.ts'
import { assertInvariants, measure } from './oracle.ts'
import { randomOf, rounds } from './rounds.ts'

const KILLS = rounds({ fast: 6, all: 50 })
const MOST_RUN_MS = 500
const SLOT_FREE_MS = 1000

let scratch: string
let mortal: MortalHub

beforeAll(async () => {
  scratch = await temporaryDirectory()
})
afterEach(() => mortal.kill())
afterAll(() => removeDirectory(scratch))

test(`FT-04: ${KILLS} programs killed at random moments each fail one job, which says so, and free its slot at once`, async () => {
  const random = randomOf('FT-04')
  mortal = new MortalHub(await faultDirectory(), { REELTIME_CONCURRENCY: '1', REELTIME_FFMPEG: pacedFfmpeg(scratch) })
  const hub = await mortal.start()
  const { api } = hub
  const source = await api.upload(makeTone(scratch))
  const before = await measure(hub.child.pid!)
  const accepted: string[] = []
  const freeAfterMs: number[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const id = await api.accepted(talk(source, 30))
    const next = await api.accepted(brief(source, 0.05))
    accepted.push(id, next)
    await api.runs(id)
    // The moment of the kill is what is at random here; nothing is waited for.
    await pause(random() * MOST_RUN_MS)
    const starts = api.reaches(next, ({ status }) => status !== 'queued')
    const killedAt = performance.now()
    for (const pid of await programsBelow(mortal.directory)) process.kill(pid, 'SIGKILL')
    expect(await api.ends(id)).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'command_killed', signal: 'SIGKILL' } })
    await starts
    freeAfterMs.push(performance.now() - killedAt)
  }
  const jobs = await assertInvariants({ hub, accepted, dataDirectory: mortal.directory, before })
  expect(jobs.filter(({ status }) => status === 'completed')).toHaveLength(KILLS)
  freeAfterMs.sort((a, b) => a - b)
  // Of all, and not of the one that the machine held up.
  expect(freeAfterMs[Math.floor(KILLS / 2)]).toBeLessThan(SLOT_FREE_MS)
  console.log(`${KILLS} killed; the next one ran after ${Math.round(freeAfterMs[Math.floor(KILLS / 2)]!)} ms, at most ${Math.round(freeAfterMs.at(-1)!)} ms`)
})
