import { execFileSync } from 'node:child_process'
import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { canMount } from '../../test/can-mount.ts'
import { openDatabase, type Database } from './database.ts'
import { JobQueue } from './job-queue.ts'

// Statements alone do not keep it open: without anybody who knows it, it is collected and closed.
let database: Database
let queue: JobQueue

beforeEach(async () => {
  database = await openDatabase(':memory:', { putAside: async () => undefined })
  queue = new JobQueue(database)
  for (const id of ['a', 'b', 'c']) queue.enqueue(id)
})

afterEach(() => database.close())

test('who came first is claimed first, and by one only', () => {
  const claims = ['w1', 'w2', 'w1', 'w2'].map((worker) => queue.claim(worker, 0))
  expect(claims).toEqual([{ jobId: 'a', worker: 'w1' }, { jobId: 'b', worker: 'w2' }, { jobId: 'c', worker: 'w1' }, undefined])
})

test('a job that goes back has its old place', () => {
  queue.claim('w', 0)
  queue.claim('w', 0)
  queue.enqueue('b')
  queue.enqueue('a')
  expect(queue.waiting()).toEqual(['a', 'b', 'c'])
})

test('places count those that wait, and change as the ones in front leave', () => {
  expect(['a', 'b', 'c', 'x'].map((id) => queue.position(id))).toEqual([1, 2, 3, undefined])
  queue.claim('w', 0)
  expect(['a', 'b', 'c'].map((id) => queue.position(id))).toEqual([undefined, 1, 2])
  expect(queue.withdraw('b')).toBe(true)
  expect([queue.position('c'), queue.waitingCount]).toEqual([1, 1])
})

test('what is claimed cannot be withdrawn, and what is withdrawn not claimed', () => {
  queue.claim('w', 0)
  expect([queue.withdraw('a'), queue.withdraw('b'), queue.withdraw('b')]).toEqual([false, true, false])
  expect(queue.claim('w', 0)?.jobId).toBe('c')
})

test('a lease is extended and given back by its holder alone', () => {
  const claim = queue.claim('w', 0)!
  expect(queue.extend({ ...claim, worker: 'other' }, 5)).toBe(false)
  queue.release({ ...claim, worker: 'other' })
  expect(queue.extend(claim, 5)).toBe(true)
  queue.release(claim)
  expect(queue.extend(claim, 5)).toBe(false)
})

test('leases that ran out, or whose worker is gone, are found', () => {
  queue.claim('gone', 0)
  queue.claim('here', 0)
  expect(queue.abandoned({ workers: ['here'], now: 30_000 })).toEqual(['a'])
  expect(queue.abandoned({ workers: ['here', 'gone'], now: 30_001 })).toEqual(['a', 'b'])
})

test('places without a job are dropped, claimed or not', () => {
  queue.claim('w', 0)
  queue.retain(new Set(['c']))
  expect([queue.waiting(), queue.abandoned({ workers: [], now: 0 })]).toEqual([['c'], []])
})

test('owners take turns, whoever has how many waiting', () => {
  for (const id of ['d', 'e']) queue.enqueue(id, 'late')
  expect(queue.waiting()).toEqual(['a', 'd', 'b', 'e', 'c'])
  expect(['a', 'd', 'b', 'e', 'c'].map((id) => queue.position(id))).toEqual([1, 2, 3, 4, 5])
  expect(Array.from({ length: 5 }, () => queue.claim('w', 0)?.jobId)).toEqual(['a', 'd', 'b', 'e', 'c'])
})

test('who comes when others have long been served does not go before all of them', () => {
  for (let count = 0; count < 3; count++) queue.claim('w', 0)
  for (const id of ['d', 'e']) queue.enqueue(id)
  queue.enqueue('f', 'late')
  queue.enqueue('g', 'late')
  expect(queue.waiting()).toEqual(['f', 'd', 'g', 'e'])
})

test('an owner with as many running as it may is passed over until one of them has ended', () => {
  for (const id of ['x', 'y']) queue.enqueue(id, 'capped')
  const one = () => 1
  const claims = Array.from({ length: 5 }, () => queue.claim('w', 0, one))
  expect(claims.map((claim) => claim?.jobId)).toEqual(['a', 'x', 'b', 'c', undefined])
  expect(claims[1]).toEqual({ jobId: 'x', worker: 'w', owner: 'capped' })
  queue.release(claims[1]!)
  expect(queue.claim('w', 0, one)?.jobId).toBe('y')
})

test('those without a name have no limit as one owner', () => {
  expect(Array.from({ length: 3 }, () => queue.claim('w', 0, () => 0)?.jobId)).toEqual(['a', 'b', 'c'])
})

test.skipIf(!canMount())('a claim that finds the disk full is none, and says so (needs mount)', async () => {
  const disk = await mkdtemp(join(tmpdir(), 'job-queue-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', disk])
  const onDisk = await openDatabase(join(disk, 'hub.sqlite'), { putAside: async () => undefined })
  try {
    const full = new JobQueue(onDisk)
    full.enqueue('a')
    await appendFile(join(disk, 'ballast'), Buffer.alloc(1024 ** 2)).catch(() => undefined)
    expect(() => full.claim('w', 0)).toThrow('full')
    expect(full.waiting()).toEqual(['a'])
    await rm(join(disk, 'ballast'))
    expect(full.claim('w', 0)).toEqual({ jobId: 'a', worker: 'w' })
  } finally {
    onDisk.close()
    execFileSync('umount', ['--lazy', disk])
    await rm(disk, { recursive: true })
  }
})
