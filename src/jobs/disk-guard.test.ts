import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, statfs, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { canMount } from '../../test/can-mount.ts'
import { DiskGuard } from './disk-guard.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'disk-guard-'))
  await mkdir(path.join(directory, 'jobs/one/artifacts'), { recursive: true })
  await writeFile(path.join(directory, 'jobs/one/artifacts/a'), Buffer.alloc(3000))
  await writeFile(path.join(directory, 'jobs/one/log'), Buffer.alloc(200))
  await writeFile(path.join(directory, 'lock'), Buffer.alloc(1))
})

afterEach(() => rm(directory, { recursive: true }))

test('usage is the bytes of all files below the directory, and does not follow links out of it', async () => {
  await symlink('/', path.join(directory, 'jobs/one/l'))
  expect(await new DiskGuard({ directory, limitBytes: null }).usage()).toBe(3201 + '/'.length)
})

test('usage is looked up once for a while, and at once when it is to be forgotten', async () => {
  const guard = new DiskGuard({ directory, limitBytes: null, usageAgeMs: 1_000_000 })
  expect(await Promise.all([guard.usage(), guard.usage()])).toEqual([3201, 3201])
  await writeFile(path.join(directory, 'more'), Buffer.alloc(10))
  expect(await guard.usage()).toBe(3201)
  guard.forgetUsage()
  expect(await guard.usage()).toBe(3211)
})

test('usage that is old is looked up again', async () => {
  const guard = new DiskGuard({ directory, limitBytes: null, usageAgeMs: 0 })
  expect(await guard.usage()).toBe(3201)
  await rm(path.join(directory, 'jobs'), { recursive: true })
  expect(await guard.usage()).toBe(1)
})

test('what is over the limit is to be freed, and nothing without a limit', async () => {
  const options = { directory, freeBytesFloor: 0 }
  expect(await new DiskGuard({ ...options, limitBytes: 3000 }).excess()).toBe(201)
  expect(await new DiskGuard({ ...options, limitBytes: 4000 }).excess()).toBe(0)
  expect(await new DiskGuard({ ...options, limitBytes: null }).excess()).toBe(0)
})

test('what is missing to the floor is to be freed, however much the limit allows', async () => {
  const { blocks, bsize } = await statfs(directory)
  const guard = new DiskGuard({ directory, limitBytes: 10_000, freeBytesFloor: blocks * bsize * 2 })
  expect(await guard.excess()).toBeGreaterThanOrEqual(blocks * bsize)
})

test('room is refused with what is free, what is kept free, and the way out', async () => {
  const guard = new DiskGuard({ directory, limitBytes: null, freeBytesFloor: 5 * 1024 ** 2 })
  await guard.assertRoomFor(1000)
  await expect(guard.assertRoomFor(1e18)).rejects.toMatchObject({
    code: 'disk_full', status: 507, retryAfterSeconds: 60,
    message: expect.stringMatching(/ [\d.]+ MiB are free, of which 5 MiB are kept free/) as string,
    hint: expect.stringContaining('Remove jobs') as string,
  })
})

test('the floor is 5 % of a small disk and 512 MiB of a large one', async () => {
  const { blocks, bsize } = await statfs(directory)
  const floor = await new DiskGuard({ directory, limitBytes: null }).floor()
  expect(floor).toBe(Math.min(512 * 1024 ** 2, Math.floor(blocks * bsize * 0.05)))
})

test.skipIf(!canMount())('a tmpfs of 8 MiB that fills up: room, then no room, then something to free (needs mount)', async () => {
  const disk = path.join(directory, 'disk')
  await mkdir(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', disk])
  try {
    const guard = new DiskGuard({ directory: disk, limitBytes: null, freeBytesFloor: 2 * 1024 ** 2 })
    await guard.assertRoomFor(6 * 1024 ** 2)
    await expect(guard.assertRoomFor(6 * 1024 ** 2 + 1)).rejects.toMatchObject({ code: 'disk_full' })
    await writeFile(path.join(disk, 'ballast'), Buffer.alloc(7 * 1024 ** 2))
    await expect(guard.assertRoomFor(0)).rejects.toMatchObject({ code: 'disk_full' })
    expect(await guard.excess()).toBe(1024 ** 2)
    expect(await new DiskGuard({ directory: disk, limitBytes: null }).floor()).toBe(Math.floor(8 * 1024 ** 2 * 0.05))
  } finally {
    execFileSync('umount', ['--lazy', disk])
  }
})
