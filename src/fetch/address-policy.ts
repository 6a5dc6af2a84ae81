import ipaddr from 'ipaddr.js'
import { HubError } from '../errors.ts'

/** Which addresses the hub may connect to: public ones, and those that the operator has named. */
export interface AddressPolicy {
  /** How many exceptions the operator has named; their values are for nobody else. */
  readonly entryCount: number
  /** Says whether `address` may be connected to on behalf of `destination`. What is no IP address may not. */
  allows(address: string, destination: Destination): boolean
}

export interface Destination {
  /** As the URL has it, without brackets. */
  readonly hostname: string
  readonly port: number
}

/**
 * Reads `REELTIME_FETCH_ALLOW`: host names, addresses and CIDRs, each with an optional `:port`, separated by commas.
 * A name opens every address that exactly this name resolves to; an address or CIDR counts for whatever resolves
 * into it. Throws `invalid_input` naming the entry that is none of these.
 */
export function parseAddressPolicy(entries: string): AddressPolicy {
  const allowed = entries.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '').map(parseEntry)
  return {
    entryCount: allowed.length,
    allows(text, destination) {
      if (!ipaddr.isValid(text)) return false
      const address = ipaddr.process(text)
      return isPublic(address) || allowed.some((entry) => opens(entry, address, destination))
    },
  }
}

/** Says the least: which address it was, and why, is for the log only and stands in `cause`. */
export function addressRefused(reason: string): HubError {
  return new HubError('source_refused', 'source address not allowed', {
    hint: 'Only public addresses are fetched from; an operator can allow others with REELTIME_FETCH_ALLOW.',
    cause: new Error(reason),
  })
}

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = readonly [Address, number]
type Entry = ({ readonly type: 'name'; readonly name: string } | { readonly type: 'range'; readonly range: Range }) & {
  readonly port: number | undefined
}

const IPV6_GLOBAL: Range = ipaddr.parseCIDR('2000::/3')

/** Answers to every virtual machine of a large cloud, and lies in the middle of public space. */
const CLOUD_METADATA = ipaddr.parse('168.63.129.16')

// Asks for "is public", never "is not private": what nobody thought of is refused. The ranges of ipaddr.js hold the
// IPv6 forms that carry an IPv4 address (mapped, NAT64, 6to4, Teredo), but call the rest of ::/96 unicast.
function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false
  return address.kind() === 'ipv6' ? contains(IPV6_GLOBAL, address) : address.toString() !== CLOUD_METADATA.toString()
}

function opens(entry: Entry, address: Address, { hostname, port }: Destination): boolean {
  if (entry.port !== undefined && entry.port !== port) return false
  return entry.type === 'name' ? entry.name === withoutFinalDot(hostname) : contains(entry.range, address)
}

function contains([network, bits]: Range, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, bits)
}

const ENTRY = /^(?:\[(?<inner>[^[\]/]*:[^[\]/]*)\](?<bits>\/\d+)?|(?<ipv6>[^[\]]*:[^[\]]*:[^[\]]*)|(?<host>[^[\]:]+))(?::(?<port>\d+))?$/

function parseEntry(text: string): Entry {
  const parts = ENTRY.exec(text)?.groups
  if (parts === undefined) throw badEntry(text)
  const port = parts['port'] === undefined ? undefined : Number(parts['port'])
  if (port !== undefined && (port < 1 || port > 65_535)) throw badEntry(text)

  const unwrapped = parts['inner'] === undefined ? undefined : parts['inner'] + (parts['bits'] ?? '')
  const host = unwrapped ?? parts['ipv6'] ?? parts['host'] ?? ''
  if (host.includes('/')) return { type: 'range', range: parseRange(host, text), port }
  if (host.includes(':')) return { type: 'range', range: parseRange(`${host}/128`, text), port }

  const name = normalName(host, text)
  return ipaddr.isValid(name) ? { type: 'range', range: parseRange(`${host}/32`, text), port } : { type: 'name', name, port }
}

function parseRange(cidr: string, text: string): Range {
  // No short forms: to some 10/8 is 10.0.0.0/8, to others 0.0.0.10/8.
  if (!ipaddr.IPv6.isValidCIDR(cidr) && !ipaddr.IPv4.isValidCIDRFourPartDecimal(cidr)) throw badEntry(text)
  const [network, bits] = ipaddr.parseCIDR(cidr)
  // Addresses are judged without their IPv4-mapped wrapping, so a range must come out of it too.
  return network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress() && bits >= 96
    ? [network.toIPv4Address(), bits - 96]
    : [network, bits]
}

/** The spelling that a URL's `hostname` will have: lower case, punycode, IPv4 in four decimal parts. */
function normalName(host: string, text: string): string {
  if (/[\s*@?#\\%]/.test(host) || !URL.canParse(`http://${host}`)) throw badEntry(text)
  return withoutFinalDot(new URL(`http://${host}`).hostname)
}

function withoutFinalDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}

function badEntry(text: string): HubError {
  return new HubError('invalid_input', `"${text}" in REELTIME_FETCH_ALLOW is no host, address or CIDR`, {
    hint: 'For example: nas.lan,192.168.1.0/24,10.0.0.7:8080,[fd00::]/8',
    errors: [{ path: 'REELTIME_FETCH_ALLOW', message: `"${text}" cannot be read` }],
  })
}
