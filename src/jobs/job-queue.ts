import type { Database } from './database.ts'

const LEASE_MS = 30_000

export interface Claim {
  readonly jobId: string
  readonly worker: string
  /** Whose the job is, where it is somebody's. */
  readonly owner?: string
}

/** How many jobs of an owner may be worked on at the same time; undefined for as many as there is room for. */
export type ConcurrencyOf = (owner: string) => number | undefined

const UNBOUNDED: ConcurrencyOf = () => undefined

/**
 * What is to be worked on next: the owners by turns, and of each who came first; a job that goes back keeps its place.
 * A claim is a lease: who does not extend it loses the job to the next one.
 */
export class JobQueue {
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(database: Database) {
    this.#statements = prepareStatements(database)
  }

  /** Adding a job that is there already gives it back to the waiting, in its old place; one that was held gets its place with this. */
  enqueue(jobId: string, owner = NOBODY): void {
    this.#statements.enqueue.run(jobId, owner, owner)
  }

  /** Adds a job that nobody may claim until it is enqueued, or keeps one back. False where somebody has claimed it. */
  hold(jobId: string, owner = NOBODY): boolean {
    return this.#statements.hold.run(jobId, owner).changes > 0
  }

  isHeld(jobId: string): boolean {
    return this.#statements.isHeld.get(jobId) !== undefined
  }

  /** Passes over the jobs of owners who have as many running as they may. Throws where it cannot be written. */
  claim(worker: string, now: number, concurrencyOf: ConcurrencyOf = UNBOUNDED): Claim | undefined {
    const full = this.#waitingOwners().filter(({ owner, running }) => owner !== NOBODY && running >= (concurrencyOf(owner) ?? Infinity))
    const names = JSON.stringify(full.map(({ owner }) => owner))
    // To its end, and not only to its first row: it is at the end that it is written, and told where it cannot be.
    const [row] = this.#statements.claim.all(worker, now + LEASE_MS, names) as unknown as { job_id: string; owner: string }[]
    return row && { jobId: row.job_id, worker, ...(row.owner !== NOBODY && { owner: row.owner }) }
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

  /** Those who have names and jobs here. */
  owners(): string[] {
    return (this.#statements.owners.all(NOBODY) as unknown as { owner: string }[]).map(({ owner }) => owner)
  }

  /** Their waiting jobs, held ones too, then those that are claimed. */
  jobsOf(owner: string): string[] {
    return (this.#statements.jobsOf.all(owner) as unknown as { job_id: string }[]).map(({ job_id }) => job_id)
  }

  /** Held ones too. */
  get waitingCount(): number {
    return (this.#statements.countWaiting.get() as { count: number }).count
  }

  /** 1 is next; undefined where it does not wait. */
  position(jobId: string): number | undefined {
    const { position } = this.#statements.position.get(jobId, jobId) as { position: number }
    return position > 0 ? position : undefined
  }

  #waitingOwners(): { owner: string; running: number }[] {
    return this.#statements.waitingOwners.all() as unknown as { owner: string; running: number }[]
  }
}

/** Stands for all who have no name: together they are one owner. */
const NOBODY = ''

function prepareStatements(database: Database) {
  const waits = 'worker IS NULL AND held = 0'
  return {
    enqueue: database.prepare(`
      INSERT INTO queue (job_id, owner, turn) VALUES (?, ?, max(
        coalesce((SELECT max(turn) FROM queue WHERE owner = ? AND held = 0) + 1, 0), coalesce((SELECT max(turn) FROM queue WHERE worker IS NOT NULL), 0)))
      ON CONFLICT (job_id) DO UPDATE SET worker = NULL, leased_until = NULL, held = 0, turn = CASE WHEN held THEN excluded.turn ELSE turn END`),
    hold: database.prepare(`
      INSERT INTO queue (job_id, owner, turn, held) VALUES (?, ?, 0, 1) ON CONFLICT (job_id) DO UPDATE SET held = 1 WHERE worker IS NULL`),
    isHeld: database.prepare('SELECT 1 FROM queue WHERE job_id = ? AND held'),
    claim: database.prepare(`
      UPDATE queue SET worker = ?, leased_until = ?
      WHERE seq = (
        SELECT seq FROM queue WHERE ${waits} AND owner NOT IN (SELECT value FROM json_each(?)) ORDER BY turn, seq LIMIT 1)
      RETURNING job_id, owner`),
    waitingOwners: database.prepare(`
      SELECT owner, sum(worker IS NOT NULL) AS running FROM queue GROUP BY owner HAVING sum(${waits}) > 0`),
    extend: database.prepare('UPDATE queue SET leased_until = ? WHERE job_id = ? AND worker = ?'),
    release: database.prepare('DELETE FROM queue WHERE job_id = ? AND worker = ?'),
    withdraw: database.prepare('DELETE FROM queue WHERE job_id = ? AND worker IS NULL'),
    forget: database.prepare('DELETE FROM queue WHERE job_id = ?'),
    all: database.prepare('SELECT job_id FROM queue'),
    owners: database.prepare('SELECT DISTINCT owner FROM queue WHERE owner <> ?'),
    jobsOf: database.prepare(`SELECT job_id FROM queue WHERE owner = ? ORDER BY worker IS NULL DESC, turn, seq`),
    leased: database.prepare('SELECT job_id, worker, leased_until FROM queue WHERE worker IS NOT NULL'),
    waiting: database.prepare(`SELECT job_id FROM queue WHERE ${waits} ORDER BY turn, seq`),
    countWaiting: database.prepare('SELECT count(*) AS count FROM queue WHERE worker IS NULL'),
    position: database.prepare(`
      SELECT count(*) AS position FROM queue
      WHERE ${waits} AND EXISTS (SELECT 1 FROM queue WHERE job_id = ? AND ${waits})
        AND (turn, seq) <= (SELECT turn, seq FROM queue WHERE job_id = ?)`),
  }
}
