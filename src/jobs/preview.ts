import { mkdir, rm } from 'node:fs/promises'
import { HubError } from '../errors.ts'
import { NewestPicture } from '../streams/mjpeg.ts'
import { hasEnded } from './job.ts'
import type { PreviewQuery } from './preview-commands.ts'
import { produce } from './preview-producer.ts'
import type { PreviewContext } from './preview-source.ts'
import { takeStill } from './preview-still.ts'
import { Turns } from './turns.ts'

export interface PreviewOptions extends PreviewContext {
  /** How long a producer goes on without a viewer. Default 10 s. */
  readonly lingerMs?: number
  /** How many producers there are at the same time. Default 8. */
  readonly mostProducers?: number
  /** How many viewers. Default 1000. */
  readonly mostViewers?: number
}

interface Producer {
  readonly picture: NewestPicture
  readonly stop: AbortController
  viewers: number
  timer?: NodeJS.Timeout
}

/** What is to be seen of jobs. One producer makes it for all viewers who want the same, and only while there are some. */
export class Preview {
  readonly #options: PreviewOptions
  readonly #lingerMs: number
  readonly #mostProducers: number
  readonly #mostViewers: number
  readonly #byKey = new Map<string, Producer>()
  readonly #running = new Map<Producer, Promise<void>>()
  readonly #turns = new Turns()
  readonly #closing = new AbortController()
  #viewers = 0
  #stillsWaiting = 0
  #directory: Promise<void> | undefined

  constructor({ lingerMs = 10_000, mostProducers = 8, mostViewers = 1000, ...options }: PreviewOptions) {
    this.#options = options
    this.#lingerMs = lingerMs
    this.#mostProducers = mostProducers
    this.#mostViewers = mostViewers
  }

  /**
   * Runs `use` with the newest picture of a job; it goes on as long as `use` does. Throws a HubError where there is no
   * such job, and `too_many_connections` for one producer or viewer too many; that there is nothing to be seen, the picture says.
   */
  async watch<Result>(jobId: string, query: PreviewQuery, use: (picture: NewestPicture) => Promise<Result>): Promise<Result> {
    const key = this.#key(jobId, query)
    if (this.#viewers >= this.#mostViewers) throw tooMany('viewers are watching')
    const producer = this.#byKey.get(key) ?? this.#begin(jobId, { key, query })
    producer.viewers++
    this.#viewers++
    clearTimeout(producer.timer)
    try {
      return await use(producer.picture)
    } finally {
      producer.viewers--
      this.#viewers--
      if (producer.viewers === 0) producer.timer = setTimeout(() => this.#stop(key, producer), this.#lingerMs)
    }
  }

  /** One JPEG: what viewers see, if there are any, and else one that is made for it. Throws HubErrors, as `watch` does. */
  async still(jobId: string, query: PreviewQuery, signal: AbortSignal): Promise<Buffer> {
    const seen = this.#byKey.get(this.#key(jobId, query))?.picture.jpeg
    if (seen) return seen
    if (this.#stillsWaiting >= MOST_STILLS) throw tooMany('stills are being made')
    this.#stillsWaiting++
    try {
      // One at a time: a page full of them is to cost no more than one.
      return await this.#turns.take('still', async () => {
        signal.throwIfAborted()
        await this.#prepare()
        return takeStill(jobId, { query, context: this.#options, signal: AbortSignal.any([signal, this.#closing.signal]) })
      })
    } finally {
      this.#stillsWaiting--
    }
  }

  /** Lets all viewers go and resolves when no producer is left. */
  async close(): Promise<void> {
    this.#closing.abort(new HubError('shutting_down', 'The hub is being stopped'))
    for (const [key, producer] of this.#byKey) this.#stop(key, producer)
    await Promise.all(this.#running.values())
  }

  /** Of a job that has ended since, or runs again, there is something else to be seen. */
  #key(jobId: string, query: PreviewQuery): string {
    const { attempt, status } = this.#options.jobs.get(jobId)
    return JSON.stringify([jobId, attempt, hasEnded(status), query])
  }

  #begin(jobId: string, { key, query }: { key: string; query: PreviewQuery }): Producer {
    this.#closing.signal.throwIfAborted()
    if (this.#running.size >= this.#mostProducers) throw tooMany('previews are being made')
    const producer: Producer = { picture: new NewestPicture(), stop: new AbortController(), viewers: 0 }
    const { picture, stop } = producer
    const production = this.#prepare().then(() => produce(jobId, { query, picture, signal: stop.signal, context: this.#options }))
    this.#byKey.set(key, producer)
    this.#running.set(producer, production.then(() => undefined, (error: unknown) => error).then((cause) => {
      picture.end(cause)
      this.#running.delete(producer)
      this.#stop(key, producer)
    }))
    return producer
  }

  #stop(key: string, producer: Producer): void {
    clearTimeout(producer.timer)
    if (this.#byKey.get(key) === producer) this.#byKey.delete(key)
    producer.stop.abort(this.#closing.signal.reason)
  }

  /** What an earlier hub has left there is of no use. */
  #prepare(): Promise<void> {
    this.#directory ??= rm(this.#options.directory, { recursive: true, force: true })
      .then(() => mkdir(this.#options.directory, { recursive: true })).then(() => undefined)
    this.#directory.catch(() => (this.#directory = undefined))
    return this.#directory
  }
}

const MOST_STILLS = 50

function tooMany(what: string): HubError {
  return new HubError('too_many_connections', `Too many ${what}`, { hint: 'Ask again in a moment', retryAfterSeconds: 5 })
}
