import { awaitedSources } from './awaited-sources.ts'
import type { DiskGuard } from './disk-guard.ts'
import type { IdempotencyKeys } from './idempotency-keys.ts'
import type { JobIndex } from './job-index.ts'
import type { UnfinishedUploads } from './unfinished-uploads.ts'
import type { UploadStore } from './upload-store.ts'

const SWEEP_EACH_MS = 60_000
const REMEMBER_REMOVED_MS = 7 * 24 * 3600 * 1000
const ROUND_JOBS = 100
const CLOCK_SET_MS = 60_000

export interface RetentionOptions {
  readonly index: JobIndex
  /** Removes a job that has ended, unless it is asked for again, still needed, or ends later than that; false where it stays. */
  readonly removeEnded: (id: string, limit: { readonly expiresBy: number }) => Promise<boolean>
  readonly uploads: UploadStore
  readonly unfinished: UnfinishedUploads
  readonly idempotencyKeys: IdempotencyKeys
  readonly disk: DiskGuard
  /** Removes what else has expired. */
  readonly sweepOthers: (now: number, clock: { readonly aheadMs: number }) => Promise<void>
  readonly retentionMs: number
  readonly onError: (error: unknown) => void
  /** Told that the clock was set so far ahead, or back where that is negative, since the last sweep. */
  readonly onClockSet: (byMs: number) => void
}

/** Removes what has expired, each minute, and the oldest when the disk gets full. */
export class Retention {
  readonly #options: RetentionOptions
  readonly #timer: NodeJS.Timeout
  #sweeping: Promise<void> | undefined
  #lastWallClock = Date.now()
  #lastMonotonic = performance.now()

  constructor(options: RetentionOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.sweep(), SWEEP_EACH_MS).unref()
  }

  stop(): Promise<void> {
    clearInterval(this.#timer)
    return this.#sweeping ?? Promise.resolve()
  }

  /** One at a time; who asks while one is under way gets that one's end. Never rejects. */
  sweep(now: number = Date.now()): Promise<void> {
    this.#sweeping ??= this.#sweep(now).catch(this.#options.onError).finally(() => (this.#sweeping = undefined))
    return this.#sweeping
  }

  async #sweep(now: number): Promise<void> {
    const { index, removeEnded, uploads, unfinished, idempotencyKeys, sweepOthers, retentionMs, onError, onClockSet } = this.#options
    const clockSetMs = this.#clockSet()
    if (clockSetMs !== 0) onClockSet(clockSetMs)
    const aheadMs = Math.max(0, clockSetMs)
    if (aheadMs > 0) {
      index.moveTimes(aheadMs)
      idempotencyKeys.moveTimes(aheadMs)
    }
    // After a clock was set back, by a hub that ran or not: what ended since must not go early, so nothing is moved back.
    index.boundTimes({ now, retentionMs })
    idempotencyKeys.boundTimes(now)
    const awaited = awaitedSources(index)
    for (const id of index.expired(now)) {
      if (awaited.jobs.has(id)) continue
      // One that cannot be removed must not keep the others.
      await removeEnded(id, { expiresBy: now }).catch(onError)
    }
    await uploads.sweep(now, { aheadMs, awaited: awaited.uploads })
    await unfinished.sweep(now, { aheadMs })
    idempotencyKeys.forgetBefore(now - retentionMs)
    index.forgetRemovedBefore(now - REMEMBER_REMOVED_MS)
    await sweepOthers(now, { aheadMs })
    await this.#makeRoom()
  }

  /** What each job weighs is known; the disk is looked at again only when that should be enough. */
  async #makeRoom(): Promise<void> {
    const { index, removeEnded, disk } = this.#options
    /** Those that are still needed. */
    const kept = new Set<string>()
    for (let excess = await disk.excess(); excess > 0; excess = await disk.excess()) {
      const keptBefore = kept.size
      let removed = 0
      for (const { id, artifacts } of index.oldestEnded(ROUND_JOBS + kept.size)) {
        if (excess <= 0) break
        if (kept.has(id)) continue
        if (!(await removeEnded(id, { expiresBy: Number.POSITIVE_INFINITY }))) {
          kept.add(id)
          continue
        }
        removed++
        excess -= artifacts.reduce((sum, { size }) => sum + size, 0)
      }
      if (removed === 0 && kept.size === keptBefore) return
      disk.forgetUsage()
    }
  }

  /** By how much since it was last asked; 0 for what is little. */
  #clockSet(): number {
    const [wallClock, monotonic] = [Date.now(), performance.now()]
    const byMs = Math.round(wallClock - this.#lastWallClock - (monotonic - this.#lastMonotonic))
    this.#lastWallClock = wallClock
    this.#lastMonotonic = monotonic
    return Math.abs(byMs) > CLOCK_SET_MS ? byMs : 0
  }
}
