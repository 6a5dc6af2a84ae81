import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { addressGroup, isFromThisMachine, isLoopbackHost } from './addresses.ts'

test('in IPv6 a /64 counts as one address, in IPv4 each counts, however it is written', () => {
  expect(addressGroup('2001:db8:1:2:3:4:5:6')).toBe(addressGroup('2001:db8:1:2:ffff::1'))
  expect(addressGroup('2001:db8:1:2::1')).not.toBe(addressGroup('2001:db8:1:3::1'))
  expect(addressGroup('::ffff:203.0.113.7')).toBe('203.0.113.7')
  expect(addressGroup('203.0.113.7')).not.toBe(addressGroup('203.0.113.8'))
})

test.each([
  ['127.0.0.1', true], ['127.9.9.9', true], ['::1', true], ['[::1]', true], ['localhost', true], ['hub.localhost', true],
  ['0.0.0.0', false], ['::', false], ['192.168.0.7', false], ['localhost.example', false], ['127.0.0.1.example', false],
])('that only this machine is reached by %s is %s', (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected)
})

test.each([
  ['a program here', '127.0.0.1', { host: '127.0.0.1:5000' }, true],
  ['a program here by IPv6', '::ffff:127.0.0.1', { host: '[::1]:5000' }, true],
  ['a program that names no host', '127.0.0.1', {}, true],
  ['another machine', '192.168.0.7', { host: 'localhost' }, false],
  ['a proxy that says so', '127.0.0.1', { host: '127.0.0.1:5000', 'x-forwarded-for': '203.0.113.7' }, false],
  ['a proxy that hands on the name', '127.0.0.1', { host: 'media.example' }, false],
  ['a page whose name was bent to this machine', '127.0.0.1', { host: 'evil.example:5000' }, false],
])('of %s it is known whether it is on this machine', (_, remoteAddress, headers, expected) => {
  expect(isFromThisMachine({ headers, socket: { remoteAddress } } as unknown as IncomingMessage)).toBe(expected)
})
