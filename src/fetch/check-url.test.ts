import { expect, test } from 'vitest'
import { parseAddressPolicy } from './address-policy.ts'
import { checkRedirect, checkUrl, redactUrl } from './check-url.ts'

const policy = parseAddressPolicy('')
const REFUSED = expect.objectContaining({ code: 'source_refused', status: 403, message: 'source address not allowed' })

test.each(['http://media.example/a.mp4', 'https://media.example:8443/a.mp4?x=1#t', 'http://1.1.1.1/', 'http://[2606:4700::1]:81/'])(
  '%s may be fetched', (raw) => expect(checkUrl(raw, { policy }).href).toBe(raw),
)

test('raw spaces and other letters than ASCII come out encoded', () => {
  expect(checkUrl('http://media.example/Für Elise.mp3', { policy }).href).toBe('http://media.example/F%C3%BCr%20Elise.mp3')
})

test.each([
  'http://127.0.0.1/', 'http://2130706433/', 'http://0x7f.1/', 'http://0x7f000001/', 'http://0177.0.0.1/', 'http://127.1/',
  'http://127.0.0.1./', 'http://①②⑦.⓪.⓪.①/', 'http://0/', 'http://0.0.0.0/', 'http:\\\\127.0.0.1\\',
  'http://[::]/', 'http://[::1]/', 'http://[::ffff:127.0.0.1]/', 'http://[::ffff:7f00:1]/', 'http://[::7f00:1]/',
  'http://[64:ff9b::7f00:1]/', 'http://169.254.169.254/latest/', 'http://168.63.129.16/',
])('%s is refused whatever its spelling', (raw) => {
  expect(() => checkUrl(raw, { policy })).toThrow(REFUSED)
})

test('an allowed literal passes on its port only', () => {
  const some = parseAddressPolicy('127.0.0.1:8080,[::1]')
  expect(checkUrl('http://127.0.0.1:8080/', { policy: some }).port).toBe('8080')
  expect(checkUrl('http://[::1]/', { policy: some }).hostname).toBe('[::1]')
  expect(() => checkUrl('http://127.0.0.1/', { policy: some })).toThrow(REFUSED)
})

test('a port entry knows the ports that a URL leaves out', () => {
  const some = parseAddressPolicy('127.0.0.1:80,127.0.0.2:443')
  expect(checkUrl('http://127.0.0.1/', { policy: some }).href).toBe('http://127.0.0.1/')
  expect(checkUrl('https://127.0.0.2/', { policy: some }).href).toBe('https://127.0.0.2/')
  expect(() => checkUrl('https://127.0.0.1/', { policy: some })).toThrow(REFUSED)
})

test.each(['file:///etc/passwd', 'FILE:///etc/passwd', 'ftp://media.example/a', 'data:text/plain,x', 'concat:a|b'])(
  '%s has a scheme that is refused', (raw) => {
    expect(() => checkUrl(raw, { policy, path: 'input_url' })).toThrow(expect.objectContaining({
      code: 'source_refused', errors: [expect.objectContaining({ path: 'input_url' })],
    }))
  },
)

test('a user name or password is refused and not repeated', () => {
  for (const raw of ['http://someone:s3cret@media.example/', 'http://someone@media.example/', 'http://:s3cret@media.example/']) {
    expect(() => checkUrl(raw, { policy })).toThrow(expect.objectContaining({
      code: 'source_refused', message: expect.not.stringMatching(/someone|s3cret/),
    }))
  }
})

test.each(['', 'clip.mp4', '/etc/passwd', '//media.example/a', 'http://', 'http://[::1', 'http://a b/'])('"%s" is no URL', (raw) => {
  expect(() => checkUrl(raw, { policy, path: 'inputs[0].source' })).toThrow(expect.objectContaining({
    code: 'invalid_input', status: 400, errors: [{ path: 'inputs[0].source', message: 'not a URL' }],
  }))
})

test('a redirect is judged like a URL and never goes from https down to http', () => {
  const follow = (from: string, to: string) => checkRedirect(new URL(from), new URL(to), policy).href
  expect(follow('http://a.example/', 'https://b.example/x')).toBe('https://b.example/x')
  expect(follow('https://a.example/', 'https://b.example/x')).toBe('https://b.example/x')
  const refused = expect.objectContaining({ code: 'source_refused' })
  expect(() => follow('https://a.example/', 'http://a.example/')).toThrow(refused)
  expect(() => follow('http://a.example/', 'file:///etc/passwd')).toThrow(refused)
  expect(() => follow('http://a.example/', 'http://u:p@b.example/')).toThrow(refused)
  expect(() => follow('http://a.example/', 'http://169.254.169.254/')).toThrow(REFUSED)
})

test('a refusal keeps the address for the log only', () => {
  expect(() => checkUrl('http://10.1.2.3/', { policy })).toThrow(expect.objectContaining({
    message: expect.not.stringContaining('10.1.2.3'), hint: expect.stringContaining('REELTIME_FETCH_ALLOW'),
    cause: expect.objectContaining({ message: expect.stringContaining('10.1.2.3') }),
  }))
})

test('a redacted URL is origin and path', () => {
  expect(redactUrl('https://u:p@media.example:8443/a/b.mp4?sig=1#frag')).toBe('https://media.example:8443/a/b.mp4?…')
  expect(redactUrl('http://media.example')).toBe('http://media.example/')
  expect(redactUrl('data:text/plain,s3cret')).toBe('data:…')
  expect(redactUrl('not a url ?sig=1')).toBe('…')
})
