import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readWritten } from './read-written.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reeltime-written-'))
})
afterEach(() => rm(directory, { recursive: true }))

test('what a person may have written is read whole, and what nobody has written is refused without being read', async () => {
  const file = join(directory, 'a')
  await writeFile(file, '你好')
  expect(Buffer.from(await readWritten(file)).toString()).toBe('你好')
  await truncate(file, 3 * 2 ** 30)
  await expect(readWritten(file)).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining('3221225472 bytes') })
})
