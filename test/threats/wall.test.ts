import { copyFile, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../src/jobs/run-command.ts'
import { findSandbox } from '../../src/jobs/sandbox/ladder.ts'
import { NO_SANDBOX, type Sandbox } from '../../src/jobs/sandbox/sandbox.ts'
import { encode, H264, picture, tone } from '../frame-media.ts'
import { removeDirectory, temporaryDirectory } from '../running-hub.ts'
import { argumentAttacks, type ArgumentAttack, type Kind } from './argument-attacks.ts'
import { watchPlaces, type WatchedPlaces } from './watched-places.ts'

const sandbox = await findSandbox({ memoryBytes: 2 ** 30 })

/** Many of them would never end. */
const RUN_MS = 800

let scratch: string
let clip: string
let places: WatchedPlaces

beforeAll(async () => {
  scratch = await temporaryDirectory()
  clip = encode(join(scratch, 'clip.mp4'), [...picture('64x48', 10, 1), ...tone(1), ...H264])
  places = await watchPlaces(join(scratch, 'places'))
  // What the hub itself was told is nothing for its children; ffmpeg would write a report of its own where this says.
  process.env['REELTIME_TEST_SECRET'] = places.flag
  process.env['FFREPORT'] = `file=${places.outside}/report.log:level=32`
})
afterAll(async () => {
  delete process.env['REELTIME_TEST_SECRET']
  delete process.env['FFREPORT']
  await places.close()
  await removeDirectory(scratch)
})

/** What comes of an attack that no grammar has stopped: all that ffmpeg says and makes. */
async function comesOf({ id, command }: ArgumentAttack, wall: Sandbox): Promise<string> {
  const [input, work] = [join(scratch, `${id}-in`), join(scratch, `${id}-out`)]
  await copyFile(clip, input)
  await mkdir(work)
  const args = ['-hide_banner', '-nostdin', '-y', ...command.map((word) => (word === 'in' ? input : word))]
  const said: string[] = []
  const ran = runCommand({
    program: 'ffmpeg', args, cwd: work, reads: [input], writes: work, sandbox: wall, limits: { fsize: 20_000_000, cpu: 3 },
    signal: AbortSignal.timeout(RUN_MS), graceMs: 100, onLine: ({ text }) => said.push(text),
  })
  await ran.catch((error: unknown) => said.push(String(error)))
  const made = await Promise.all((await readdir(work)).map(async (name) => (await readFile(join(work, name))).toString('latin1')))
  expect([id, (await readFile(input)).equals(await readFile(clip))]).toEqual([id, true])
  await Promise.all([rm(input), rm(work, { recursive: true })])
  return said.join() + made.join()
}

describe.skipIf(sandbox.wall !== 'bubblewrap')('behind bubblewrap (needs one that works)', () => {
  test.each<Kind>(['reads', 'connects', 'writes', 'runs', 'exhausts'])('what %s and would have got past the grammar has no effect outside', async (kind) => {
    for (const attack of argumentAttacks(places)[kind]) {
      expect([attack.id, (await comesOf(attack, sandbox)).includes(places.flag)]).toEqual([attack.id, false])
      expect([attack.id, places.connections(), places.isReadingNoted ? await places.touched() : []]).toEqual([attack.id, 0, []])
    }
  }, 120_000)
})

test('without a wall they do get what they are after, so that it is the wall that keeps them from it', async () => {
  const open = await watchPlaces(join(scratch, 'open'))
  const { reads, connects, writes } = argumentAttacks(open)
  expect(await comesOf(reads.find(({ id }) => id === 'R01')!, NO_SANDBOX)).toContain(open.flag)
  await comesOf(connects.find(({ id }) => id === 'N01')!, NO_SANDBOX)
  await comesOf(writes.find(({ id }) => id === 'W01')!, NO_SANDBOX)
  expect(open.connections()).toBe(1)
  expect(await open.touched()).toContain(join(open.outside, 'W01.mp4'))
  await open.close()
})
