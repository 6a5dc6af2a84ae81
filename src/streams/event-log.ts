import { Broadcast } from './broadcast.ts'
import type { LogStorage } from './log-storage.ts'
import { type Fold, Stream } from './stream.ts'

const IDLE_SECONDS = 30

export interface EventLogOptions<F extends Fold> {
  readonly storage: LogStorage
  /** A fresh fold for a stream that is being opened. */
  readonly fold: (stream: string) => F
  /** For storage that forgets at a restart: a number that is larger at each start, so that old offsets are known as such. */
  readonly firstEpoch?: number
}

/** A stream and those who follow it. */
export interface OpenStream<F extends Fold = Fold> {
  readonly stream: Stream<F>
  readonly broadcast: Broadcast
}

interface Held<F extends Fold> {
  readonly opening: Promise<OpenStream<F> | undefined>
  open?: OpenStream<F>
  idleSeconds: number
  /** Writers that rely on their stream staying in memory. */
  pins: number
}

/** What happened, in order: every stream there is. Holds in memory those that are written or read, and no others. */
export class EventLog<F extends Fold = Fold> {
  readonly #options: EventLogOptions<F>
  readonly #held = new Map<string, Held<F>>()
  readonly #timer: NodeJS.Timeout

  constructor(options: EventLogOptions<F>) {
    this.#options = options
    this.#timer = setInterval(() => this.#tick(), 1000).unref()
  }

  /** undefined where there is no such stream and `create` is not asked for. */
  open(name: string, { create = false }: { create?: boolean } = {}): Promise<OpenStream<F> | undefined> {
    const held = this.#held.get(name)
    if (held) {
      held.idleSeconds = 0
      return held.opening
    }
    const opening = this.#open(name, create)
    const fresh: Held<F> = { opening, idleSeconds: 0, pins: 0 }
    this.#held.set(name, fresh)
    opening.then(
      (open) => {
        if (open) fresh.open = open
        else this.#held.delete(name)
      },
      () => this.#held.delete(name),
    )
    return opening
  }

  /** The stream if it is in memory at this moment. */
  peek(name: string): OpenStream<F> | undefined {
    return this.#held.get(name)?.open
  }

  /** Opens a stream to write to it over a time; it stays the same object until it is given back. */
  async pin(name: string): Promise<OpenStream<F> & { readonly release: () => void }> {
    const open = await this.open(name, { create: true })
    const held = this.#held.get(name)!
    held.pins++
    return { ...open!, release: () => void held.pins-- }
  }

  /** Forgets a stream and its bytes; who still follows it is cut off. */
  async remove(name: string): Promise<void> {
    const open = await this.#held.get(name)?.opening
    this.#held.delete(name)
    for (const follower of [...(open?.broadcast.followers ?? [])]) follower.cut()
    await open?.stream.close()
    await this.#options.storage.remove(name)
  }

  /** Lets everybody go who follows anything. */
  cutFollowers(): void {
    for (const { open } of this.#held.values()) {
      for (const follower of [...(open?.broadcast.followers ?? [])]) follower.cut()
    }
  }

  /** Readers of all streams. */
  get followerCount(): number {
    let count = 0
    for (const { open } of this.#held.values()) count += open?.broadcast.size ?? 0
    return count
  }

  /** Closes every file. Followers have to be gone by then. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    const held = [...this.#held.values()]
    this.#held.clear()
    for (const { opening } of held) await (await opening.catch(() => undefined))?.stream.close()
  }

  async #open(name: string, create: boolean): Promise<OpenStream<F> | undefined> {
    const storage = await this.#options.storage.open(name, { create })
    if (!storage) return undefined
    const { firstEpoch } = this.#options
    const stream = await Stream.open(name, { storage, fold: this.#options.fold(name), ...(firstEpoch !== undefined && { firstEpoch }) })
    return { stream, broadcast: new Broadcast(stream) }
  }

  #tick(): void {
    for (const [name, held] of this.#held) {
      if (!held.open) continue
      const { stream, broadcast } = held.open
      for (const follower of [...broadcast.followers]) follower.tick()
      const isIdle = held.pins === 0 && broadcast.size === 0 && stream.watchCount === 0 && stream.backlogBytes === 0
      held.idleSeconds = isIdle ? held.idleSeconds + 1 : 0
      if (held.idleSeconds < IDLE_SECONDS) continue
      this.#held.delete(name)
      void stream.close()
    }
  }
}
