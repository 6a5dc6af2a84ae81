import { isIP } from 'node:net'
import { HubError } from '../errors.ts'
import { addressRefused, type AddressPolicy, type Destination } from './address-policy.ts'

export interface CheckUrlOptions {
  readonly policy: AddressPolicy
  /** The field that the URL came in, for the error. */
  readonly path?: string
}

/**
 * Parses a URL that somebody wants fetched and refuses what can be refused without a look-up. Connect with the URL
 * that this returns, never with the text. Throws `invalid_input` for what is no URL, `source_refused` for another
 * scheme than http and https, for userinfo and for an IP address that the policy does not allow.
 */
export function checkUrl(raw: string, { policy, path }: CheckUrlOptions): URL {
  // Neither message repeats the text: it may hold a password or a signature.
  if (!URL.canParse(raw)) {
    throw new HubError('invalid_input', 'not a URL', {
      hint: 'Give the whole URL, for example https://example.com/clip.mp4',
      errors: fieldErrors(path, 'not a URL'),
    })
  }
  const url = new URL(raw)
  const refusal = refuse(url, policy)
  if (refusal === undefined) return url
  throw new HubError('source_refused', refusal.message, {
    hint: refusal.hint, cause: refusal.cause, errors: fieldErrors(path, refusal.message),
  })
}

/** Judges a redirect like a URL that was submitted. Throws `source_refused`, also for a way from https down to http. */
export function checkRedirect(from: URL, to: URL, policy: AddressPolicy): URL {
  const refusal = refuse(to, policy)
  if (refusal !== undefined) throw refusal
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw new HubError('source_refused', 'a redirect from https to http is not followed', {
      hint: 'Give the https URL of the file itself.',
    })
  }
  return to
}

/** Origin and path of a URL, for people and logs: without userinfo and fragment, and `?…` where there was a query. */
export function redactUrl(raw: string): string {
  if (!URL.canParse(raw)) return '…'
  const { protocol, origin, pathname, search } = new URL(raw)
  if (origin === 'null') return `${protocol}…`
  return `${origin}${pathname}${search === '' ? '' : '?…'}`
}

/** The host and port to connect to, as the policy wants them. */
export function destinationOf({ protocol, hostname, port }: Pick<URL, 'protocol' | 'hostname' | 'port'>): Destination {
  return {
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
  }
}

function refuse(url: URL, policy: AddressPolicy): HubError | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return new HubError('source_refused', `the scheme ${url.protocol} is not allowed`, {
      hint: 'Only http and https URLs are fetched; a local file can be sent with PUT /api/uploads/:name.',
    })
  }
  if (url.username !== '' || url.password !== '') {
    return new HubError('source_refused', 'a URL with a user name or password is not allowed', {
      hint: 'Give a URL that works without, for example a signed one.',
    })
  }
  const destination = destinationOf(url)
  if (isIP(destination.hostname) === 0 || policy.allows(destination.hostname, destination)) return undefined
  return addressRefused(`${destination.hostname} is not allowed`)
}

function fieldErrors(path: string | undefined, message: string) {
  return path === undefined ? undefined : [{ path, message }]
}
