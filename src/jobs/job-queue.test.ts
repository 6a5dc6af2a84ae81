import { beforeEach, expect, test } from 'vitest'
import { openDatabase } from './database.ts'
import { JobQueue } from './job-queue.ts'

let queue: JobQueue

beforeEach(async () => {
  queue = new JobQueue(await openDatabase(':memory:', { putAside: async () => undefined }))
  for (const id of ['a', 'b', 'c']) queue.enqueue(id)
})

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
