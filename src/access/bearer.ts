import type { IncomingMessage } from 'node:http'

/** The key of a request, from its headers alone: an address is kept in too many places. */
export function bearerOf({ headers }: IncomingMessage): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  const named = headers['x-api-key']
  return bearer ?? (Array.isArray(named) ? named[0] : named)
}
