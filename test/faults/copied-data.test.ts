import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { brief, makeTone, talk } from '../media.ts'
import { removeDirectory, startHubProcess, temporaryDirectory, type HubProcess } from '../running-hub.ts'
import { faultDirectory } from './fault-directory.ts'
import { assertInvariants } from './oracle.ts'
import { rounds } from './rounds.ts'

let scratch: string
let tone: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
})
afterAll(() => removeDirectory(scratch))

/** What vanishes while it is being copied is left out. */
function copyFiles(from: string, to: string): void {
  const { status } = spawnSync('cp', ['-a', from, to], { stdio: 'ignore' })
  expect([0, 1]).toContain(status)
}

async function startOn(dataDirectory: string): Promise<HubProcess> {
  const hub = await startHubProcess(dataDirectory, { REELTIME_CONCURRENCY: '2' })
  onTestFinished(() => void hub.end('SIGKILL'))
  return hub
}

test('a plain copy of the data directory, taken while the hub works, is a hub with all that was accepted before (FT-40)', async () => {
  const dataDirectory = await faultDirectory()
  const hub = await startOn(dataDirectory)
  const source = await hub.api.upload(tone)
  const accepted: string[] = []
  for (let round = 0; round < rounds({ fast: 1, all: 50 }); round++) {
    for (const input of [talk(source, 20), brief(source, 1), brief(source, 0.1)]) accepted.push(await hub.api.accepted(input))
    if (round === 0) await hub.api.ends(accepted[0]!)
    const copy = join(scratch, `copy-${round}`)
    // File after file, as a backup does it, while the hub goes on with the index and the jobs.
    const submitting = Promise.all([1, 2, 3, 4].map(() => hub.api.accepted(brief(source, 0.1))))
    copyFiles(dataDirectory, copy)
    const copied = await startHubProcess(copy, { REELTIME_CONCURRENCY: '2' })
    await assertInvariants({ hub: copied, accepted, dataDirectory: copy }).finally(() => copied.end('SIGKILL'))
    rmSync(copy, { recursive: true })
    accepted.push(...(await submitting))
  }
  await assertInvariants({ hub, accepted, dataDirectory })
})

test.each([
  { which: 'an earlier', change: 'DROP TABLE idempotency; DROP TABLE gone; ALTER TABLE jobs DROP COLUMN log_bytes; PRAGMA user_version = 1' },
  { which: 'a later', change: 'ALTER TABLE jobs ADD COLUMN colour TEXT NOT NULL DEFAULT 1; CREATE TABLE more (id TEXT); PRAGMA user_version = 1000' },
])('an index of $which version is made anew from the logs, with the order and the queue it had (FT-39)', async ({ change }) => {
  const dataDirectory = await faultDirectory()
  const hub = await startOn(dataDirectory)
  const source = await hub.api.upload(tone)
  const key = { 'idempotency-key': 'k' }
  const accepted = [await hub.api.accepted(brief(source, 0.1), key)]
  const [ended] = await Promise.all(accepted.map((id) => hub.api.ends(id)))
  for (let job = 0; job < 4; job++) accepted.push(await hub.api.accepted(talk(source, 30)))
  const order = (await hub.api.list()).jobs.map(({ id }) => id)
  await hub.end('SIGKILL')
  const database = new DatabaseSync(join(dataDirectory, 'hub.sqlite'))
  database.exec(change)
  database.close()
  const again = await startOn(dataDirectory)
  expect((await again.api.list()).jobs.map(({ id }) => id)).toEqual(order)
  expect(await again.api.job(accepted[0]!)).toMatchObject({ artifacts: ended!.artifacts })
  expect((await again.api.submit(brief(source, 0.1), key)).body.id).toBe(accepted[0])
  const jobs = await assertInvariants({ hub: again, accepted, dataDirectory })
  const starts = jobs.map(({ started_at }) => started_at!)
  expect(starts).toEqual([...starts].sort((a, b) => a - b))
})
