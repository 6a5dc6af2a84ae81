import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Job } from '../../src/jobs/job.ts'
import { brief, makeTone, pacedFfmpeg, talk } from '../media.ts'
import { removeDirectory, startHubProcess, temporaryDirectory, type HubProcess } from '../running-hub.ts'
import { faultDirectory } from './fault-directory.ts'
import { assertInvariants } from './oracle.ts'
import { rounds } from './rounds.ts'

const HOUR_S = 3600
const YEAR_S = 365 * 24 * HOUR_S
const LIBRARY = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`).find((file) => existsSync(file))

let scratch: string
let tone: string
let clock: string
let settings: Record<string, string>
let dataDirectory: string
let hub: HubProcess
let source: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
  clock = join(scratch, 'clock')
  settings = {
    REELTIME_FFMPEG: pacedFfmpeg(scratch), REELTIME_CONCURRENCY: '2',
    LD_PRELOAD: LIBRARY ?? '', FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
})
beforeEach(async () => {
  dataDirectory = await faultDirectory()
})
afterAll(() => removeDirectory(scratch))

/** Seconds away from the true time, or the time itself. */
function setClock(time: number | string): void {
  writeFileSync(clock, typeof time === 'number' ? `${time < 0 ? '' : '+'}${time}\n` : `@${time}\n`)
}

async function start(more: Record<string, string> = {}): Promise<HubProcess> {
  hub = await startHubProcess(dataDirectory, { ...settings, ...more })
  onTestFinished(() => void hub.end('SIGKILL'))
  source = await hub.api.upload(tone)
  return hub
}

/** How far the hub's clock is ahead of the true one. */
async function hubIsAhead(): Promise<number> {
  const job = await hub.api.ends(await hub.api.accepted(brief(source, 0.1)))
  return ((job.ended_at ?? 0) - Date.now()) / 1000
}

function assertTimesInOrder({ created_at, started_at, ended_at, expires_at }: Job): void {
  const times = [created_at, started_at!, ended_at!]
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(expires_at).toBeGreaterThan(0)
}

describe.skipIf(LIBRARY === undefined)('the clock of a hub that works (needs libfaketime)', () => {
  test.each([
    { to: 'a year ahead', by: YEAR_S }, { to: 'a year back', by: -YEAR_S },
    ...rounds({ fast: 0, all: 1 }) ? [{ to: 'an hour ahead', by: HOUR_S }, { to: 'an hour back', by: -HOUR_S }] : [],
  ])('is set $to: what runs goes on, ids and their order stand, and no time is negative (FT-25, FT-26)', async ({ by }) => {
    setClock(0)
    await start({ REELTIME_JOB_TIMEOUT_SECONDS: '60', REELTIME_STALL_SECONDS: '30' })
    const accepted = [await hub.api.accepted(brief(source, 0.1))]
    await hub.api.ends(accepted[0]!)
    accepted.push(await hub.api.accepted(talk(source, 1)))
    await hub.api.runs(accepted[1]!)
    setClock(by)
    accepted.push(await hub.api.accepted(brief(source, 0.1)))
    const jobs = await Promise.all(accepted.map((id) => hub.api.ends(id)))
    expect(jobs).toMatchObject(accepted.map((id) => ({ id, status: 'completed', attempt: 1 })))
    jobs.forEach(assertTimesInOrder)
    expect((await hub.api.list()).jobs.map(({ id }) => id)).toEqual([...accepted].reverse())
    await assertInvariants({ hub, accepted, dataDirectory })
  })

  test('stands at the beginning of 1970: jobs run, and are kept when it is put right (FT-26)', async () => {
    setClock('1970-01-01 00:01:00')
    await start()
    const accepted = [await hub.api.accepted(brief(source, 0.1))]
    const early = await hub.api.ends(accepted[0]!)
    expect(early.created_at).toBeLessThan(HOUR_S * 24 * 1000)
    assertTimesInOrder(early)
    setClock(0)
    accepted.push(await hub.api.accepted(brief(source, 0.1)))
    await assertInvariants({ hub, accepted, dataDirectory })
    expect(Math.abs(await hubIsAhead())).toBeLessThan(10)
  })

  test.skipIf(rounds({ fast: 1, all: 0 }) > 0)('jumps a year between two sweeps: nothing is removed, and the operator is told (FT-25)', async () => {
    setClock(0)
    await start()
    const accepted = [await hub.api.accepted(brief(source, 0.1))]
    await hub.api.ends(accepted[0]!)
    setClock(YEAR_S)
    await vi.waitFor(() => expect(hub.complaints.join('\n')).toContain('retention.clock_jumped'), { timeout: 90_000, interval: 500 })
    await assertInvariants({ hub, accepted, dataDirectory })
  })
})
