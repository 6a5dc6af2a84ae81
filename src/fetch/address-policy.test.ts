import { describe, expect, test } from 'vitest'
import { HubError } from '../errors.ts'
import { parseAddressPolicy } from './address-policy.ts'

const ANY = { hostname: 'media.example', port: 443 }

describe('with nothing allowed', () => {
  const policy = parseAddressPolicy('')

  test.each(['93.184.215.14', '1.1.1.1', '2606:4700::6810:84e5', '2a00:1450:4001:82a::200e', '::ffff:93.184.215.14'])(
    '%s is public and allowed', (address) => expect(policy.allows(address, ANY)).toBe(true),
  )

  test.each([
    ['loopback', '127.0.0.1'], ['loopback', '127.255.255.254'], ['loopback', '::1'],
    ['unspecified', '0.0.0.0'], ['this network', '0.1.2.3'], ['unspecified', '::'],
    ['private', '10.0.0.1'], ['private', '172.16.0.1'], ['private', '192.168.1.1'],
    ['link-local', '169.254.169.254'], ['link-local', 'fe80::1'], ['link-local with a zone', 'fe80::1%eth0'],
    ['CGNAT', '100.64.0.1'], ['CGNAT, metadata', '100.100.100.200'], ['cloud metadata', '168.63.129.16'],
    ['IETF, metadata', '192.0.0.192'], ['documentation', '192.0.2.1'], ['benchmarks', '198.18.0.1'],
    ['6to4 relay', '192.88.99.1'], ['multicast', '224.0.0.1'], ['reserved', '240.0.0.1'], ['broadcast', '255.255.255.255'],
    ['mapped loopback', '::ffff:127.0.0.1'], ['mapped loopback', '::ffff:7f00:1'], ['mapped private', '::ffff:10.0.0.1'],
    ['mapped metadata', '::ffff:168.63.129.16'],
    ['IPv4-compatible', '::7f00:1'], ['IPv4-compatible', '::5db8:d70e'], ['translated', '::ffff:0:7f00:1'],
    ['NAT64', '64:ff9b::7f00:1'], ['local NAT64', '64:ff9b:1::7f00:1'], ['6to4', '2002:7f00:1::'], ['Teredo', '2001:0:7f00:1::'],
    ['unique local', 'fc00::1'], ['unique local, metadata', 'fd00:ec2::254'], ['site-local', 'fec0::1'],
    ['documentation', '2001:db8::1'], ['discard', '100::1'], ['multicast', 'ff02::1'], ['outside of 2000::/3', '4000::1'],
    ['no address', 'localhost'], ['no address', ''], ['no address', '1.2.3.4.5'],
  ])('%s: %s is not allowed', (_, address) => expect(policy.allows(address, ANY)).toBe(false))
})

describe('an entry of the allow-list', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1', true], ['127.0.0.1', '127.0.0.2', false],
    ['192.168.1.0/24', '192.168.1.77', true], ['192.168.1.0/24', '192.168.2.1', false],
    ['192.168.1.0/24', '::ffff:192.168.1.77', true], ['::ffff:192.168.1.0/120', '192.168.1.77', true],
    ['fd00::/8', 'fd12::1', true], ['fd00::/8', 'fe80::1', false], ['[fd00::]/8', 'fd12::1', true],
    ['::1', '::1', true], ['[::1]', '::1', true], ['::1', '127.0.0.1', false], ['0.0.0.0/0', '10.0.0.1', true],
  ])('%s and the address %s: %s', (entries, address, expected) => {
    expect(parseAddressPolicy(entries).allows(address, ANY)).toBe(expected)
  })

  test.each([
    ['10.0.0.7:8080', '10.0.0.7', 8080, true], ['10.0.0.7:8080', '10.0.0.7', 80, false],
    ['10.0.0.0/8:8080', '10.9.9.9', 8080, true], ['10.0.0.0/8:8080', '10.9.9.9', 443, false],
    ['[::1]:8080', '::1', 8080, true], ['[::1]:8080', '::1', 80, false],
    ['[fd00::]/8:8080', 'fd00::1', 8080, true], ['[fd00::]/8:8080', 'fd00::1', 80, false],
  ])('%s, asked for %s port %i: %s', (entries, address, port, expected) => {
    expect(parseAddressPolicy(entries).allows(address, { hostname: address, port })).toBe(expected)
  })

  test.each([
    ['nas.lan', 'nas.lan', true], ['NAS.Lan', 'nas.lan', true], ['nas.lan', 'nas.lan.', true], ['bücher.lan', 'xn--bcher-kva.lan', true],
    ['nas.lan', 'evil.nas.lan', false], ['nas.lan', 'xnas.lan', false], ['nas.lan', 'lan', false], ['nas.lan', '10.0.0.1', false],
    ['nas.lan:81', 'nas.lan', false],
  ])('%s opens a private address for %s: %s', (entries, hostname, expected) => {
    expect(parseAddressPolicy(entries).allows('10.0.0.1', { hostname, port: 80 })).toBe(expected)
  })

  test('stands among others, separated by commas and spaces', () => {
    const policy = parseAddressPolicy(' nas.lan , 10.0.0.0/8,, ::1 ')
    expect(policy.entryCount).toBe(3)
    expect(policy.allows('10.1.1.1', ANY)).toBe(true)
    expect(policy.allows('::1', ANY)).toBe(true)
  })

  test.each([
    '10/8', '10.0.0', '010.0.0.1', '10.0.0.0/33', 'fd00::/129', 'nas.lan/24', 'http://nas.lan', '*.lan', 'nas.lan:0', 'nas.lan:65536',
    'nas.lan:', 'user@nas.lan', 'a b', '[::1', ':80', '1:2:3', '[nas.lan]', '[10.0.0.1]',
  ])('%s is refused by name', (entry) => {
    let caught: unknown
    try {
      parseAddressPolicy(`127.0.0.1,${entry}`)
    } catch (error) {
      caught = error
    }
    expect(caught).toBeInstanceOf(HubError)
    expect(caught).toMatchObject({ code: 'invalid_input', errors: [{ path: 'REELTIME_FETCH_ALLOW' }] })
    expect(String(caught)).toContain(`"${entry}"`)
  })
})
