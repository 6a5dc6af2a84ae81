import type { IncomingMessage } from 'node:http'

/** How long the body of a request that has been refused may still come. */
const LINGER_MS = 10_000

/**
 * A connection closed while its body still comes is reset, and the answer in it lost to a client that writes first and
 * reads then: what is left is taken and thrown away, for a while.
 */
export function letTheRestGo(incoming: IncomingMessage | undefined): void {
  if (!incoming || incoming.complete) return
  const timer = setTimeout(() => incoming.destroy(), LINGER_MS).unref()
  incoming.once('close', () => clearTimeout(timer))
  incoming.resume()
}
