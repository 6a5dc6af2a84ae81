import type { Database } from '../jobs/database.ts'

export interface IndexedBatch {
  readonly id: string
  readonly owner: string | undefined
  readonly expiresAt: number | undefined
  readonly logBytes: number
}

export interface BatchFilter {
  /** Only the batches of this one. */
  readonly owner: string | undefined
  readonly limit: number
  /** `nextCursor` of the page before. */
  readonly cursor: string | undefined
}

/** Which batches there are. A view: it can be made again from their logs and requests. */
export class BatchIndex {
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(database: Database) {
    database.exec(SCHEMA)
    this.#statements = prepareStatements(database)
  }

  insert(id: string, { owner, createdAt }: { owner: string | undefined; createdAt: number }): void {
    this.#statements.insert.run(id, owner ?? null, createdAt)
  }

  /** `expiresAt` is there once it has ended. */
  update(id: string, { expiresAt, logBytes }: { expiresAt: number | undefined; logBytes: number }): void {
    this.#statements.update.run(expiresAt ?? null, logBytes, id)
  }

  get(id: string): IndexedBatch | undefined {
    const row = this.#statements.get.get(id)
    return row === undefined ? undefined : toBatch(row)
  }

  all(): readonly IndexedBatch[] {
    return this.#statements.all.all().map(toBatch)
  }

  /** Ids, newest first. */
  list({ owner, limit, cursor }: BatchFilter): { readonly ids: readonly string[]; readonly nextCursor: string | null } {
    const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number.parseInt(cursor, 36)
    const rows = this.#statements.list.all(before, owner ?? null, owner ?? null, limit + 1) as unknown as { id: string; seq: number }[]
    const last = rows[limit - 1]
    return { ids: rows.slice(0, limit).map(({ id }) => id), nextCursor: rows.length > limit && last ? last.seq.toString(36) : null }
  }

  remove(id: string): void {
    this.#statements.remove.run(id)
  }

  expired(now: number): readonly string[] {
    return (this.#statements.expired.all(now) as unknown as { id: string }[]).map(({ id }) => id)
  }

  /** The clock was set ahead by so much; and none is kept for longer than one that ends now. */
  moveTimes({ aheadMs, latest }: { aheadMs: number; latest: number }): void {
    this.#statements.move.run(aheadMs, latest)
  }
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS batches (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    log_bytes INTEGER NOT NULL DEFAULT 0
  )`

function prepareStatements(database: Database) {
  return {
    insert: database.prepare('INSERT OR IGNORE INTO batches (id, owner, created_at) VALUES (?, ?, ?)'),
    update: database.prepare('UPDATE batches SET expires_at = ?, log_bytes = ? WHERE id = ?'),
    get: database.prepare('SELECT * FROM batches WHERE id = ?'),
    all: database.prepare('SELECT * FROM batches ORDER BY seq'),
    list: database.prepare('SELECT id, seq FROM batches WHERE seq < ? AND (? IS NULL OR owner = ?) ORDER BY seq DESC LIMIT ?'),
    remove: database.prepare('DELETE FROM batches WHERE id = ?'),
    expired: database.prepare('SELECT id FROM batches WHERE expires_at <= ? ORDER BY expires_at'),
    move: database.prepare('UPDATE batches SET expires_at = min(expires_at + ?, ?) WHERE expires_at IS NOT NULL'),
  }
}

function toBatch(row: unknown): IndexedBatch {
  const { id, owner, expires_at, log_bytes } = row as { id: string; owner: string | null; expires_at: number | null; log_bytes: number }
  return { id, owner: owner ?? undefined, expiresAt: expires_at ?? undefined, logBytes: log_bytes }
}
