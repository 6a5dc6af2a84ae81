import { beforeEach, expect, test } from 'vitest'
import { atomically, openDatabase, type Database } from './database.ts'
import { EMPTY_JOB, type Job } from './job.ts'
import { JobIndex } from './job-index.ts'

let database: Database
let index: JobIndex

beforeEach(async () => {
  database = await openDatabase(':memory:', { putAside: async () => undefined })
  index = new JobIndex(database)
})

function insert(id: string, fields: Partial<Job> = {}, fingerprint = id): Job {
  const job = { ...EMPTY_JOB, id, tool: 'ffmpeg', created_at: index.nextCreatedAt(), ...fields }
  index.insert(job, { fingerprint, logBytes: 1 })
  return job
}

const ids = (page: { jobs: readonly Job[] }) => page.jobs.map(({ id }) => id)

test('jobs are listed newest first, each once, although new ones come between the pages', () => {
  for (let count = 0; count < 10; count++) insert(`job-${count}`)
  const seen: string[] = []
  let cursor: string | null | undefined
  do {
    const page = index.list({ limit: 3, cursor: cursor ?? undefined })
    seen.push(...ids(page))
    cursor = page.next_cursor
    insert(`new-${seen.length}`)
  } while (cursor !== null)
  expect(seen).toEqual(Array.from({ length: 10 }, (_, count) => `job-${9 - count}`))
})

test('no two jobs are created at the same time, in this life of the hub or the next', () => {
  const times = Array.from({ length: 50 }, () => insert(`job-${Math.random()}`).created_at)
  expect(new Set(times).size).toBe(50)
  insert('of a clock that was ahead', { created_at: Date.now() + 1_000_000 })
  const next = new JobIndex(database).nextCreatedAt()
  expect(next).toBeGreaterThan(Date.now() + 900_000)
})

test('a list is filtered by states and tool', () => {
  insert('a', { status: 'completed' })
  insert('b', { status: 'running' })
  insert('c', { status: 'running', tool: 'gif' })
  expect(ids(index.list({ limit: 9, statuses: ['running'] }))).toEqual(['c', 'b'])
  expect(ids(index.list({ limit: 9, statuses: ['running', 'completed'], tool: 'ffmpeg' }))).toEqual(['b', 'a'])
  expect(ids(index.list({ limit: 9, statuses: [] }))).toEqual(['c', 'b', 'a'])
})

test('a page is taken out of the middle, of some tools and one owner, with how many there are in all', () => {
  for (let count = 0; count < 12; count++) insert(`job-${count}`, { tool: ['compose', 'audio', 'gif'][count % 3]! })
  const wanted = { tool: ['compose', 'audio'] }
  expect(ids(index.list({ ...wanted, limit: 3, skip: 2 }))).toEqual(['job-7', 'job-6', 'job-4'])
  expect(ids(index.list({ ...wanted, limit: 3, skip: 7 }))).toEqual(['job-0'])
  expect([index.list({ ...wanted, limit: 3, skip: 8 }).jobs, index.count(wanted), index.count({ owner: 'nobody' })]).toEqual([[], 8, 0])
})

test('the same is asked for again: the newest that has neither failed nor expired', () => {
  insert('old', { status: 'completed', expires_at: 100 }, 'same')
  expect(index.findSame('same', { owner: undefined, now: 99 })?.id).toBe('old')
  expect(index.findSame('same', { owner: undefined, now: 100 })).toBeUndefined()
  insert('failed', { status: 'failed', expires_at: 900 }, 'same')
  expect(index.findSame('same', { owner: undefined, now: 99 })?.id).toBe('old')
  insert('waiting', { status: 'queued' }, 'same')
  expect(index.findSame('same', { owner: undefined, now: 99 })?.id).toBe('waiting')
})

test('jobs are listed and asked for again among those of their owner only', () => {
  index.insert({ ...EMPTY_JOB, id: 'mine', created_at: index.nextCreatedAt() }, { fingerprint: 'same', logBytes: 1, owner: 'me' })
  insert('nobodys', {}, 'same')
  expect(ids(index.list({ limit: 9, owner: 'me' }))).toEqual(['mine'])
  expect(ids(index.list({ limit: 9 }))).toEqual(['nobodys', 'mine'])
  expect([index.ownerOf('mine'), index.ownerOf('nobodys')]).toEqual(['me', undefined])
  expect(index.findSame('same', { owner: 'me', now: 0 })?.id).toBe('mine')
  expect(index.findSame('same', { owner: undefined, now: 0 })?.id).toBe('nobodys')
  expect(index.findSame('same', { owner: 'other', now: 0 })).toBeUndefined()
})

test('what expires first is found first, and a job that waits never', () => {
  insert('late', { status: 'completed', expires_at: 30 })
  insert('soon', { status: 'failed', expires_at: 10 })
  insert('waiting')
  expect(index.expired(9)).toEqual([])
  expect(index.expired(30)).toEqual(['soon', 'late'])
  expect(index.oldestEnded(1).map(({ id }) => id)).toEqual(['soon'])
})

test('a retried job does not expire', () => {
  const job = insert('a', { status: 'completed', expires_at: 10 })
  const { expires_at: _, ...waiting } = job
  index.update({ ...waiting, status: 'queued' }, { logBytes: 2 })
  expect(index.expired(99)).toEqual([])
  expect(index.all()).toEqual([{ id: 'a', status: 'queued', logBytes: 2 }])
})

test('a removed job is known to have been one for a time, and an update does not bring it back', () => {
  const job = insert('a')
  index.remove('a', 50)
  index.update(job, { logBytes: 2 })
  expect([index.get('a'), index.wasRemoved('a')]).toEqual([undefined, true])
  index.forgetRemovedBefore(51)
  expect(index.wasRemoved('a')).toBe(false)
})

test('of what is written atomically all or nothing stays', () => {
  expect(() => atomically(database, () => {
    insert('a')
    throw new TypeError('in the middle')
  })).toThrow(TypeError)
  expect(index.get('a')).toBeUndefined()
  atomically(database, () => void insert('b'))
  expect(index.get('b')?.id).toBe('b')
})
