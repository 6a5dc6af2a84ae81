import { isIP } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HubError } from '../errors.ts'
import { parseAddressPolicy } from './address-policy.ts'
import { checkRedirect, checkUrl, destinationOf, redactUrl } from './check-url.ts'

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

/** An address that is not public, as four bytes. */
const privateAddress = fc.oneof(
  ...[[127], [10], [0], [169, 254], [192, 168], [172, 16], [100, 64], [192, 0, 0], [198, 18], [224], [240], [255, 255, 255, 255]].map((head) =>
    fc.uint8Array({ minLength: 4 - head.length, maxLength: 4 - head.length }).map((tail) => [...head, ...tail])),
)

/** The address in one of the many ways in which a URL takes it. */
const spelling = fc.tuple(privateAddress, fc.integer({ min: 1, max: 4 }), fc.array(fc.constantFrom(8, 10, 16), { minLength: 4, maxLength: 4 }), fc.nat(9))
  .map(([bytes, parts, bases, disguise]) => {
    const number = (value: number, base: number) => (base === 16 ? `0x${value.toString(16)}` : base === 8 ? `0${value.toString(8)}` : String(value))
    const last = bytes.slice(parts - 1).reduce((sum, byte) => sum * 256 + byte, 0)
    const plain = [...bytes.slice(0, parts - 1), last].map((value, index) => number(value, bases[index]!)).join('.')
    const [first, second] = [bytes.slice(0, 2), bytes.slice(2)].map((pair) => (pair[0]! * 256 + pair[1]!).toString(16))
    return [
      plain, plain, plain.toUpperCase(), `${plain}.`, plain.replace(/\d/g, (digit) => '０１２３４５６７８９'[Number(digit)]!), plain.replaceAll('.', '。'),
      plain.replace(/\d/g, (digit) => `%3${digit}`), `[::ffff:${first}:${second}]`, `[0:0:0:0:0:ffff:${bytes.join('.')}]`, `[64:ff9b::${first}:${second}]`,
    ][disguise]!
  })

test('no spelling of an address that is not public gets through', () => {
  const scheme = fc.constantFrom('http://', 'https://', 'HTTP://', 'http:\\\\', 'http:', ' http:/', 'ht\ttp://', 'http:////')
  const behind = fc.constantFrom('', '/', ':8080/a', '\\a', '?q', '#@public.example/', ':80/\n')
  fc.assert(fc.property(scheme, spelling, behind, (start, host, end) => {
    let checked: URL | undefined
    try { checked = checkUrl(start + host + end, { policy }) } catch (error) { expect(error).toBeInstanceOf(HubError) }
    expect(checked?.href).toBeUndefined()
  }), { numRuns: 3000 })
})

test('whatever the text, it is refused with a HubError or is an http URL without a literal that is not public', () => {
  const pieces = fc.oneof(spelling, fc.constantFrom('http://', 'https://', '@', ':', '/', '\\', '#', '?', '[', ']', '%', '..', 'public.example', '1.1.1.1'), fc.string({ unit: 'binary' }))
  fc.assert(fc.property(fc.array(pieces, { maxLength: 6 }), (parts) => {
    let checked: URL | undefined
    try { checked = checkUrl(parts.join(''), { policy }) } catch (error) { expect(error).toBeInstanceOf(HubError) }
    if (checked === undefined) return
    const destination = destinationOf(checked)
    expect(['http:', 'https:']).toContain(checked.protocol)
    expect(isIP(destination.hostname) === 0 || policy.allows(destination.hostname, destination)).toBe(true)
    expect([checked.username, checked.password]).toEqual(['', ''])
  }), { numRuns: 3000 })
})
