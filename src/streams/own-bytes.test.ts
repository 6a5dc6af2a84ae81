import { expect, test } from 'vitest'
import { MemoryLogStorage } from './log-storage.memory.ts'
import { ownBytes } from './own-bytes.ts'
import { Stream } from './stream.ts'

test('a small buffer is given memory of its own, and one that has it is left as it is', () => {
  const small = Buffer.from('small')
  expect(small.buffer.byteLength).toBeGreaterThan(small.length)
  const own = ownBytes(small)
  expect([String(own), own.buffer.byteLength]).toEqual(['small', 5])
  expect(ownBytes(own)).toBe(own)
})

test('what a stream keeps of small events holds no more memory than they are long', async () => {
  const storage = (await new MemoryLogStorage().open('a', { create: true }))!
  const kept: Buffer[] = []
  const append = storage.append.bind(storage)
  storage.append = (bytes, options) => {
    kept.push(bytes)
    return append(bytes, options)
  }
  const fold = { apply: () => undefined, snapshotAt: () => null, startOfLastLines: () => 0 }
  const stream = await Stream.open('a', { storage, fold })
  for (let number = 1; number <= 50; number++) await stream.append([{ type: 'job', data: { number } }])
  expect(kept).toHaveLength(50)
  expect(new Set(kept.map(({ buffer }) => buffer)).size).toBe(50)
  expect(kept.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)).toBe(stream.head)
})
