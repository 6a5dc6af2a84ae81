import { HubError } from '../errors.ts'
import type { Database } from './database.ts'

/** Makes a submission that is sent twice one job. */
export class IdempotencyKeys {
  readonly #statements: ReturnType<typeof prepareStatements>
  readonly #underway = new Map<string, { fingerprint: string; jobId: Promise<string> }>()

  constructor(database: Database) {
    this.#statements = prepareStatements(database)
  }

  /**
   * The id that `create` made when this key was first used; `create` is to `remember` it together with the job. Throws
   * `idempotency_mismatch` where the key was used for something else. A `create` that fails leaves the key unused.
   */
  async once(key: string, fingerprint: string, create: () => Promise<string>): Promise<string> {
    const known = this.#statements.get.get(key) as { fingerprint: string; job_id: string } | undefined
    const underway = known ? { fingerprint: known.fingerprint, jobId: Promise.resolve(known.job_id) } : this.#underway.get(key)
    if (underway) {
      if (underway.fingerprint !== fingerprint) throw mismatch()
      return underway.jobId
    }
    const jobId = create()
    this.#underway.set(key, { fingerprint, jobId })
    try {
      return await jobId
    } finally {
      this.#underway.delete(key)
    }
  }

  /** The job that the key was used for. */
  jobOf(key: string): string | undefined {
    return (this.#statements.get.get(key) as { job_id: string } | undefined)?.job_id
  }

  /** The key that the job was submitted with. */
  keyOf(jobId: string): string | undefined {
    return (this.#statements.keyOf.get(jobId) as { key: string } | undefined)?.key
  }

  remember(key: string, { fingerprint, jobId, at }: { fingerprint: string; jobId: string; at: number }): void {
    this.#statements.put.run(key, fingerprint, jobId, at)
  }

  /** The clock was set ahead by so much: keys are remembered for the time that is left to them. */
  moveTimes(byMs: number): void {
    this.#statements.move.run(byMs)
  }

  /** None is remembered for longer than one of now. */
  boundTimes(now: number): void {
    this.#statements.bound.run(now, now)
  }

  forgetBefore(time: number): void {
    this.#statements.sweep.run(time)
  }
}

function prepareStatements(database: Database) {
  return {
    get: database.prepare('SELECT fingerprint, job_id FROM idempotency WHERE key = ?'),
    keyOf: database.prepare('SELECT key FROM idempotency WHERE job_id = ?'),
    put: database.prepare('INSERT OR REPLACE INTO idempotency (key, fingerprint, job_id, at) VALUES (?, ?, ?, ?)'),
    move: database.prepare('UPDATE idempotency SET at = at + ?'),
    bound: database.prepare('UPDATE idempotency SET at = ? WHERE at > ?'),
    sweep: database.prepare('DELETE FROM idempotency WHERE at < ?'),
  }
}

function mismatch(): HubError {
  return new HubError('idempotency_mismatch', 'This Idempotency-Key was used for another submission', {
    hint: 'Use a new key for each new job, and the same only to send the same again',
  })
}
