import { expect, test } from 'vitest'
import { redact } from './redact.ts'

test.each([
  ['of a signed URL', 'GET https://media.example/a.mp4?X-Amz-Signature=s3cret&e=1 failed', 'GET https://media.example/a.mp4?… failed'],
  ['of a URL with userinfo', 'https://ann:s3cret@media.example/a.mp4', 'https://media.example/a.mp4'],
  ['of userinfo that holds an @', 'https://ann:s3@cret@media.example/', 'https://media.example/'],
  ['of a fragment', 'https://media.example/a#token=s3cret', 'https://media.example/a'],
  ['of a path with a query', 'POST /hook?key=s3cret', 'POST /hook?…'],
  ['of a header', 'authorization: Bearer s3cret.s3cret, accept: */*', 'authorization: Bearer …, accept: */*'],
  ["of one of the hub's keys", 'the key rt_0123456789abcdef is revoked', 'the key rt_… is revoked'],
])('nothing that opens something is left %s', (_, told, logged) => {
  expect(redact(told)).toBe(logged)
})

test('fields that hold secrets are named without their value, however deep', () => {
  const told = { job: 'a', request: { headers: { authorization: 'Basic czNjcmV0', Cookie: 's3cret' }, api_key: 's3cret', accessToken: 's3cret' }, keys: 3 }
  expect(redact(told)).toEqual({ job: 'a', request: { headers: { authorization: '…', Cookie: '…' }, api_key: '…', accessToken: '…' }, keys: 3 })
})

test('an error is its stack and its cause, without the URLs’ secrets', () => {
  const error = new TypeError('could not fetch', { cause: new Error('https://media.example/a?sig=s3cret was answered with 403') })
  expect(redact({ error })).toEqual({ error: expect.stringMatching(/^TypeError: could not fetch\n[^]*caused by Error: https:\/\/media\.example\/a\?… was answered with 403/) })
})

test('a circle ends, and so does a text without one', () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  expect(JSON.stringify(redact(circle))).toContain('…')
  expect(String(redact('x'.repeat(1e6))).length).toBeLessThan(10_000)
})
