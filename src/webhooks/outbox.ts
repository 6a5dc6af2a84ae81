import { createHash } from 'node:crypto'
import type { Database } from '../jobs/database.ts'
import type { WebhookEvent } from '../jobs/webhook-request.ts'

export type DeliveryState = 'pending' | 'delivered' | 'failed'

/** One try to deliver. */
export interface Attempt {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly milliseconds: number
  /** Of the answer, where there was one. */
  readonly status?: number
  readonly error?: string
}

/** One event on its way to one webhook. */
export interface Delivery {
  readonly id: string
  /** Of the event: the same for each webhook, and at each attempt. */
  readonly eventId: string
  /** The id of the hub's webhook; of a job or batch that has one of its own, its id. */
  readonly webhook: string
  /** The job or batch that it tells of. */
  readonly subject: string
  readonly type: WebhookEvent
  readonly body: string
  readonly state: DeliveryState
  readonly attempts: readonly Attempt[]
  /** How many of them were before it was last replayed. */
  readonly attemptsBefore: number
  readonly createdAt: number
  /** When it is tried next; only while it is pending. */
  readonly nextAt: number | null
  /** Where it goes and with what, for a webhook that is not the hub's and may be gone before it is delivered. */
  readonly own: { readonly url: string; readonly secret?: string } | undefined
  /** All deliveries to one of these share its places. */
  readonly receiver: string
}

export type NewDelivery = Pick<Delivery, 'eventId' | 'webhook' | 'subject' | 'type' | 'body' | 'own' | 'receiver'>

export interface DeliveryFilter {
  readonly webhook?: string | undefined
  readonly subject?: string | undefined
  readonly state?: DeliveryState | undefined
  readonly limit: number
  /** `next_cursor` of the page before. */
  readonly cursor?: string | undefined
}

/**
 * What is to be delivered, what has been, and how far each log has been read into it. Events come out of the logs, with
 * ids made of their place there: reading a log twice adds nothing.
 */
export class Outbox {
  readonly #database: Database
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(database: Database) {
    database.exec(SCHEMA)
    this.#database = database
    this.#statements = prepareStatements(database)
  }

  /** The offset up to which the log of a job or batch has been read. */
  readUpTo(subject: string): string | undefined {
    return (this.#statements.getRead.get(subject) as { log_offset: string } | undefined)?.log_offset
  }

  /** Adds what has been read of a log, to be delivered from now on; what is there already is left as it is. To be called in a transaction. */
  add(deliveries: readonly NewDelivery[], { subject, readUpTo, now }: { subject: string; readUpTo: string; now: number }): void {
    for (const { eventId, webhook, type, body, own, receiver } of deliveries) {
      const id = createHash('sha256').update(`${eventId} ${webhook}`).digest('base64url').slice(0, 22)
      this.#statements.add.run(id, eventId, webhook, subject, type, body, own?.url ?? null, own?.secret ?? null, receiver, now, now)
    }
    this.#statements.putRead.run(subject, readUpTo)
  }

  /** The log of a job or batch is gone. */
  forgetLog(subject: string): void {
    this.#statements.forgetRead.run(subject)
  }

  /** Those that are due, the longest due first, but those under way and those whose receiver has no place. */
  due({ now, underway, fullReceivers, limit }: { now: number; underway: readonly string[]; fullReceivers: readonly string[]; limit: number }): readonly Delivery[] {
    return this.#statements.due.all(now, JSON.stringify(fullReceivers), JSON.stringify(underway), limit).map(toDelivery)
  }

  /** When the first of those that are not due yet becomes it. */
  nextAt(now: number): number | undefined {
    return (this.#statements.nextAt.get(now) as { at: number | null }).at ?? undefined
  }

  /** After an attempt: tried again at `nextAt`, or done where that is null. Does nothing for one that has been removed. */
  record({ id, attempts }: Delivery, attempt: Attempt, { state, nextAt }: { state: DeliveryState; nextAt: number | null }): void {
    this.#statements.record.run(JSON.stringify([...attempts, attempt]), state, nextAt, id)
  }

  /** Due at once and tried as often as a new one, whatever became of it. */
  again(id: string, now: number): void {
    this.#statements.again.run(now, id)
  }

  get(id: string): Delivery | undefined {
    const row = this.#statements.get.get(id)
    return row === undefined ? undefined : toDelivery(row)
  }

  /** Newest first. */
  list({ webhook, subject, state, limit, cursor }: DeliveryFilter): { readonly deliveries: readonly Delivery[]; readonly nextCursor: string | null } {
    const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number.parseInt(cursor, 36)
    const rows = this.#statements.list.all(before, webhook ?? null, webhook ?? null, subject ?? null, subject ?? null, state ?? null, state ?? null, limit + 1)
    const last = rows[limit - 1] as { seq: number } | undefined
    return { deliveries: rows.slice(0, limit).map(toDelivery), nextCursor: rows.length > limit && last ? last.seq.toString(36) : null }
  }

  /** Nothing more goes to this webhook: what was on its way has failed. */
  giveUp(webhook: string): void {
    this.#statements.giveUp.run(webhook)
  }

  get pendingCount(): number {
    return (this.#statements.countPending.get() as { count: number }).count
  }

  /** None is due later than that: the clock may have been set back. */
  bound(latest: number): void {
    this.#statements.bound.run(latest, latest)
  }

  /** Forgets what is done and older. */
  sweep(createdBefore: number): void {
    this.#statements.sweep.run(createdBefore)
  }

  /** For a transaction around `add`. */
  get database(): Database {
    return this.#database
  }
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    event_id TEXT NOT NULL,
    webhook TEXT NOT NULL,
    subject TEXT NOT NULL,
    type TEXT NOT NULL,
    body TEXT NOT NULL,
    url TEXT,
    secret TEXT,
    receiver TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    next_at INTEGER,
    attempts TEXT NOT NULL DEFAULT '[]',
    attempts_before INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX IF NOT EXISTS deliveries_pending ON deliveries (next_at) WHERE state = 'pending';
  CREATE INDEX IF NOT EXISTS deliveries_by_webhook ON deliveries (webhook);
  CREATE INDEX IF NOT EXISTS deliveries_by_subject ON deliveries (subject);
  CREATE TABLE IF NOT EXISTS logs_read (subject TEXT PRIMARY KEY, log_offset TEXT NOT NULL);
`

function prepareStatements(database: Database) {
  return {
    getRead: database.prepare('SELECT log_offset FROM logs_read WHERE subject = ?'),
    putRead: database.prepare('INSERT OR REPLACE INTO logs_read (subject, log_offset) VALUES (?, ?)'),
    forgetRead: database.prepare('DELETE FROM logs_read WHERE subject = ?'),
    add: database.prepare(`
      INSERT OR IGNORE INTO deliveries (id, event_id, webhook, subject, type, body, url, secret, receiver, created_at, next_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    due: database.prepare(`
      SELECT * FROM deliveries WHERE state = 'pending' AND next_at <= ? AND receiver NOT IN (SELECT value FROM json_each(?))
        AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY next_at, seq LIMIT ?`),
    nextAt: database.prepare("SELECT min(next_at) AS at FROM deliveries WHERE state = 'pending' AND next_at > ?"),
    record: database.prepare('UPDATE deliveries SET attempts = ?, state = ?, next_at = ? WHERE id = ?'),
    again: database.prepare("UPDATE deliveries SET state = 'pending', next_at = ?, attempts_before = json_array_length(attempts) WHERE id = ?"),
    get: database.prepare('SELECT * FROM deliveries WHERE id = ?'),
    list: database.prepare(`
      SELECT * FROM deliveries WHERE seq < ? AND (? IS NULL OR webhook = ?) AND (? IS NULL OR subject = ?) AND (? IS NULL OR state = ?)
      ORDER BY seq DESC LIMIT ?`),
    giveUp: database.prepare("UPDATE deliveries SET state = 'failed', next_at = NULL WHERE webhook = ? AND state = 'pending'"),
    countPending: database.prepare("SELECT count(*) AS count FROM deliveries WHERE state = 'pending'"),
    bound: database.prepare("UPDATE deliveries SET next_at = ? WHERE state = 'pending' AND next_at > ?"),
    sweep: database.prepare("DELETE FROM deliveries WHERE state <> 'pending' AND created_at < ?"),
  }
}

interface Row {
  readonly id: string
  readonly event_id: string
  readonly webhook: string
  readonly subject: string
  readonly type: WebhookEvent
  readonly body: string
  readonly url: string | null
  readonly secret: string | null
  readonly receiver: string
  readonly created_at: number
  readonly state: DeliveryState
  readonly next_at: number | null
  readonly attempts: string
  readonly attempts_before: number
}

function toDelivery(row: unknown): Delivery {
  const { id, event_id, webhook, subject, type, body, url, secret, receiver, created_at, state, next_at, attempts, attempts_before } = row as Row
  return {
    id, eventId: event_id, webhook, subject, type, body, receiver, state, createdAt: created_at, nextAt: next_at,
    attempts: JSON.parse(attempts) as Attempt[], attemptsBefore: attempts_before,
    own: url === null ? undefined : { url, ...(secret !== null && { secret }) },
  }
}
