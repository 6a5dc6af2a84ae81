import { formatOffset, type EntryParts } from '../streams/entry.ts'
import type { Fold, SnapshotContext } from '../streams/stream.ts'
import { applyEvent, EMPTY_JOB, hasEnded, type Job, type JobEvent } from './job.ts'

/** The lines' numbers stand in front of the lines, so that a long log is counted without being parsed. */
const LINE_NUMBERS = /^\{"first":(\d+),"last":(\d+)/
const NUMBERS_BYTES = 64

/** A job as of any place of its log: the fold of all events, and what is needed to fold only some. */
export class JobFold implements Fold {
  job: Job = EMPTY_JOB
  #offset = ''
  /** How often the hub went down under it since it was last asked for. */
  interruptions = 0
  /** How often the machine was short of what its programs need since then. */
  shortages = 0
  readonly #id: string
  readonly #milestones: { readonly to: number; readonly event: JobEvent }[] = []
  readonly #logEnds: number[] = []
  readonly #logLasts: number[] = []

  /** `id` is that of the log, whatever a damaged line in it says. */
  constructor(id: string) {
    this.#id = id
  }

  apply(line: EntryParts, bytes: Buffer): void {
    this.#apply(line, bytes)
    this.#offset = formatOffset({ epoch: line.epoch, byte: line.to })
  }

  /** The job with the offset to follow it from, as the index keeps it. */
  get record(): Job {
    return { ...this.job, offset: this.#offset }
  }

  snapshotAt(at: number, { offset, last }: SnapshotContext): Job {
    const job = this.#jobAt(at)
    const live = last && !hasEnded(job.status) ? applyEvent(job, { type: last.type, data: last.data } as JobEvent) : job
    return { ...live, offset }
  }

  startOfLastLines(count: number): number {
    const wanted = this.job.total_logs - count
    if (wanted <= 0) return 0
    // The first event that holds line `wanted + 1` begins where the one before it ends.
    const index = this.#logLasts.findIndex((last) => last > wanted)
    return index === 0 ? 0 : this.#logEnds.at(index === -1 ? -1 : index - 1)!
  }

  #apply(line: EntryParts, bytes: Buffer): void {
    const numbers = line.type === 'new_logs' ? LINE_NUMBERS.exec(bytes.toString('latin1', line.dataFrom, line.dataFrom + NUMBERS_BYTES)) : null
    if (numbers) {
      this.#logEnds.push(line.to)
      this.#logLasts.push(Number(numbers[2]))
      this.job = { ...this.job, total_logs: Number(numbers[2]) }
      return
    }
    const data: unknown = JSON.parse(bytes.toString('utf8', line.dataFrom, line.dataTo))
    const event = this.#ofThisJob({ type: line.type, at: line.at, data } as JobEvent)
    this.#milestones.push({ to: line.to, event })
    this.job = applyEvent(this.job, event)
    if (event.type === 'end') {
      this.interruptions = 0
      this.shortages = 0
    } else if (event.type === 'status' && event.data.reason === 'interrupted') this.interruptions++
    else if (event.type === 'status' && event.data.reason === 'short_of_resources') this.shortages++
  }

  #ofThisJob(event: JobEvent): JobEvent {
    return event.type === 'status' && event.data.id !== undefined ? { ...event, data: { ...event.data, id: this.#id } } : event
  }

  #jobAt(at: number): Job {
    const latest = Math.max(this.#milestones.at(-1)?.to ?? 0, this.#logEnds.at(-1) ?? 0)
    if (at >= latest) return this.job
    let job = EMPTY_JOB
    for (const { to, event } of this.#milestones) {
      if (to > at) break
      job = applyEvent(job, event)
    }
    return { ...identify(job, this.job), total_logs: this.#logLasts[this.#logEnds.findLastIndex((end) => end <= at)] ?? 0 }
  }
}

/** Before its first event a job has an id and a tool all the same. */
function identify(job: Job, { id, tool, input, created_at }: Job): Job {
  return { ...job, id, tool, input, created_at }
}
