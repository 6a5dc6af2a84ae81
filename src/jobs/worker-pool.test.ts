import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EventLog } from '../streams/event-log.ts'
import { MemoryLogStorage } from '../streams/log-storage.memory.ts'
import { HubStoppingError, JobCancelledError } from './attempt-limits.ts'
import { openDatabase, type Database } from './database.ts'
import { JobFold } from './job-fold.ts'
import { JobQueue } from './job-queue.ts'
import { WorkerPool } from './worker-pool.ts'
import type { Outcome } from './worker.ts'

let database: Database
let queue: JobQueue
let events: EventLog<JobFold>
let errors: unknown[]

beforeEach(async () => {
  database = await openDatabase(':memory:', { putAside: async () => undefined })
  queue = new JobQueue(database)
  events = new EventLog({ storage: new MemoryLogStorage(), fold: (id) => new JobFold(id) })
  errors = []
})
afterEach(async () => {
  vi.useRealTimers()
  await events.close()
})

function poolOf(work: (jobId: string, signal: AbortSignal) => Promise<Outcome>, slots = 2): WorkerPool {
  return new WorkerPool({ queue, events, slots, work, onInternalError: (error) => errors.push(error) })
}

/** Work that ends when its signal aborts, and then as `outcome` says. */
function untilAborted(outcome: (reason: unknown) => Outcome) {
  return (_: string, signal: AbortSignal) => new Promise<Outcome>((resolve) => {
    signal.addEventListener('abort', () => setImmediate(() => resolve(outcome(signal.reason))))
  })
}

test('jobs are worked in order, so many at a time, until there are none', async () => {
  for (let count = 0; count < 7; count++) queue.enqueue(`job-${count}`)
  const started: string[] = []
  let most = 0
  await new Promise<void>((resolve) => {
    const pool = poolOf(async (id) => {
      started.push(id)
      most = Math.max(most, pool.runningCount + 1)
      await new Promise((turned) => setImmediate(turned))
      if (started.length === 7 && pool.runningCount === 1) resolve()
      return 'ended'
    })
    pool.wake()
  })
  expect(started).toEqual(Array.from({ length: 7 }, (_, count) => `job-${count}`))
  expect(most).toBeLessThanOrEqual(2)
})

test('a worker that breaks down frees its slot, and its job waits again when the lease has run out', async () => {
  queue.enqueue('a')
  let times = 0
  const pool = poolOf(async () => {
    if (++times === 1) throw new TypeError('broken')
    return 'ended'
  })
  pool.wake()
  await pool.stop({ drainMs: 60_000 })
  expect(errors).toEqual([expect.any(TypeError)])
  expect([pool.runningCount, queue.waiting()]).toEqual([0, []])
  pool.isStopping = false
  pool.tendLeases(Date.now() + 20_000)
  expect(times).toBe(1)
  pool.tendLeases(Date.now() + 31_000)
  await pool.stop({ drainMs: 60_000 })
  expect([times, queue.waiting()]).toEqual([2, []])
})

test('a queue that cannot be read or written ends neither the process nor the pool', async () => {
  queue.enqueue('a')
  const pool = poolOf(async () => {
    database.exec('ALTER TABLE queue RENAME TO elsewhere')
    return 'ended'
  })
  pool.wake()
  await pool.stop({ drainMs: 60_000 })
  pool.isStopping = false
  pool.wake()
  pool.tendLeases()
  expect(errors.length).toBeGreaterThan(1)
  expect(pool.runningCount).toBe(0)
})

test('what cannot be claimed is claimed after a pause, and nobody asks for it meanwhile', async () => {
  vi.useFakeTimers()
  queue.enqueue('a')
  const claim = vi.spyOn(queue, 'claim').mockImplementationOnce(() => {
    throw new Error('database or disk is full')
  })
  const begun: string[] = []
  const pool = poolOf(async (id) => {
    begun.push(id)
    return 'ended'
  })
  pool.wake()
  pool.wake()
  await vi.advanceTimersByTimeAsync(900)
  expect([begun, claim.mock.calls.length, errors]).toEqual([[], 1, [new Error('database or disk is full')]])
  await vi.advanceTimersByTimeAsync(200)
  expect(begun).toEqual(['a'])
  await pool.stop({ drainMs: 0 })
})

test('what still runs after the drain goes back to its place', async () => {
  for (const id of ['a', 'b', 'c']) queue.enqueue(id)
  const pool = poolOf(untilAborted((reason) => (reason instanceof HubStoppingError ? 'back_to_queue' : 'ended')))
  pool.wake()
  expect(queue.waiting()).toEqual(['c'])
  await pool.stop({ drainMs: 5 })
  expect(queue.waiting()).toEqual(['a', 'b', 'c'])
})

test('after a shortage nothing is begun for a while, twice as long each time, and places are kept', async () => {
  vi.useFakeTimers()
  for (const id of ['a', 'b']) queue.enqueue(id)
  const begun: string[] = []
  const pool = poolOf(async (id) => {
    begun.push(id)
    return begun.length <= 2 ? 'back_later' : 'ended'
  }, 1)
  pool.wake()
  await vi.advanceTimersByTimeAsync(900)
  pool.wake()
  expect([begun, queue.waiting()]).toEqual([['a'], ['a', 'b']])
  await vi.advanceTimersByTimeAsync(200)
  expect([begun, queue.waiting()]).toEqual([['a', 'a'], ['a', 'b']])
  await vi.advanceTimersByTimeAsync(1800)
  expect(begun).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(200)
  expect([begun, queue.waiting()]).toEqual([['a', 'a', 'a', 'b'], []])
  await pool.stop({ drainMs: 0 })
})

test('a cancelled job has ended when cancel resolves, and the next one has begun', async () => {
  for (const id of ['a', 'b']) queue.enqueue(id)
  const reasons: unknown[] = []
  const pool = poolOf(untilAborted((reason) => {
    reasons.push(reason)
    return 'ended'
  }), 1)
  pool.wake()
  expect(await pool.cancel('b')).toBe(false)
  expect(await pool.cancel('a')).toBe(true)
  expect(reasons).toEqual([expect.any(JobCancelledError)])
  expect([pool.runningCount, queue.waitingCount]).toEqual([1, 0])
  await pool.stop({ drainMs: 0 })
})

test('a job whose lease is another\'s by now is let go', async () => {
  queue.enqueue('a')
  const reasons: unknown[] = []
  const pool = poolOf(untilAborted((reason) => {
    reasons.push(reason)
    return 'lost'
  }))
  pool.wake()
  queue.forget('a')
  pool.tendLeases()
  await pool.stop({ drainMs: 60_000 })
  expect(reasons).toMatchObject([{ name: 'LeaseLostError' }])
})

test('only those that wait and are watched are told their place, and only when it has changed', async () => {
  for (const id of ['a', 'b', 'c']) queue.enqueue(id)
  const [watched, unwatched] = [(await events.open('b', { create: true }))!, (await events.open('c', { create: true }))!]
  const watch = watched.stream.watch()
  const pool = poolOf(async () => 'ended', 0)
  pool.placeWaiting()
  expect(watched.stream.last?.data).toMatchObject({ status: 'queued', queue_position: 2 })
  expect(unwatched.stream.last).toBeUndefined()
  const { rev } = watched.stream.last!
  pool.placeWaiting()
  expect(watched.stream.last?.rev).toBe(rev)
  queue.withdraw('a')
  pool.placeWaiting()
  expect(watched.stream.last?.data).toMatchObject({ queue_position: 1 })
  watch.stop()
})
