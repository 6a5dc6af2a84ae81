import type { Database } from '../jobs/database.ts'

/** What the holder of a key has used of a day. */
export interface DayUsage {
  readonly workedMs: number
  readonly bytes: number
}

const NOTHING: DayUsage = { workedMs: 0, bytes: 0 }
const WRITE_AFTER_MS = 1000

/** What each key has used today, by UTC. Counted in memory; a crash loses the last second of it. */
export class Usage {
  readonly #statements: ReturnType<typeof prepareStatements>
  readonly #counted = new Map<string, DayUsage>()
  readonly #unwritten = new Set<string>()
  #day: string
  #timer: NodeJS.Timeout | undefined

  constructor(database: Database) {
    database.exec('CREATE TABLE IF NOT EXISTS usage (owner TEXT, day TEXT, worked_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (owner, day))')
    this.#statements = prepareStatements(database)
    this.#day = dayOf(Date.now())
    this.#statements.sweep.run(this.#day)
  }

  today(owner: string, now: number = Date.now()): DayUsage {
    this.#turn(dayOf(now))
    const known = this.#counted.get(owner) ?? (this.#statements.get.get(owner, this.#day) as DayUsage | undefined) ?? NOTHING
    this.#counted.set(owner, known)
    return known
  }

  add(owner: string, { workedMs = 0, bytes = 0 }: Partial<DayUsage>, now: number = Date.now()): void {
    const known = this.today(owner, now)
    this.#counted.set(owner, { workedMs: known.workedMs + workedMs, bytes: known.bytes + bytes })
    this.#unwritten.add(owner)
    this.#timer ??= setTimeout(() => this.write(), WRITE_AFTER_MS).unref()
  }

  write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const owner of this.#unwritten) {
      const { workedMs, bytes } = this.#counted.get(owner) ?? NOTHING
      this.#statements.put.run(owner, this.#day, Math.round(workedMs), bytes)
    }
    this.#unwritten.clear()
  }

  #turn(day: string): void {
    if (day === this.#day) return
    this.write()
    this.#day = day
    this.#counted.clear()
    this.#statements.sweep.run(day)
  }
}

export function secondsToMidnight(now: number = Date.now()): number {
  return Math.ceil((86_400_000 - (now % 86_400_000)) / 1000)
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

function prepareStatements(database: Database) {
  return {
    get: database.prepare('SELECT worked_ms AS workedMs, bytes FROM usage WHERE owner = ? AND day = ?'),
    put: database.prepare('INSERT OR REPLACE INTO usage (owner, day, worked_ms, bytes) VALUES (?, ?, ?, ?)'),
    sweep: database.prepare('DELETE FROM usage WHERE day < ?'),
  }
}
