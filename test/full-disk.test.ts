import { execFileSync } from 'node:child_process'
import { mkdir, readdir, rm, statfs, writeFile } from 'node:fs/promises'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { brief, makeTone } from './media.ts'
import { leftovers, removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

const MEBIBYTE = 1024 ** 2
const DISK_BYTES = 48 * MEBIBYTE

let scratch: string
let tone: string
let disk: string
let hub: InnerHub

const mayMount = (() => {
  const probe = mkdtempSync(join(tmpdir(), 'reeltime-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe], { stdio: 'ignore' })
    execFileSync('umount', [probe])
    return true
  } catch {
    return false
  } finally {
    rmdirSync(probe)
  }
})()

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
})
beforeEach(async () => {
  disk = await temporaryDirectory()
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES},nr_inodes=400`, 'tmpfs', disk])
})
afterEach(async () => {
  await hub.stop()
  execFileSync('umount', ['-l', disk])
  await removeDirectory(disk)
})
afterAll(() => removeDirectory(scratch))

async function start(settings: Record<string, string> = {}): Promise<string> {
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(disk, 'data'), REELTIME_CONCURRENCY: '1', ...settings })
  return hub.api.upload(tone)
}

async function leaveFree(bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(disk)
  await writeFile(join(disk, 'ballast'), Buffer.alloc(bavail * bsize - bytes))
}

/** More than there is room for: 60 s of six channels at 96 kHz. */
const large = (source: string) => ({ ...brief(source), args: ['-ar', '96000', '-ac', '6', '-c:a', 'pcm_s32le'] })

test.skipIf(!mayMount)('below the floor new jobs are refused with 507, and taken again when there is room', async () => {
  const source = await start({ REELTIME_DISK_FLOOR: String(MEBIBYTE) })
  await leaveFree(MEBIBYTE / 2)
  const { body, headers } = await hub.api.submit(brief(source, 0.1))
  expect(body).toMatchObject({ status: 507, code: 'disk_full' })
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  await rm(join(disk, 'ballast'))
  expect((await hub.api.ends(await hub.api.accepted(brief(source, 0.1)))).status).toBe('completed')
})

test.skipIf(!mayMount)('a job that fills the disk fails and says so, and gives the room back', async () => {
  const source = await start()
  const first = await hub.api.ends(await hub.api.accepted(large(source)))
  expect(first).toMatchObject({ status: 'failed', artifacts: [], error: { code: 'disk_full' } })
  expect(await leftovers(hub.directory)).toEqual([])
  expect((await hub.api.ends(await hub.api.accepted(brief(source, 0.1)))).status).toBe('completed')
})

test.skipIf(!mayMount)('a disk that is filled to the last byte stops neither the hub nor the end of the job', async () => {
  const source = await start({ REELTIME_DISK_FLOOR: '1' })
  const filling = await hub.api.accepted(large(source))
  const waiting = await hub.api.accepted(brief(source, 0.1))
  expect(await hub.api.ends(filling)).toMatchObject({ status: 'failed', artifacts: [], error: { code: 'disk_full' } })
  expect(await hub.api.ends(waiting)).toMatchObject({ status: 'completed' })
  const { jobs } = await hub.api.list()
  expect(jobs.map(({ status }) => status)).toEqual(['completed', 'failed'])
})

test.skipIf(!mayMount)('a submission that finds the last bytes gone is refused, not kept waiting, and nothing of it is run later', async () => {
  const source = await start({ REELTIME_DISK_FLOOR: '1' })
  await leaveFree(8192)
  expect((await hub.api.submit(brief(source, 0.1))).body).toMatchObject({ status: 507, code: 'disk_full' })
  await rm(join(disk, 'ballast'))
  expect((await hub.api.list()).jobs).toEqual([])
  expect((await hub.api.ends(await hub.api.accepted(brief(source, 0.1)))).status).toBe('completed')
})

test.skipIf(!mayMount)('a disk with room for bytes and none for files refuses alike, and is swept of what was begun', async () => {
  const source = await start()
  const { ffree } = await statfs(disk)
  await mkdir(join(disk, 'many'))
  for (let file = 1; file < ffree - 1; file++) await writeFile(join(disk, 'many', String(file)), '')
  const answers = await Promise.all(Array.from({ length: 6 }, () => hub.api.submit(brief(source, 0.1))))
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [507, 'disk_full']))
  expect(await readdir(join(hub.directory, 'jobs'))).toEqual([])
  await rm(join(disk, 'many'), { recursive: true })
  expect((await hub.api.ends(await hub.api.accepted(brief(source, 0.1)))).status).toBe('completed')
})
