import type { LookupAddress } from 'node:dns'
import { lookup as systemLookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { addressRefused, type AddressPolicy, type Destination } from './address-policy.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { destinationOf } from './check-url.ts'

/** All addresses of a host name, in the order in which to try them. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>

export interface ConnectOptions {
  readonly policy: AddressPolicy
  /** For the look-up, the connection and the TLS handshake together. */
  readonly connectTimeoutMs: number
  /** Destroys the socket, at whatever stage it is. */
  readonly signal: AbortSignal
  /** Default: the system's resolver. */
  readonly lookup?: Lookup | undefined
}

/**
 * Opens the connection for one request to a URL, with TLS where the URL says so. It is judged three times, since
 * nothing sees everything: the address in the URL (Node looks up no literals), every address of a name, and the peer
 * of the socket. Throws the HubError `source_refused`, else what Node throws or `AttemptFailure` when it takes too
 * long. Knows no proxy. Whoever has the socket destroys it.
 */
export async function connect(url: URL, options: ConnectOptions): Promise<Socket> {
  const { policy, connectTimeoutMs, signal, lookup = lookupAll } = options
  const destination = destinationOf(url)
  const { hostname } = destination
  if (isIP(hostname) !== 0 && !policy.allows(hostname, destination)) throw addressRefused(`${hostname} is not allowed`)
  signal.throwIfAborted()

  const socket = open(url, destination, judgedLookup(lookup, policy, destination))
  const abandon = () => socket.destroy(new Error('abandoned'))
  signal.addEventListener('abort', abandon, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', abandon))
  // Between those who wait for it, a socket that fails must not end the process.
  socket.on('error', () => {})

  const timer = setTimeout(() => socket.destroy(tooSlow()), connectTimeoutMs)
  try {
    await once(socket, 'connect')
    judgePeer(socket, policy, destination)
    if (url.protocol === 'https:') await once(socket, 'secureConnect')
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

const lookupAll: Lookup = (hostname) => systemLookup(hostname, { all: true })

function open(url: URL, { hostname, port }: Destination, lookup: LookupFunction): Socket {
  const target = { host: hostname, port, lookup }
  if (url.protocol === 'http:') return connectTcp(target)
  // A server name is never an address (RFC 6066, 3); the certificate is then compared with the host.
  return connectTls({ ...target, servername: isIP(hostname) === 0 ? hostname : '', ALPNProtocols: ['http/1.1'] })
}

function judgedLookup(lookup: Lookup, policy: AddressPolicy, destination: Destination): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname).then((addresses) => {
      const refused = addresses.find(({ address }) => !policy.allows(address, destination))
      const [first] = addresses
      if (refused !== undefined) callback(addressRefused(`${hostname} is ${refused.address}`), [])
      else if (first === undefined) callback(new HostNotFoundError(hostname), [])
      else if (options.all === true) callback(null, [...addresses])
      else callback(null, first.address, first.family)
    }, (error: Error) => callback(error, []))
  }
}

function judgePeer(socket: Socket, policy: AddressPolicy, destination: Destination): void {
  const peer = socket.remoteAddress
  // One that hung up at once has no address any more.
  if (peer === undefined) throw new PeerGoneError('connection closed')
  if (!policy.allows(peer, destination)) throw addressRefused(`${destination.hostname} led to ${peer}`)
}

function tooSlow(): AttemptFailure {
  return new AttemptFailure('did not accept a connection in time', {
    again: 'once begun', hint: 'Check the host and port of the URL, and that the hub can reach them.',
  })
}

class HostNotFoundError extends Error {
  override name = 'HostNotFoundError'
  readonly code = 'ENOTFOUND'
}

class PeerGoneError extends Error {
  override name = 'PeerGoneError'
  readonly code = 'ECONNRESET'
}
