import type { IncomingMessage } from 'node:http'
import { HubError } from '../errors.ts'
import type { Caller } from '../jobs/caller.ts'
import type { RequestOrigin } from '../request-origin.ts'
import { addressGroup, isFromThisMachine, isLoopback } from './addresses.ts'
import type { AnonymousAccess } from './anonymous.ts'
import { bearerOf } from './bearer.ts'
import { HeldOpen } from './held-open.ts'
import type { StoredKey } from './key-file.ts'
import type { Keys } from './keys.ts'
import { ANONYMOUS_POLICY, checkJob, type Policy, type Scope } from './policy.ts'
import { ReaderCaps } from './reader-caps.ts'
import { TokenBuckets } from './token-buckets.ts'
import { secondsToMidnight, type Usage } from './usage.ts'

/** Who asks, with or without a key. */
export interface HubCaller extends Caller {
  readonly scopes: readonly Scope[]
  /** By what its requests and connections are counted; undefined where they are not. */
  readonly account: string | undefined
  /** For the operator and the caller itself. */
  readonly name: string
}

export interface AccessOptions {
  readonly keys: Keys
  readonly anonymous: AnonymousAccess
  readonly origin: RequestOrigin
  readonly allowedOrigins: readonly string[]
  readonly usage: Usage
  readonly requestsPerMinute: number
  readonly submitsPerMinute: number
  readonly readersPerAddress: number
  readonly readersPerJob: number
}

/** Who may do what, and how often. */
export class Access {
  readonly #options: AccessOptions
  readonly #requests: TokenBuckets
  readonly #submits: TokenBuckets
  readonly #readers: ReaderCaps
  readonly #held: HeldOpen

  constructor(options: AccessOptions) {
    this.#options = options
    this.#requests = new TokenBuckets({ perMinute: options.requestsPerMinute })
    this.#submits = new TokenBuckets({ perMinute: options.submitsPerMinute })
    this.#readers = new ReaderCaps({ perAccount: options.readersPerAddress, perJob: options.readersPerJob })
    this.#held = new HeldOpen((owner) => options.keys.get(owner) !== undefined)
  }

  /** Throws `unauthenticated` for a key that is none, and `rate_limited` for the next of too many requests. */
  identify(request: IncomingMessage): HubCaller {
    const isFromHere = isFromThisMachine(request)
    const account = this.#accountOf(request, { isFromHere })
    const secret = bearerOf(request)
    const key = secret === undefined ? undefined : this.#options.keys.find(secret)
    const caller = key ? this.#holderOf(key, account) : this.#anonymous(account, { isFromHere })
    take(this.#requests, caller, 'requests')
    if (secret === undefined || key) return caller
    throw new HubError('unauthenticated', 'This key opens nothing here', { hint: 'It may have been revoked; ask the operator for another' })
  }

  /** Throws a HubError: `unauthenticated` without a key, `forbidden` with one that is for something else. */
  assertMay(caller: HubCaller, scope: Scope): void {
    if (caller.scopes.includes(scope) || caller.scopes.includes('admin')) return
    if (caller.owner !== undefined) {
      throw new HubError('forbidden', `The key ${caller.name} lacks the scope ${scope}`, { hint: `It has ${caller.scopes.join(', ')}` })
    }
    const { isForThisMachineOnly } = this.#options.anonymous
    throw new HubError('unauthenticated', `This takes a key with the scope ${scope}`, {
      hint: isForThisMachineOnly
        ? 'Without one, only programs on the hub’s own machine may, asking for localhost. Others: REELTIME_ANONYMOUS, or "reeltime keys add"'
        : 'Send it as "Authorization: Bearer KEY"; the operator makes one with "reeltime keys add"',
    })
  }

  /** Throws `origin_refused` for a page of another site. */
  assertOrigin(request: IncomingMessage): void {
    if (this.isAllowedOrigin(request)) return
    throw new HubError('origin_refused', 'A page of another origin may not do this', { hint: 'The operator can name its origin in REELTIME_ALLOWED_ORIGINS' })
  }

  isAllowedOrigin(request: IncomingMessage): boolean {
    return this.#options.origin.isAllowed(request, this.#options.allowedOrigins)
  }

  /** Not those of proxies, through which many come, nor of this machine where it may do everything. */
  countsSocketsOf(address: string): boolean {
    const { origin, anonymous } = this.#options
    return !origin.isTrustedProxy(address) && !(anonymous.policy === 'open' && isLoopback(address))
  }

  isNamedOrigin(origin: string): boolean {
    return this.#options.allowedOrigins.includes(origin)
  }

  /** Throws `rate_limited` for the next of too many jobs and files. */
  countSubmit(caller: HubCaller): void {
    take(this.#submits, caller, 'submissions')
  }

  /** Returns what is to be called when the reader leaves. Throws `too_many_connections`. */
  enter({ account }: HubCaller, job: string | undefined): () => void {
    return account === undefined ? () => undefined : this.#readers.enter({ account, job })
  }

  /** Calls `end` soon after the caller's key has been revoked; returns what is to be called when all is over before. */
  hold({ owner }: HubCaller, end: () => void): () => void {
    return owner === undefined ? () => undefined : this.#held.add(owner, end)
  }

  /** How many jobs of this key may run at the same time: none where there is no such key, or the day's minutes are used up. */
  concurrencyOf(owner: string): number | undefined {
    const key = this.#options.keys.get(owner)
    return key && hasMinutes(key, this.#options.usage) ? key.concurrency : 0
  }

  /** The address, unless nobody counts: for programs on a machine that is open to them. */
  #accountOf(request: IncomingMessage, { isFromHere }: { isFromHere: boolean }): string | undefined {
    const { origin, anonymous } = this.#options
    if (anonymous.isForThisMachineOnly && isFromHere) return undefined
    const address = origin.clientAddress(request)
    const isUncounted = !anonymous.isForThisMachineOnly && anonymous.policy === 'open' && isLoopback(address)
    return isUncounted ? undefined : addressGroup(address)
  }

  #anonymous(account: string | undefined, { isFromHere }: { isFromHere: boolean }): HubCaller {
    const { policy, isForThisMachineOnly } = this.#options.anonymous
    const { scopes } = ANONYMOUS_POLICY[isForThisMachineOnly && !isFromHere ? 'none' : policy]
    const reach = scopes.includes('admin') ? 'all' : 'own'
    return { owner: undefined, name: 'nobody', scopes, reach, account: account && `address ${account}`, admit: () => undefined, countSubmits: this.#chargeTo(account && `address ${account}`), takeBytes: () => undefined }
  }

  #chargeTo(account: string | undefined): (count: number) => void {
    return (count) => {
      if (account !== undefined) this.#submits.charge(account, count)
    }
  }

  #holderOf(key: StoredKey, account: string | undefined): HubCaller {
    const { usage } = this.#options
    return {
      owner: key.id, name: key.name, scopes: key.scopes, reach: key.scopes.includes('admin') ? 'all' : 'own', account: account && `key ${key.id}`,
      countSubmits: this.#chargeTo(account && `key ${key.id}`),
      admit(tool, input) {
        checkJob(key, tool, input)
        if (!hasMinutes(key, usage)) throw usedUp('minutes of work')
        if (usage.today(key.id).bytes >= (key.bytesPerDay ?? Infinity)) throw usedUp('bytes')
      },
      takeBytes(count) {
        if (usage.today(key.id).bytes + count > (key.bytesPerDay ?? Infinity)) throw usedUp('bytes')
        usage.add(key.id, { bytes: count })
      },
    }
  }
}

function hasMinutes({ id, minutesPerDay = Infinity }: Policy & { readonly id: string }, usage: Usage): boolean {
  return usage.today(id).workedMs < minutesPerDay * 60_000
}

function usedUp(what: string): HubError {
  return new HubError('quota_exceeded', `The ${what} of this key for today are used up`, {
    hint: 'They begin anew at midnight UTC', retryAfterSeconds: secondsToMidnight(),
  })
}

function take(buckets: TokenBuckets, { account }: HubCaller, what: string): void {
  const waitSeconds = account === undefined ? 0 : buckets.take(account)
  if (waitSeconds === 0) return
  throw new HubError('rate_limited', `Too many ${what} in a minute`, { hint: `Try again in ${waitSeconds} s`, retryAfterSeconds: waitSeconds })
}
