import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import { HubError } from './errors.ts'

/** How requests reach this hub, for the absolute links that some clients need. */
export class RequestOrigin {
  readonly #publicUrl: string | undefined
  readonly #trusted: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][]

  /** Throws a HubError for a proxy that is neither an address nor a CIDR. */
  constructor({ publicUrl, trustedProxies }: { publicUrl: string | undefined; trustedProxies: readonly string[] }) {
    this.#publicUrl = publicUrl
    this.#trusted = trustedProxies.map(parseNetwork)
  }

  /** For example `https://hub.example`, without a slash at the end. */
  of(request: IncomingMessage): string {
    if (this.#publicUrl !== undefined) return this.#publicUrl
    const isForwarded = this.isTrustedProxy(request.socket.remoteAddress)
    const forwardedHost = isForwarded ? first(request.headers['x-forwarded-host']) : undefined
    const host = [forwardedHost, request.headers.host].find((name) => name !== undefined && HOST.test(name))
    const protocol = isForwarded && first(request.headers['x-forwarded-proto']) === 'https' ? 'https' : 'http'
    return `${protocol}://${host ?? localHost(request)}`
  }

  /** Who asks: the last address that no trusted proxy of ours stands at. */
  clientAddress(request: IncomingMessage): string {
    const { remoteAddress = '' } = request.socket
    const forwarded = this.isTrustedProxy(remoteAddress) ? String(request.headers['x-forwarded-for'] ?? '').split(',').map((part) => part.trim()) : []
    return forwarded.findLast((address) => address !== '' && !this.isTrustedProxy(address)) ?? remoteAddress
  }

  /** Passed on by a trusted proxy, and not made by something else at its address, such as a command line on this machine. */
  isForwarded({ socket, headers }: IncomingMessage): boolean {
    return headers['x-forwarded-for'] !== undefined && this.isTrustedProxy(socket.remoteAddress)
  }

  /** A page of another origin has no business on our sockets; what sends no Origin is no page. */
  isAllowed(request: IncomingMessage, allowedOrigins: readonly string[]): boolean {
    const { origin } = request.headers
    if (origin === undefined || allowedOrigins.includes(origin)) return true
    return URL.canParse(origin) && new URL(origin).host === new URL(this.of(request)).host
  }

  isTrustedProxy(remoteAddress: string | undefined): boolean {
    if (this.#trusted.length === 0 || remoteAddress === undefined || !ipaddr.isValid(remoteAddress)) return false
    const address = ipaddr.process(remoteAddress)
    return this.#trusted.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
  }
}

const HOST = /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

function parseNetwork(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text)
  // Short forms are addresses too, and other ones than they look: 10.0.1 is 10.0.0.1.
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) {
    throw new HubError('invalid_input', `REELTIME_TRUSTED_PROXIES: "${text}" is neither an address nor a CIDR`, {
      hint: 'For example 127.0.0.1,10.0.0.0/8', errors: [{ path: 'REELTIME_TRUSTED_PROXIES', message: 'takes addresses and CIDRs' }],
    })
  }
  const address = ipaddr.process(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

function first(header: string | string[] | undefined): string | undefined {
  return (Array.isArray(header) ? header[0] : header)?.split(',')[0]?.trim()
}

function localHost({ socket }: IncomingMessage): string {
  return `${socket.localFamily === 'IPv6' ? `[${socket.localAddress}]` : socket.localAddress}:${socket.localPort}`
}
