import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockDirectory } from './data-lock.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reeltime-lock-'))
})
afterEach(() => rm(directory, { recursive: true }))

test('of ten who want a directory at once one gets it', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => lockDirectory(directory)))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'HubError', hint: expect.stringContaining('REELTIME_DATA_DIR') })
    else outcome.value.release()
  }
})

test('a directory that was let go can be had again', async () => {
  for (let time = 0; time < 3; time++) (await lockDirectory(directory)).release()
})
