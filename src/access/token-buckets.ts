import { LRUCache } from 'lru-cache'

interface Bucket {
  tokens: number
  at: number
}

/** So much a minute for each account, all of a minute's at once if need be. */
export class TokenBuckets {
  readonly #perMinute: number
  readonly #buckets = new LRUCache<string, Bucket>({ max: 50_000 })

  constructor({ perMinute }: { perMinute: number }) {
    this.#perMinute = perMinute
  }

  /** Takes so many, of those to come too. */
  charge(account: string, count: number, now: number = performance.now()): void {
    this.#buckets.set(account, { tokens: this.#tokensOf(account, now) - count, at: now })
  }

  /** Takes one; 0, or the seconds until there is one again. */
  take(account: string, now: number = performance.now()): number {
    const tokens = this.#tokensOf(account, now)
    const isThere = tokens >= 1
    this.#buckets.set(account, { tokens: isThere ? tokens - 1 : tokens, at: now })
    return isThere ? 0 : Math.max(1, Math.ceil(((1 - tokens) / this.#perMinute) * 60))
  }

  #tokensOf(account: string, now: number): number {
    const bucket = this.#buckets.get(account) ?? { tokens: this.#perMinute, at: now }
    return Math.min(this.#perMinute, bucket.tokens + ((now - bucket.at) / 60_000) * this.#perMinute)
  }
}
