import type { Database } from './database.ts'
import type { Job, JobStatus } from './job.ts'

export interface JobFilter {
  readonly statuses?: readonly JobStatus[] | undefined
  readonly tool?: string | undefined
  readonly limit: number
  /** `next_cursor` of the page before. */
  readonly cursor?: string | undefined
}

export interface JobPage {
  /** Newest first. */
  readonly jobs: readonly Job[]
  readonly next_cursor: string | null
}

/** Which jobs there are. A view: each row is a fold of the job's log as of its last change of state. */
export class JobIndex {
  readonly #database: Database
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(database: Database) {
    this.#database = database
    this.#statements = prepareStatements(database)
  }

  /** `fingerprint` stands for all that decides what the job makes. */
  insert(job: Job, { fingerprint }: { fingerprint: string }): void {
    const { id, tool, status, created_at, expires_at = null } = job
    this.#statements.insert.run(id, tool, status, created_at, expires_at, fingerprint, JSON.stringify(job))
  }

  /** Does nothing for a job that has been removed. */
  update(job: Job): void {
    const { id, status, expires_at = null } = job
    this.#statements.update.run(status, expires_at, JSON.stringify(job), id)
  }

  get(id: string): Job | undefined {
    return parseRow(this.#statements.get.get(id))
  }

  /** The newest job that was asked for the same and has not failed. */
  findSame(fingerprint: string): Job | undefined {
    return parseRow(this.#statements.findSame.get(fingerprint))
  }

  list({ statuses, tool, limit, cursor }: JobFilter): JobPage {
    const conditions = ['seq < ?']
    const values: (string | number)[] = [parseCursor(cursor)]
    if (statuses?.length) {
      conditions.push(`status IN (${statuses.map(() => '?').join()})`)
      values.push(...statuses)
    }
    if (tool !== undefined) {
      conditions.push('tool = ?')
      values.push(tool)
    }
    const rows = this.#database
      .prepare(`SELECT seq, job FROM jobs WHERE ${conditions.join(' AND ')} ORDER BY seq DESC LIMIT ?`)
      .all(...values, limit + 1) as unknown as { seq: number; job: string }[]
    const page = rows.slice(0, limit)
    return {
      jobs: page.map(({ job }) => JSON.parse(job) as Job),
      next_cursor: rows.length > limit ? page.at(-1)!.seq.toString(36) : null,
    }
  }

  /** Forgets a job; for a while the id is known to have been one. */
  remove(id: string, now: number): void {
    this.#statements.remove.run(id)
    this.#statements.putGone.run(id, now)
  }

  wasRemoved(id: string): boolean {
    return this.#statements.getGone.get(id) !== undefined
  }

  forgetRemovedBefore(time: number): void {
    this.#statements.sweepGone.run(time)
  }

  ids(): string[] {
    return (this.#statements.ids.all() as unknown as { id: string }[]).map(({ id }) => id)
  }

  /** Ids of the ended jobs, the one that expires first at the front. */
  ended(): { readonly id: string; readonly expiresAt: number }[] {
    return this.#statements.ended.all() as unknown as { id: string; expiresAt: number }[]
  }

  unendedIds(): string[] {
    return (this.#statements.unended.all() as unknown as { id: string }[]).map(({ id }) => id)
  }
}

function prepareStatements(database: Database) {
  return {
    insert: database.prepare(`
      INSERT OR REPLACE INTO jobs (id, tool, status, created_at, expires_at, fingerprint, job) VALUES (?, ?, ?, ?, ?, ?, ?)`),
    update: database.prepare('UPDATE jobs SET status = ?, expires_at = ?, job = ? WHERE id = ?'),
    get: database.prepare('SELECT job FROM jobs WHERE id = ?'),
    findSame: database.prepare(`
      SELECT job FROM jobs WHERE fingerprint = ? AND status IN ('completed', 'running', 'queued') ORDER BY seq DESC LIMIT 1`),
    remove: database.prepare('DELETE FROM jobs WHERE id = ?'),
    putGone: database.prepare('INSERT OR REPLACE INTO gone (id, at) VALUES (?, ?)'),
    getGone: database.prepare('SELECT 1 FROM gone WHERE id = ?'),
    sweepGone: database.prepare('DELETE FROM gone WHERE at < ?'),
    ids: database.prepare('SELECT id FROM jobs'),
    ended: database.prepare('SELECT id, expires_at AS expiresAt FROM jobs WHERE expires_at IS NOT NULL ORDER BY expires_at'),
    unended: database.prepare("SELECT id FROM jobs WHERE status IN ('queued', 'running') ORDER BY seq"),
  }
}

function parseRow(row: unknown): Job | undefined {
  return row ? (JSON.parse((row as { job: string }).job) as Job) : undefined
}

function parseCursor(cursor: string | undefined): number {
  const seq = cursor === undefined ? Number.NaN : Number.parseInt(cursor, 36)
  return Number.isSafeInteger(seq) ? seq : Number.MAX_SAFE_INTEGER
}

