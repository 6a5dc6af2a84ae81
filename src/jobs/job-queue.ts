import type { Database } from './database.ts'

const LEASE_MS = 30_000

export interface Claim {
  readonly jobId: string
  readonly worker: string
}

/**
 * What is to be worked on next. First come, first served; a job that goes back keeps its place. A claim is a lease:
 * who does not extend it loses the job to the next one.
 */
export class JobQueue {
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(database: Database) {
    this.#statements = prepareStatements(database)
  }

  /** Adding a job that is there already gives it back to the waiting, in its old place. */
  enqueue(jobId: string): void {
    this.#statements.enqueue.run(jobId)
  }

  claim(worker: string, now: number): Claim | undefined {
    const row = this.#statements.claim.get(worker, now + LEASE_MS) as { job_id: string } | undefined
    return row && { jobId: row.job_id, worker }
  }

  /** False: the lease is another's by now. */
  extend({ jobId, worker }: Claim, now: number): boolean {
    return this.#statements.extend.run(now + LEASE_MS, jobId, worker).changes > 0
  }

  /** The job needs no more work. */
  release({ jobId, worker }: Claim): void {
    this.#statements.release.run(jobId, worker)
  }

  /** Takes a job out that nobody has claimed; false where somebody has, or it is not here. */
  withdraw(jobId: string): boolean {
    return this.#statements.withdraw.run(jobId).changes > 0
  }

  forget(jobId: string): void {
    this.#statements.forget.run(jobId)
  }

  /** Jobs whose lease has run out or belongs to none of `workers`. */
  abandoned({ workers, now }: { workers: readonly string[]; now: number }): string[] {
    const leased = this.#statements.leased.all() as unknown as { job_id: string; worker: string; leased_until: number }[]
    return leased.filter(({ worker, leased_until }) => leased_until < now || !workers.includes(worker)).map(({ job_id }) => job_id)
  }

  /** Drops every place whose job is not one of `jobIds`. */
  retain(jobIds: ReadonlySet<string>): void {
    for (const { job_id } of this.#statements.all.all() as unknown as { job_id: string }[]) {
      if (!jobIds.has(job_id)) this.forget(job_id)
    }
  }

  /** Job ids in the order in which they will be claimed. */
  waiting(): string[] {
    return (this.#statements.waiting.all() as unknown as { job_id: string }[]).map(({ job_id }) => job_id)
  }

  get waitingCount(): number {
    return (this.#statements.countWaiting.get() as { count: number }).count
  }

  /** 1 is next; undefined where it does not wait. */
  position(jobId: string): number | undefined {
    const { position } = this.#statements.position.get(jobId, jobId) as { position: number }
    return position > 0 ? position : undefined
  }
}

function prepareStatements(database: Database) {
  const waits = 'worker IS NULL'
  return {
    enqueue: database.prepare(`
      INSERT INTO queue (job_id) VALUES (?) ON CONFLICT (job_id) DO UPDATE SET worker = NULL, leased_until = NULL`),
    claim: database.prepare(`
      UPDATE queue SET worker = ?, leased_until = ?
      WHERE seq = (SELECT seq FROM queue WHERE ${waits} ORDER BY seq LIMIT 1) RETURNING job_id`),
    extend: database.prepare('UPDATE queue SET leased_until = ? WHERE job_id = ? AND worker = ?'),
    release: database.prepare('DELETE FROM queue WHERE job_id = ? AND worker = ?'),
    withdraw: database.prepare(`DELETE FROM queue WHERE job_id = ? AND ${waits}`),
    forget: database.prepare('DELETE FROM queue WHERE job_id = ?'),
    all: database.prepare('SELECT job_id FROM queue'),
    leased: database.prepare('SELECT job_id, worker, leased_until FROM queue WHERE worker IS NOT NULL'),
    waiting: database.prepare(`SELECT job_id FROM queue WHERE ${waits} ORDER BY seq`),
    countWaiting: database.prepare(`SELECT count(*) AS count FROM queue WHERE ${waits}`),
    position: database.prepare(`
      SELECT count(*) AS position FROM queue
      WHERE ${waits} AND EXISTS (SELECT 1 FROM queue WHERE job_id = ? AND ${waits})
        AND seq <= (SELECT seq FROM queue WHERE job_id = ?)`),
  }
}
