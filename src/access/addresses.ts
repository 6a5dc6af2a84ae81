import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'

/** Asked with each request, mostly of the same few. */
const loopbacks = new LRUCache<string, boolean>({ max: 1000 })

export function isLoopback(address: string): boolean {
  const known = loopbacks.get(address)
  if (known !== undefined) return known
  const is = ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback'
  loopbacks.set(address, is)
  return is
}

/** A name or address that only this machine itself is reached by. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase()
  return name === 'localhost' || name.endsWith('.localhost') || isLoopback(name)
}

/**
 * Comes from a program on this machine, and not from elsewhere through a proxy or a page whose name was made to mean
 * this machine.
 */
export function isFromThisMachine({ socket, headers }: IncomingMessage): boolean {
  const isForwarded = headers['x-forwarded-for'] !== undefined || headers['x-forwarded-host'] !== undefined || headers.forwarded !== undefined
  const host = /^(.*?)(?::\d{1,5})?$/s.exec(headers.host ?? 'localhost')?.[1] ?? ''
  return !isForwarded && isLoopback(socket.remoteAddress ?? '') && isLoopbackHost(host)
}

/** Addresses that count as one: in IPv6 a household has a /64 at least. */
export function addressGroup(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4' || parsed.range() === 'loopback') return parsed.toString()
  return `${(parsed as ipaddr.IPv6).parts.slice(0, 4).map((part) => part.toString(16)).join(':')}::/64`
}
