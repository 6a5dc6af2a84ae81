import { setTimeout as pause } from 'node:timers/promises'
import { HubError } from '../errors.ts'
import type { AddressPolicy } from '../fetch/address-policy.ts'
import { AttemptFailure } from '../fetch/attempt-failure.ts'
import { checkUrl } from '../fetch/check-url.ts'
import type { Attempt, Delivery, Outbox } from './outbox.ts'
import { webhookHeaders } from './signature.ts'

/** What became of one attempt. */
export type DeliveryOutcome = 'delivered' | 'refused' | 'unanswered' | 'address_refused' | 'gone'

/** The secrets are those that sign at that time. */
export interface Target {
  readonly url: string
  secretsAt(at: number): readonly string[]
}

export interface DelivererOptions {
  readonly outbox: Outbox
  readonly policy: AddressPolicy
  /** Where a delivery goes; undefined where nothing goes to that webhook any more. */
  readonly targetOf: (delivery: Delivery) => Target | undefined
  /** Between the attempts, in milliseconds: one more attempt than there are of these. */
  readonly retriesMs: readonly number[]
  /** For one attempt; 15 s unless given. */
  readonly timeoutMs?: number
  /** The receiver said that it wants no more, 410. */
  readonly onGone: (delivery: Delivery) => void
  readonly onAttempt: (delivery: Delivery, outcome: DeliveryOutcome) => void
  readonly onError: (error: unknown) => void
}

const TIMEOUT_MS = 15_000
const MOST_AT_ONCE = 64
const MOST_PER_RECEIVER = 4
/** As much is added to each pause at most, so that what failed together is not tried together. */
const JITTER_SHARE = 0.2
const LONGEST_PAUSE_MS = 86_400_000
const AFTER_ERROR_MS = 1000
const LONGEST_TIMER_MS = 60_000

/** Sends what is due, so much at a time to each receiver, so that a slow one holds up none but itself. */
export class Deliverer {
  readonly #options: DelivererOptions
  readonly #underway = new Map<string, { readonly receiver: string; readonly done: Promise<void> }>()
  readonly #abort = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #isStopping = false

  constructor(options: DelivererOptions) {
    this.#options = options
  }

  /** There may be something due. Never throws. */
  wake(): void {
    if (this.#isStopping) return
    clearTimeout(this.#timer)
    let waitMs = LONGEST_TIMER_MS
    try {
      const now = Date.now()
      this.#options.outbox.bound(now + LONGEST_PAUSE_MS * (1 + JITTER_SHARE))
      this.#sendDue(now)
      const nextAt = this.#options.outbox.nextAt(now)
      if (nextAt !== undefined) waitMs = Math.min(waitMs, Math.max(1, nextAt - now))
    } catch (error) {
      this.#options.onError(error)
    }
    this.#timer = setTimeout(() => this.wake(), waitMs).unref()
  }

  /** Begins nothing more and lets what is under way, and what is due now, go on for `waitMs`; the rest is for the next start. */
  async stop({ waitMs }: { readonly waitMs: number }): Promise<void> {
    const timer = setTimeout(() => {
      this.#isStopping = true
      this.#abort.abort(new Error('the hub is stopping'))
    }, waitMs)
    while (this.#underway.size > 0) await Promise.all([...this.#underway.values()].map(({ done }) => done))
    this.#isStopping = true
    clearTimeout(timer)
    clearTimeout(this.#timer)
  }

  #sendDue(now: number): void {
    const { outbox } = this.#options
    while (this.#underway.size < MOST_AT_ONCE) {
      const [next] = outbox.due({ now, underway: [...this.#underway.keys()], fullReceivers: this.#fullReceivers(), limit: 1 })
      if (!next) return
      const done = this.#send(next).catch(async (error: unknown) => {
        this.#options.onError(error)
        // What became of it could not be written down, as on a full disk: it stays due, and is not to be sent without end.
        await pause(AFTER_ERROR_MS, undefined, { signal: this.#abort.signal }).catch(() => undefined)
      }).finally(() => {
        this.#underway.delete(next.id)
        this.wake()
      })
      this.#underway.set(next.id, { receiver: next.receiver, done })
    }
  }

  #fullReceivers(): string[] {
    const counts = new Map<string, number>()
    for (const { receiver } of this.#underway.values()) counts.set(receiver, (counts.get(receiver) ?? 0) + 1)
    return [...counts].flatMap(([receiver, count]) => (count >= MOST_PER_RECEIVER ? [receiver] : []))
  }

  async #send(delivery: Delivery): Promise<void> {
    const { outbox, targetOf, onAttempt, onGone } = this.#options
    const target = targetOf(delivery)
    if (!target) return outbox.giveUp(delivery.webhook)
    const at = Date.now()
    const began = performance.now()
    const { outcome, retryAfterMs, ...told } = await this.#attempt(delivery, target, at)
    // Not delivered and not refused: it is tried again at the next start.
    if (this.#abort.signal.aborted && outcome === 'unanswered') return
    const attempt: Attempt = { at, milliseconds: Math.round(performance.now() - began), ...told }
    outbox.record(delivery, attempt, this.#next(delivery, outcome, retryAfterMs))
    onAttempt(delivery, outcome)
    if (outcome === 'gone') onGone(delivery)
  }

  async #attempt(
    { eventId, body }: Delivery, { url, secretsAt }: Target, at: number,
  ): Promise<{ readonly outcome: DeliveryOutcome; readonly retryAfterMs: number } & Pick<Attempt, 'status' | 'error'>> {
    const { policy, timeoutMs = TIMEOUT_MS } = this.#options
    try {
      const { post } = await import('../fetch/post.ts')
      const { status, retryAfterMs } = await post(checkUrl(url, { policy }), {
        policy, timeoutMs, signal: this.#abort.signal, body: Buffer.from(body),
        headers: { 'content-type': 'application/json', ...webhookHeaders({ id: eventId, timestamp: Math.floor(at / 1000), body }, secretsAt(at)) },
      })
      const outcome = status >= 200 && status < 300 ? 'delivered' : status === 410 ? 'gone' : 'refused'
      return { outcome, status, retryAfterMs }
    } catch (error) {
      if (error instanceof HubError) return { outcome: 'address_refused', error: error.message, retryAfterMs: 0 }
      if (error instanceof AttemptFailure) return { outcome: 'unanswered', error: error.message, retryAfterMs: error.pauseMs }
      if (!this.#abort.signal.aborted) this.#options.onError(error)
      return { outcome: 'unanswered', error: 'could not be sent', retryAfterMs: 0 }
    }
  }

  #next({ attempts, attemptsBefore }: Delivery, outcome: DeliveryOutcome, retryAfterMs: number): Parameters<Outbox['record']>[2] {
    if (outcome === 'delivered') return { state: 'delivered', nextAt: null }
    const pauseMs = this.#options.retriesMs[attempts.length - attemptsBefore]
    if (outcome === 'gone' || pauseMs === undefined) return { state: 'failed', nextAt: null }
    const withJitter = pauseMs * (1 + Math.random() * JITTER_SHARE)
    return { state: 'pending', nextAt: Math.round(Date.now() + Math.max(withJitter, Math.min(retryAfterMs, LONGEST_PAUSE_MS))) }
  }
}
