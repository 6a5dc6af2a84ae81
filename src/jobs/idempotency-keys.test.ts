import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase, type Database } from './database.ts'
import { IdempotencyKeys } from './idempotency-keys.ts'

// Statements alone do not keep it open: without anybody who knows it, it is collected and closed.
let database: Database
let keys: IdempotencyKeys
let created = 0

beforeEach(async () => {
  database = await openDatabase(':memory:', { putAside: async () => undefined })
  keys = new IdempotencyKeys(database)
  created = 0
})

afterEach(() => database.close())

/** Creates as a submission does: later, and together with the key. */
const create = (key: string, fingerprint: string) => async () => {
  await new Promise((resolve) => setImmediate(resolve))
  const jobId = `job-${++created}`
  keys.remember(key, { fingerprint, jobId, at: 100 })
  return jobId
}

test('fifty at the same time, and one later, make one job', async () => {
  const ids = await Promise.all(Array.from({ length: 50 }, () => keys.once('k', 'f', create('k', 'f'))))
  expect(new Set([...ids, await keys.once('k', 'f', create('k', 'f'))])).toEqual(new Set(['job-1']))
})

test('a key is refused for another submission, under way or done', async () => {
  const first = keys.once('k', 'f', create('k', 'f'))
  await expect(keys.once('k', 'other', create('k', 'other'))).rejects.toMatchObject({ code: 'idempotency_mismatch' })
  await first
  await expect(keys.once('k', 'other', create('k', 'other'))).rejects.toMatchObject({ code: 'idempotency_mismatch' })
})

test('a submission that failed leaves its key unused, and all who waited for it are told', async () => {
  const failing = Array.from({ length: 3 }, () => keys.once('k', 'f', async () => Promise.reject(new TypeError('no'))))
  for (const outcome of await Promise.allSettled(failing)) expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(TypeError) })
  expect(await keys.once('k', 'other', create('k', 'other'))).toBe('job-1')
})

test('a key older than asked for is forgotten', async () => {
  await keys.once('k', 'f', create('k', 'f'))
  keys.forgetBefore(100)
  expect(await keys.once('k', 'f', create('k', 'f'))).toBe('job-1')
  keys.forgetBefore(101)
  expect(await keys.once('k', 'f', create('k', 'f'))).toBe('job-2')
})
