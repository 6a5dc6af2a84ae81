import fc from 'fast-check'
import { expect, test } from 'vitest'
import { requestedBytes, type RequestedBytes } from './requested-bytes.ts'

const MODIFIED_AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const MODIFIED = 'Fri, 02 Jan 2026 03:04:05 GMT'

function ask(headers: Record<string, string>, { size = 100, method = 'GET' } = {}): RequestedBytes {
  return requestedBytes(new Request('http://hub/file', { headers, method }), { size, etag: '"abc"', modifiedAt: MODIFIED_AT })
}

/** What a range takes of the bytes, said with nothing but slice. */
function slice(bytes: readonly number[], first: number | undefined, last: number | undefined): readonly number[] {
  if (first === undefined) return last === 0 ? [] : bytes.slice(-(last ?? 0))
  return bytes.slice(first, last === undefined ? undefined : last + 1)
}

test('a single range takes what a slice of the bytes takes, and is refused where the slice is empty', () => {
  const bound = fc.option(fc.nat(30), { nil: undefined })
  fc.assert(fc.property(fc.integer({ min: 1, max: 24 }), bound, bound, (size, first, last) => {
    fc.pre(first !== undefined || last !== undefined)
    fc.pre(first === undefined || last === undefined || first <= last)
    const bytes = Array.from({ length: size }, (_, index) => index)
    const requested = ask({ range: `bytes=${first ?? ''}-${last ?? ''}` }, { size })
    const expected = slice(bytes, first, last)
    if (expected.length === 0) expect(requested).toEqual({ type: 'unsatisfiable' })
    else expect(requested).toEqual({ type: 'part', start: expected[0], end: expected.at(-1) })
  }), { numRuns: 2000 })
})

test('whatever the Range header holds, a part lies within the bytes', () => {
  fc.assert(fc.property(fc.stringMatching(/^bytes=[0-9, -]{0,30}$/), fc.nat(40), (range, size) => {
    const requested = ask({ range }, { size })
    if (requested.type !== 'part') return
    expect(requested.start).toBeGreaterThanOrEqual(0)
    expect(requested.start).toBeLessThanOrEqual(requested.end)
    expect(requested.end).toBeLessThan(size)
  }), { numRuns: 2000 })
})

test.each([
  ['several ranges', 'bytes=0-1,5-6'],
  ['a range that ends before it begins', 'bytes=5-2'],
  ['no numbers', 'bytes=-'],
  ['another unit', 'seconds=0-1'],
  ['signs', 'bytes=+1-2'],
  ['hexadecimal digits', 'bytes=0x1-0x2'],
])('%s are answered with the whole', (_, range) => {
  expect(ask({ range })).toEqual({ type: 'whole' })
})

test('a number too large to count with is beyond the end', () => {
  expect(ask({ range: 'bytes=99999999999999999999999-' })).toEqual({ type: 'unsatisfiable' })
  expect(ask({ range: 'bytes=90-99999999999999999999999' })).toEqual({ type: 'part', start: 90, end: 99 })
})

test('the unit may be written in any case, with space around the numbers', () => {
  expect(ask({ range: 'Bytes= 1-2 ' })).toEqual({ type: 'part', start: 1, end: 2 })
})

test('an empty file is sent whole whatever the range, and HEAD has no ranges', () => {
  expect(ask({ range: 'bytes=0-9' }, { size: 0 })).toEqual({ type: 'whole' })
  expect(ask({ range: 'bytes=0-9' }, { method: 'HEAD' })).toEqual({ type: 'whole' })
})

test.each([
  ['the same tag', '"abc"', 'part'],
  ['the same date', MODIFIED, 'part'],
  ['another tag', '"abd"', 'whole'],
  ['a weak tag', 'W/"abc"', 'whole'],
  ['an earlier date', 'Fri, 02 Jan 2026 03:04:04 GMT', 'whole'],
  ['a later date', 'Fri, 02 Jan 2026 03:04:06 GMT', 'whole'],
  ['no date at all', 'yesterday', 'whole'],
])('If-Range with %s', (_, condition, type) => {
  expect(ask({ 'range': 'bytes=0-1', 'if-range': condition })).toMatchObject({ type })
})

test.each([
  ['the tag', { 'if-none-match': '"abc"' }, 'not-modified'],
  ['the tag in a list, weak', { 'if-none-match': '"x", W/"abc"' }, 'not-modified'],
  ['any tag', { 'if-none-match': '*' }, 'not-modified'],
  ['another tag', { 'if-none-match': '"abcd"' }, 'whole'],
  ['another tag and the date', { 'if-none-match': '"x"', 'if-modified-since': MODIFIED }, 'whole'],
  ['the date', { 'if-modified-since': MODIFIED }, 'not-modified'],
  ['an earlier date', { 'if-modified-since': 'Fri, 02 Jan 2026 03:04:04 GMT' }, 'whole'],
  ['no date at all', { 'if-modified-since': 'never' }, 'whole'],
  ['the tag, and a range', { 'if-none-match': '"abc"', 'range': 'bytes=0-1' }, 'not-modified'],
])('who already has %s', (_, headers, type) => {
  expect(ask(headers)).toMatchObject({ type })
})
