import { expect, test } from 'vitest'
import { TokenBuckets } from './token-buckets.ts'

test('a minute’s worth may come at once, then one as often as the rate says, and the wait is told', () => {
  const buckets = new TokenBuckets({ perMinute: 3 })
  expect([0, 0, 0, 0].map((now) => buckets.take('a', now))).toEqual([0, 0, 0, 20])
  expect(buckets.take('a', 19_999)).toBe(1)
  expect(buckets.take('a', 20_001)).toBe(0)
  expect(buckets.take('a', 20_002)).toBe(20)
})

test('accounts do not use up each other’s', () => {
  const buckets = new TokenBuckets({ perMinute: 1 })
  expect([buckets.take('a', 0), buckets.take('b', 0), buckets.take('a', 0)]).toEqual([0, 0, 60])
})

test('who was away for long has no more than a minute’s worth', () => {
  const buckets = new TokenBuckets({ perMinute: 2 })
  buckets.take('a', 0)
  expect([1, 2, 3].map((more) => buckets.take('a', 3_600_000 + more))).toEqual([0, 0, 30])
})
