type Sqlite = typeof import('@photostructure/sqlite')

export type Database = InstanceType<Sqlite['DatabaseSync']>

/**
 * Opens the index and queue: Node's own SQLite where Node has it, else the package with the same interface. All that
 * is in it can be made again from the logs, so a file that cannot be read is put aside and begun anew.
 */
export async function openDatabase(path: string, { putAside }: { putAside: (path: string) => Promise<void> }): Promise<Database> {
  const sqlite = await loadSqlite()
  try {
    return prepare(new sqlite.DatabaseSync(path))
  } catch {
    await putAside(path)
    return prepare(new sqlite.DatabaseSync(path))
  }
}

async function loadSqlite(): Promise<Sqlite> {
  try {
    return (await import('node:sqlite' as string)) as Sqlite
  } catch {
    return import('@photostructure/sqlite')
  }
}

function prepare(database: Database): Database {
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000;')
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
    // Of another version: the logs know better than a migration does.
    if (version !== 0 && version !== VERSION) dropAll(database)
    database.exec(SCHEMA)
    database.prepare('SELECT count(*) FROM jobs').get()
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function dropAll(database: Database): void {
  for (const table of ['jobs', 'queue', 'gone', 'idempotency']) database.exec(`DROP TABLE IF EXISTS ${table}`)
}

const VERSION = 1
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    tool TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    fingerprint TEXT NOT NULL,
    job TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status, seq);
  CREATE INDEX IF NOT EXISTS jobs_by_tool ON jobs (tool, seq);
  CREATE INDEX IF NOT EXISTS jobs_by_expiry ON jobs (expires_at) WHERE expires_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS jobs_by_fingerprint ON jobs (fingerprint, seq);
  CREATE TABLE IF NOT EXISTS queue (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE,
    worker TEXT,
    leased_until INTEGER
  );
  CREATE TABLE IF NOT EXISTS gone (id TEXT PRIMARY KEY, at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS idempotency (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, job_id TEXT NOT NULL, at INTEGER NOT NULL);
  PRAGMA user_version = ${VERSION};
`
