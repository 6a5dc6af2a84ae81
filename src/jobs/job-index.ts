import type { Database } from './database.ts'
import type { Job, JobStatus } from './job.ts'

export interface JobFilter {
  readonly statuses?: readonly JobStatus[] | undefined
  /** Of this tool, or of one of these. */
  readonly tool?: string | readonly string[] | undefined
  /** Only the jobs of this one. */
  readonly owner?: string | undefined
  readonly limit: number
  /** `next_cursor` of the page before. */
  readonly cursor?: string | undefined
  /** How many of those there are to pass over. */
  readonly skip?: number | undefined
}

export interface JobPage {
  /** Newest first. */
  readonly jobs: readonly Job[]
  readonly next_cursor: string | null
}

/** What decides whether a row still tells what its log does. */
export interface IndexedJob {
  readonly id: string
  readonly status: JobStatus
  readonly logBytes: number
}

export interface JobCount {
  readonly tool: string
  readonly status: JobStatus
  readonly count: number
}

/**
 * Which jobs there are. A view: each row is a fold of the job's log as of its last change of state. The order is that
 * of `created_at`, which no two jobs share, so that it is the same in an index that is made anew.
 */
export class JobIndex {
  readonly #database: Database
  readonly #statements: ReturnType<typeof prepareStatements>
  #lastCreatedAt: number

  constructor(database: Database) {
    this.#database = database
    this.#statements = prepareStatements(database)
    this.#lastCreatedAt = this.#newestCreation()
  }

  /** Milliseconds since 1970, later than those of all jobs there are. */
  nextCreatedAt(): number {
    this.#lastCreatedAt = Math.max(Date.now(), this.#lastCreatedAt + 1)
    return this.#lastCreatedAt
  }

  /** `fingerprint` stands for all that decides what the job makes; `logBytes` is how much of its log this is. */
  insert(job: Job, { fingerprint, logBytes, owner }: { fingerprint: string; logBytes: number; owner?: string | undefined }): void {
    const { id, tool, status, created_at, expires_at = null } = job
    this.#statements.insert.run(id, tool, status, created_at, expires_at, fingerprint, logBytes, owner ?? null, JSON.stringify(job))
    this.#lastCreatedAt = Math.max(this.#lastCreatedAt, created_at)
  }

  /** Does nothing for a job that has been removed. */
  update(job: Job, { logBytes }: { logBytes: number }): void {
    const { id, status, expires_at = null } = job
    this.#statements.update.run(status, expires_at, logBytes, JSON.stringify(job), id)
  }

  get(id: string): Job | undefined {
    return parseRow(this.#statements.get.get(id))
  }

  /** Whose the job is; undefined for one that is nobody's, or not here. */
  ownerOf(id: string): string | undefined {
    return (this.#statements.ownerOf.get(id) as { owner: string | null } | undefined)?.owner ?? undefined
  }

  /** The newest job of this owner that was asked for the same, has not failed and has not expired. */
  findSame(fingerprint: string, { owner, now }: { owner: string | undefined; now: number }): Job | undefined {
    return parseRow(this.#statements.findSame.get(fingerprint, owner ?? null, now))
  }

  list({ limit, cursor, skip = 0, ...filter }: JobFilter): JobPage {
    const { where, values } = conditionOf(filter)
    const rows = this.#database
      .prepare(`SELECT job FROM jobs WHERE created_at < ? AND ${where} ORDER BY created_at DESC LIMIT ? OFFSET ?`)
      .all(parseCursor(cursor), ...values, limit + 1, skip) as unknown as { job: string }[]
    const jobs = rows.slice(0, limit).map(({ job }) => JSON.parse(job) as Job)
    return { jobs, next_cursor: rows.length > limit ? jobs.at(-1)!.created_at.toString(36) : null }
  }

  /** How many there are of what `list` would list. */
  count(filter: Pick<JobFilter, 'statuses' | 'tool' | 'owner'>): number {
    const { where, values } = conditionOf(filter)
    return (this.#database.prepare(`SELECT count(*) AS count FROM jobs WHERE ${where}`).get(...values) as { count: number }).count
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

  /** All of them, oldest first. */
  all(): readonly IndexedJob[] {
    return this.#statements.all.all() as unknown as IndexedJob[]
  }

  /** How many there are of each tool and status. */
  counts(): readonly JobCount[] {
    return this.#statements.counts.all() as unknown as JobCount[]
  }

  /** Ids of the jobs whose time is over, the one that has waited longest first. */
  expired(now: number): readonly string[] {
    return (this.#statements.expired.all(now) as unknown as { id: string }[]).map(({ id }) => id)
  }

  /** The clock was set ahead by so much: jobs that have ended keep the time that is left to them. */
  moveTimes(byMs: number): void {
    this.#statements.moveExpiry.run(byMs, byMs)
    this.#statements.moveGone.run(byMs)
  }

  /** No job that has ended is kept for longer than one that ends now. */
  boundTimes({ now, retentionMs }: { now: number; retentionMs: number }): void {
    const latest = now + retentionMs
    this.#statements.boundExpiry.run(latest, latest, latest)
    this.#statements.boundGone.run(now, now)
  }

  /** Of the jobs that have ended, those that expire first. */
  oldestEnded(limit: number): readonly Job[] {
    return (this.#statements.oldestEnded.all(limit) as unknown as { job: string }[]).map(({ job }) => JSON.parse(job) as Job)
  }

  #newestCreation(): number {
    return (this.#statements.newest.get() as { at: number | null }).at ?? 0
  }
}

function prepareStatements(database: Database) {
  return {
    insert: database.prepare(`
      INSERT OR REPLACE INTO jobs (id, tool, status, created_at, expires_at, fingerprint, log_bytes, owner, job) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    update: database.prepare('UPDATE jobs SET status = ?, expires_at = ?, log_bytes = ?, job = ? WHERE id = ?'),
    get: database.prepare('SELECT job FROM jobs WHERE id = ?'),
    findSame: database.prepare(`
      SELECT job FROM jobs WHERE fingerprint = ? AND owner IS ? AND status IN ('completed', 'running', 'queued') AND (expires_at IS NULL OR expires_at > ?)
      ORDER BY created_at DESC LIMIT 1`),
    ownerOf: database.prepare('SELECT owner FROM jobs WHERE id = ?'),
    remove: database.prepare('DELETE FROM jobs WHERE id = ?'),
    putGone: database.prepare('INSERT OR REPLACE INTO gone (id, at) VALUES (?, ?)'),
    getGone: database.prepare('SELECT 1 FROM gone WHERE id = ?'),
    sweepGone: database.prepare('DELETE FROM gone WHERE at < ?'),
    all: database.prepare('SELECT id, status, log_bytes AS logBytes FROM jobs ORDER BY created_at'),
    counts: database.prepare('SELECT tool, status, count(*) AS count FROM jobs GROUP BY tool, status'),
    expired: database.prepare('SELECT id FROM jobs WHERE expires_at <= ? ORDER BY expires_at'),
    moveExpiry: database.prepare(`
      UPDATE jobs SET expires_at = expires_at + ?, job = json_set(job, '$.expires_at', CAST(expires_at + ? AS INTEGER)) WHERE expires_at IS NOT NULL`),
    moveGone: database.prepare('UPDATE gone SET at = at + ?'),
    boundGone: database.prepare('UPDATE gone SET at = ? WHERE at > ?'),
    boundExpiry: database.prepare("UPDATE jobs SET expires_at = ?, job = json_set(job, '$.expires_at', CAST(? AS INTEGER)) WHERE expires_at > ?"),
    oldestEnded: database.prepare('SELECT job FROM jobs WHERE expires_at IS NOT NULL ORDER BY expires_at LIMIT ?'),
    newest: database.prepare('SELECT max(created_at) AS at FROM jobs'),
  }
}

function conditionOf({ statuses = [], tool = [], owner }: Pick<JobFilter, 'statuses' | 'tool' | 'owner'>): { readonly where: string; readonly values: readonly string[] } {
  const tools = [tool].flat()
  const among = (column: string, values: readonly string[]) => (values.length > 0 ? [`${column} IN (${values.map(() => '?').join()})`] : [])
  return {
    where: ['1', ...among('status', statuses), ...among('tool', tools), ...(owner === undefined ? [] : ['owner = ?'])].join(' AND '),
    values: [...statuses, ...tools, ...(owner === undefined ? [] : [owner])],
  }
}

function parseRow(row: unknown): Job | undefined {
  return row ? (JSON.parse((row as { job: string }).job) as Job) : undefined
}

function parseCursor(cursor: string | undefined): number {
  const createdAt = cursor === undefined ? Number.NaN : Number.parseInt(cursor, 36)
  return Number.isSafeInteger(createdAt) ? createdAt : Number.MAX_SAFE_INTEGER
}
