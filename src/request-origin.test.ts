import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { RequestOrigin } from './request-origin.ts'

function requestFrom(remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage {
  return { headers, socket: { remoteAddress, localAddress: '127.0.0.1', localFamily: 'IPv4', localPort: 5000 } } as unknown as IncomingMessage
}

const originOf = (trustedProxies: readonly string[] = [], publicUrl?: string) => new RequestOrigin({ publicUrl, trustedProxies })
const FORWARDED = { host: 'inner:5000', 'x-forwarded-host': 'hub.example, other', 'x-forwarded-proto': 'https', 'x-forwarded-for': '6.6.6.6, 9.9.9.9, 10.0.0.7' }

test('links begin with the configured URL, else with the Host of the request, else with where it came in', () => {
  expect(originOf([], 'https://public.example').of(requestFrom('9.9.9.9', FORWARDED))).toBe('https://public.example')
  expect(originOf().of(requestFrom('9.9.9.9', { host: '[::1]:5000' }))).toBe('http://[::1]:5000')
  expect(originOf().of(requestFrom('9.9.9.9'))).toBe('http://127.0.0.1:5000')
})

test('forwarded headers count from trusted proxies only', () => {
  expect(originOf().of(requestFrom('10.0.0.7', FORWARDED))).toBe('http://inner:5000')
  for (const address of ['10.0.0.7', '::ffff:10.0.0.7']) {
    expect(originOf(['10.0.0.0/8']).of(requestFrom(address, FORWARDED))).toBe('https://hub.example')
  }
  expect(originOf(['10.0.0.7', 'fd00::/8']).of(requestFrom('fd00::1', FORWARDED))).toBe('https://hub.example')
})

test('a Host that is none is not repeated into links', () => {
  expect(originOf().of(requestFrom('9.9.9.9', { host: 'evil"><script>' }))).toBe('http://127.0.0.1:5000')
})

test('who asks is the last one in front of the trusted proxies, and not who claims to be', () => {
  expect(originOf().clientAddress(requestFrom('10.0.0.7', FORWARDED))).toBe('10.0.0.7')
  expect(originOf(['10.0.0.0/8']).clientAddress(requestFrom('10.0.0.1', FORWARDED))).toBe('9.9.9.9')
})

test('a page of another origin is not allowed unless it is named; what is no page is', () => {
  const asks = (origin?: string) => requestFrom('9.9.9.9', { host: 'hub.example', ...(origin !== undefined && { origin }) })
  expect(originOf().isAllowed(asks(), [])).toBe(true)
  expect(originOf().isAllowed(asks('http://hub.example'), [])).toBe(true)
  expect(originOf().isAllowed(asks('https://evil.example'), [])).toBe(false)
  expect(originOf().isAllowed(asks('null'), [])).toBe(false)
  expect(originOf().isAllowed(asks('https://page.example'), ['https://page.example'])).toBe(true)
})

test('a proxy that is neither an address nor a CIDR is refused with its variable', () => {
  for (const text of ['proxy', '10.0.0.0/99', '10.0.0']) {
    expect(() => originOf([text])).toThrow(expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining('REELTIME_TRUSTED_PROXIES') }))
  }
})
