import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { promisesOfLogStorage } from './log-storage.contract.ts'
import { FileLogStorage } from './log-storage.file.ts'
import { MemoryLogStorage } from './log-storage.memory.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'log-storage-'))
})

afterAll(() => rm(directory, { recursive: true }))

promisesOfLogStorage('memory', async () => new MemoryLogStorage())

promisesOfLogStorage('file', async () => {
  const root = await mkdtemp(join(directory, 'hub-'))
  return new FileLogStorage({ path: (stream) => join(root, stream, 'events.ndjson') })
})

test('the file holds the bytes and nothing else, so that it can be read without us', async () => {
  const storage = new FileLogStorage({ path: (stream) => join(directory, stream) })
  const stream = await storage.open('plain', { create: true })
  await stream?.append(Buffer.from('line\n'), { durable: true })
  await stream?.close()
  expect(await readFile(join(directory, 'plain'), 'utf8')).toBe('line\n')
})

test('a memory storage forgets its oldest appends beyond what it may keep, and reads none of them', async () => {
  const stream = await new MemoryLogStorage({ keepBytes: 10 }).open('a', { create: true })
  for (const line of ['aaaa\n', 'bbbb\n', 'cccc\n']) await stream?.append(Buffer.from(line), { durable: false })
  expect([stream?.start, stream?.size]).toEqual([5, 15])
  expect(String(await stream?.read(5, 100))).toBe('bbbb\ncccc\n')
  expect(String(await stream?.read(2, 100))).toBe('')
})

test('a memory storage keeps the newest append, however large', async () => {
  const stream = await new MemoryLogStorage({ keepBytes: 4 }).open('a', { create: true })
  await stream?.append(Buffer.from('aaaa\n'), { durable: false })
  await stream?.append(Buffer.from('larger than it may keep\n'), { durable: false })
  expect(String(await stream?.read(stream.start, 100))).toBe('larger than it may keep\n')
})
