import { createHash } from 'node:crypto'
import { atomically } from '../jobs/database.ts'
import type { WebhookEvent } from '../jobs/webhook-request.ts'
import { parseEntries, parseOffset, type Entry } from '../streams/entry.ts'
import type { OpenStream } from '../streams/event-log.ts'
import type { NewDelivery, Outbox } from './outbox.ts'

/** Who is told of a job or batch. */
export interface Subscriber {
  readonly webhook: string
  readonly url: string
  readonly events: ReadonlySet<WebhookEvent>
  /** What happened before, in milliseconds since 1970, is none of its business. */
  readonly since: number
  /** Where it is the job's own, and not kept elsewhere. */
  readonly own: NewDelivery['own']
}

export interface LogReaderOptions {
  readonly outbox: Outbox
  /** undefined where there is no such log. */
  readonly open: (subject: string) => Promise<OpenStream | undefined>
  readonly subscribersOf: (subject: string) => Promise<readonly Subscriber[]>
  /** What the entry is to a webhook, if anything. */
  readonly eventOf: (entry: Entry) => WebhookEvent | undefined
  /** The data of the event, from the snapshot as of its entry. */
  readonly dataOf: (snapshot: unknown) => unknown
  readonly onAdded: () => void
  readonly onError: (subject: string, error: unknown) => void
}

const AGAIN_AFTER_MS = 1000

/** Reads the logs of jobs or batches into the outbox, each from where it stood: past and future are one path. */
export class LogReader {
  readonly #options: LogReaderOptions
  readonly #reading = new Map<string, Promise<void>>()
  /** Those in which something happened while they were being read. */
  readonly #unread = new Set<string>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #isStopping = false

  constructor(options: LogReaderOptions) {
    this.#options = options
  }

  /** Something has been added to that log. */
  wake(subject: string): void {
    if (this.#isStopping) return
    this.#unread.add(subject)
    if (this.#reading.has(subject)) return
    const reading = this.#readAll(subject).finally(() => this.#reading.delete(subject))
    this.#reading.set(subject, reading)
  }

  /** Resolves when all that is in that log by now has been read. */
  async settled(subject: string): Promise<void> {
    await this.#reading.get(subject)
  }

  /** What is added from now on is read after the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#reading.values())
    for (const timer of this.#timers) clearTimeout(timer)
  }

  async #readAll(subject: string): Promise<void> {
    while (this.#unread.delete(subject)) {
      try {
        await this.#read(subject)
      } catch (error) {
        this.#options.onError(subject, error)
        const timer = setTimeout(() => {
          this.#timers.delete(timer)
          this.wake(subject)
        }, AGAIN_AFTER_MS).unref()
        this.#timers.add(timer)
      }
    }
  }

  async #read(subject: string): Promise<void> {
    const { outbox, open, subscribersOf, onAdded } = this.#options
    const subscribers = await subscribersOf(subject)
    if (subscribers.length === 0) return
    const { stream } = (await open(subject)) ?? {}
    if (!stream) return
    const offset = parseOffset(outbox.readUpTo(subject) ?? '')
    let at = (offset && (await stream.locate(offset))) ?? stream.start
    while (at < stream.head) {
      const { lines, to } = await stream.read(at)
      const deliveries = parseEntries(lines).flatMap((entry) => this.#deliveriesOf(subject, entry, { stream, subscribers }))
      atomically(outbox.database, () => outbox.add(deliveries, { subject, readUpTo: stream.offsetAt(to), now: Date.now() }))
      if (deliveries.length > 0) onAdded()
      at = to
    }
  }

  #deliveriesOf(
    subject: string, entry: Entry, { stream, subscribers }: { readonly stream: OpenStream['stream']; readonly subscribers: readonly Subscriber[] },
  ): NewDelivery[] {
    const { eventOf, dataOf } = this.#options
    const type = eventOf(entry)
    const told = type === undefined ? [] : subscribers.filter(({ events, since }) => events.has(type) && entry.at >= since)
    if (type === undefined || told.length === 0) return []
    const { byte } = parseOffset(entry.offset)!
    const data = dataOf(stream.fold.snapshotAt(byte, { offset: entry.offset, last: undefined }))
    const body = JSON.stringify({ type, timestamp: new Date(entry.at).toISOString(), data })
    const eventId = `evt_${createHash('sha256').update(`${subject} ${entry.offset}`).digest('base64url').slice(0, 22)}`
    return told.map(({ webhook, url, own }) => ({ eventId, webhook, subject, type, body, own, receiver: new URL(url).host }))
  }
}
