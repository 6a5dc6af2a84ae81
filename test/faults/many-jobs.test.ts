import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { brief, makeTone } from '../media.ts'
import { removeDirectory, startHubProcess, temporaryDirectory, type HubProcess } from '../running-hub.ts'
import { faultDirectory } from './fault-directory.ts'
import { assertInvariants, measure } from './oracle.ts'
import { rounds } from './rounds.ts'

const JOBS = rounds({ fast: 30, all: 5000 })
const SETTINGS = { REELTIME_CONCURRENCY: '2', REELTIME_MAX_WAITING: String(JOBS) }

let scratch: string
let tone: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
})
afterAll(() => removeDirectory(scratch))

/** Its own, in user and kernel mode, which the kernel counts in hundredths. */
function processorSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Children of the process that have ended and that it has not waited for. */
function zombiesOf(pid: number): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      const [state, parent] = readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
      return state === 'Z' && Number(parent) === pid
    } catch {
      return false
    }
  })
}

test(`${JOBS} jobs run in the order they came, over a restart in the middle, and leave no zombie and no file open (FT-32, FT-37)`, async () => {
  const dataDirectory = await faultDirectory()
  let hub: HubProcess = await startHubProcess(dataDirectory, SETTINGS)
  try {
    const source = await hub.api.upload(tone)
    const accepted: string[] = []
    for (let job = 0; job < JOBS; job++) accepted.push(await hub.api.accepted(brief(source, 0.05)))
    await hub.api.ends(accepted[Math.floor(JOBS / 3)]!)
    await hub.end('SIGKILL')
    const began = performance.now()
    hub = await startHubProcess(dataDirectory, SETTINGS)
    const processorSeconds = processorSecondsOf(hub.child.pid!)
    console.log(`started again after ${Math.round(performance.now() - began)} ms, with ${processorSeconds} s of a processor`)
    // What the machine does beside it is not the hub's doing.
    expect(processorSeconds).toBeLessThan(5)
    const before = await measure(hub.child.pid!)
    await hub.api.ends(accepted.at(-1)!)
    const jobs = await assertInvariants({ hub, accepted, dataDirectory, before })
    expect(jobs.every(({ status, attempt }) => status === 'completed' && attempt <= 2)).toBe(true)
    expect(jobs.filter(({ attempt }) => attempt === 2).length).toBeLessThanOrEqual(2)
    // Those that were interrupted began once more, behind none but themselves.
    const starts = jobs.filter(({ attempt }) => attempt === 1).map(({ started_at }) => started_at!)
    // Two workers that take theirs in the same moment may begin them the other way round.
    expect(starts.findIndex((at, place) => place > 1 && at < starts[place - 2]!)).toBe(-1)
    expect(zombiesOf(hub.child.pid!)).toEqual([])
  } finally {
    await hub.end('SIGKILL')
  }
})
