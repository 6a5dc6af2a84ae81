import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecentLines } from './recent-lines.ts'

const MEBIBYTE = 1024 * 1024

/** Lines of the given lengths, pushed in batches of the given counts, beside all their bytes. */
function push(lengths: readonly number[], batchCounts: readonly number[]): { recent: RecentLines; all: Buffer; starts: number[] } {
  const recent = new RecentLines()
  const lines = lengths.map((length, index) => Buffer.from(`${String(index).padEnd(length - 1, 'x').slice(0, length - 1)}\n`))
  const starts: number[] = []
  let from = 0
  for (let next = 0, batch = 0; next < lines.length; batch++) {
    const taken = lines.slice(next, next + (batchCounts[batch % batchCounts.length] ?? 1))
    recent.push(Buffer.concat(taken), from)
    for (const { length } of taken) {
      starts.push(from)
      from += length
    }
    next += taken.length
  }
  return { recent, all: Buffer.concat(lines), starts }
}

/** What a slice has to be: to the first line end at or after `upTo`. */
function expected(all: Buffer, from: number, upTo: number): Buffer {
  const end = all.indexOf('\n', Math.max(0, upTo - 1)) + 1
  return all.subarray(from, end === 0 ? all.length : end)
}

const anyBatches = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })

test('from any line start to any place it returns just those lines, however they were pushed', () => {
  const length = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 30_000, max: 140_000 }))
  const lengths = fc.array(length, { minLength: 1, maxLength: 12 })
  fc.assert(fc.property(lengths, anyBatches, fc.nat(), fc.nat(), (lineLengths, batches, pick, reach) => {
    const { recent, all, starts } = push(lineLengths, batches)
    const from = starts[pick % starts.length]!
    const slice = recent.slice(from, from + 1 + (reach % all.length))
    if (slice === undefined) return expect(all.length - from).toBeGreaterThanOrEqual(MEBIBYTE)
    expect(slice.equals(expected(all, from, from + 1 + (reach % all.length)))).toBe(true)
  }), { numRuns: 300 })
})

test('the newest megabyte is there, and not much more', () => {
  const anyLengths = fc.array(fc.integer({ min: 1000, max: 60_000 }), { minLength: 60, maxLength: 80 })
  fc.assert(fc.property(anyLengths, anyBatches, (lengths, batches) => {
    const { recent, all, starts } = push(lengths, batches)
    const kept = starts.filter((start) => recent.slice(start, start + 1) !== undefined)
    expect(starts.filter((start) => all.length - start <= MEBIBYTE).every((start) => kept.includes(start))).toBe(true)
    expect(all.length - kept[0]!).toBeLessThan(MEBIBYTE + 2 * 64 * 1024)
  }), { numRuns: 30 })
})

test('it has nothing before its first line, at its head, or while it is empty', () => {
  expect(new RecentLines().slice(0, 10)).toBeUndefined()
  const recent = new RecentLines()
  recent.push(Buffer.from('a\nb\n'), 100)
  expect(recent.slice(98, 104)).toBeUndefined()
  expect(recent.slice(104, 110)).toBeUndefined()
  expect(String(recent.slice(100, 101))).toBe('a\n')
  expect(String(recent.slice(100, 102))).toBe('a\n')
  expect(String(recent.slice(100, 103))).toBe('a\nb\n')
  expect(String(recent.slice(102, 110))).toBe('b\n')
})
