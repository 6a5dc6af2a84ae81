type Sqlite = typeof import('@photostructure/sqlite')

export type Database = InstanceType<Sqlite['DatabaseSync']>

/**
 * Opens the index and queue. All that is in it can be made again from the logs, so a file that is damaged is put aside
 * and begun anew; one that only cannot be opened is an error.
 */
export function openDatabase(path: string, { putAside }: { putAside: (path: string) => Promise<void> }): Promise<Database> {
  return openFile(path, { putAside, prepare: prepareIndex })
}

/** Opens a file whose tables are those of who uses it, with the same care. */
export function openPlainDatabase(path: string, { putAside }: { putAside: (path: string) => Promise<void> }): Promise<Database> {
  return openFile(path, { putAside, prepare: () => undefined })
}

async function openFile(path: string, { putAside, prepare }: { putAside: (path: string) => Promise<void>; prepare: (database: Database) => void }): Promise<Database> {
  const sqlite = await loadSqlite()
  const open = () => prepared(new sqlite.DatabaseSync(path), prepare)
  try {
    return open()
  } catch (error) {
    if (!isDamage(error)) throw error
    await putAside(path)
    return open()
  }
}

/** Leaves one whole file behind: statements that are still about keep `close` alone from emptying its log into it. */
export function closeDatabase(database: Database): void {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    database.close()
  }
}

/** Node's own SQLite where Node has it, else the package with the same interface. */
export async function loadSqlite(): Promise<Sqlite> {
  try {
    return (await import('node:sqlite' as string)) as Sqlite
  } catch {
    return import('@photostructure/sqlite')
  }
}

/** All that `change` writes, or, where it throws, nothing. */
export function atomically(database: Database, change: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    change()
    database.exec('COMMIT')
  } catch (error) {
    // A full disk has rolled back by itself.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** Somebody else holds the file. */
export function isBusy(error: unknown): boolean {
  return hasResultCode(error, SQLITE_BUSY)
}

/** There is no room for what was to be written. */
export function isFull(error: unknown): boolean {
  return hasResultCode(error, SQLITE_FULL)
}

function isDamage(error: unknown): boolean {
  return error instanceof DamagedError || hasResultCode(error, SQLITE_CORRUPT) || hasResultCode(error, SQLITE_NOTADB)
}

class DamagedError extends Error {
  override name = 'DamagedError'
}

const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26

/** The low byte is the code, the rest says more exactly what. */
function hasResultCode(error: unknown, code: number): boolean {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === code
}

function prepared(database: Database, prepare: (database: Database) => void): Database {
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000;')
    const { quick_check: verdict } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }
    if (verdict !== 'ok') throw new DamagedError(verdict)
    prepare(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function prepareIndex(database: Database): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  // Of another version: the logs know better than a migration does.
  if (version !== 0 && version !== VERSION) dropAll(database)
  database.exec(SCHEMA)
  if (database.prepare(DAMAGED_ROW).get()) throw new DamagedError('a row does not hold its job')
}

function dropAll(database: Database): void {
  for (const table of ['jobs', 'queue', 'gone', 'idempotency', 'batches']) database.exec(`DROP TABLE IF EXISTS ${table}`)
}

const VERSION = 4
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY,
    tool TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    fingerprint TEXT NOT NULL,
    log_bytes INTEGER NOT NULL,
    owner TEXT,
    job TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS jobs_by_creation ON jobs (created_at);
  CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status, created_at);
  CREATE INDEX IF NOT EXISTS jobs_by_tool ON jobs (tool, created_at);
  CREATE INDEX IF NOT EXISTS jobs_by_owner ON jobs (owner, created_at) WHERE owner IS NOT NULL;
  CREATE INDEX IF NOT EXISTS jobs_by_expiry ON jobs (expires_at) WHERE expires_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS jobs_by_fingerprint ON jobs (fingerprint, created_at);
  CREATE TABLE IF NOT EXISTS queue (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    turn INTEGER NOT NULL,
    worker TEXT,
    leased_until INTEGER,
    held INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX IF NOT EXISTS queue_by_owner ON queue (owner, held, turn, worker);
  CREATE INDEX IF NOT EXISTS queue_waiting ON queue (turn) WHERE worker IS NULL AND held = 0;
  CREATE INDEX IF NOT EXISTS queue_claimed ON queue (turn) WHERE worker IS NOT NULL;
  CREATE TABLE IF NOT EXISTS gone (id TEXT PRIMARY KEY, at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS idempotency (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, job_id TEXT NOT NULL, at INTEGER NOT NULL);
  PRAGMA user_version = ${VERSION};
`

/** What a row says twice has to agree, and what a job always has must be there; SQLite looks at its pages and not at what our text means. */
const DAMAGED_ROW = `
  SELECT 1 FROM jobs WHERE CASE WHEN json_valid(job) THEN
    json_extract(job, '$.id') IS NOT id OR json_extract(job, '$.tool') IS NOT tool OR json_extract(job, '$.status') IS NOT status OR
    json_extract(job, '$.created_at') IS NOT created_at OR json_extract(job, '$.expires_at') IS NOT expires_at OR
    json_type(job, '$.attempt') IS NOT 'integer' OR json_type(job, '$.total_logs') IS NOT 'integer' OR json_type(job, '$.progress') IS NULL OR
    json_type(job, '$.result') IS NOT 'object' OR json_type(job, '$.artifacts') IS NOT 'array' OR
    EXISTS (SELECT 1 FROM json_each(job, '$.artifacts') WHERE type IS NOT 'object' OR
      json_type(value, '$.name') IS NOT 'text' OR json_type(value, '$.size') IS NOT 'integer' OR json_type(value, '$.content_type') IS NOT 'text' OR
      json_type(value, '$.sha256') IS NOT 'text' OR json_type(value, '$.url') IS NOT 'text')
  ELSE 1 END LIMIT 1`
