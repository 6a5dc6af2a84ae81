import { Broadcast, type OnDelivered } from './broadcast.ts'
import type { LogStorage } from './log-storage.ts'
import { type Fold, Stream } from './stream.ts'

const IDLE_SECONDS = 30
/** Above this many, those that nobody has wanted for a second go first: each is an open file. */
const MOST_IDLE = 256

export interface EventLogOptions<F extends Fold> {
  readonly storage: LogStorage
  /** A fresh fold for a stream that is being opened. */
  readonly fold: (stream: string) => F
  /** For storage that forgets at a restart: a number that is larger at each start, so that old offsets are known as such. */
  readonly firstEpoch?: number
  readonly onDelivered?: OnDelivered
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
  /** Streams that are being let go; they are opened anew when that is done. */
  readonly #leaving = new Map<string, Promise<void>>()
  readonly #timer: NodeJS.Timeout

  constructor(options: EventLogOptions<F>) {
    this.#options = options
    this.#timer = setInterval(() => this.#tick(), 1000).unref()
  }

  /** undefined where there is no such stream and `create` is not asked for. */
  async open(name: string, { create = false }: { create?: boolean } = {}): Promise<OpenStream<F> | undefined> {
    return (await this.#hold(name, { create }))?.open
  }

  /** The stream if it is in memory at this moment. */
  peek(name: string): OpenStream<F> | undefined {
    return this.#held.get(name)?.open
  }

  /** Opens a stream to write to it over a time; it stays the same object until it is given back. */
  async pin(name: string): Promise<OpenStream<F> & { readonly release: () => void }> {
    const held = await this.#hold(name, { create: true })
    held!.pins++
    return { ...held!.open!, release: () => void held!.pins-- }
  }

  /** Forgets a stream and its bytes; who still follows it is cut off, and what is appended from then on is refused. */
  async remove(name: string): Promise<void> {
    await this.#letGo(name, async (open) => {
      for (const follower of [...(open?.broadcast.followers ?? [])]) follower.cut()
      await open?.stream.close()
      await this.#options.storage.remove(name)
    })
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

  /** The same apart: those over SSE, and those over WebSockets. */
  countFollowers(): Readonly<Record<'sse' | 'websocket', number>> {
    const counts = { sse: 0, websocket: 0 }
    for (const { open } of this.#held.values()) {
      for (const { view } of open?.broadcast.followers ?? []) counts[view.transport === 'websocket' ? 'websocket' : 'sse']++
    }
    return counts
  }

  /** Closes every file, when what waits is written. Followers have to be gone by then. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    for (const name of this.#held.keys()) this.#letGo(name, (open) => open?.stream.close()).catch(() => undefined)
    await Promise.allSettled(this.#leaving.values())
  }

  async #hold(name: string, { create }: { create: boolean }): Promise<Held<F> | undefined> {
    for (;;) {
      while (this.#leaving.has(name)) await this.#leaving.get(name)?.catch(() => undefined)
      const held = this.#held.get(name) ?? this.#begin(name, create)
      held.idleSeconds = 0
      const open = await held.opening
      const isHeld = this.#held.get(name) === held
      if (open && isHeld) return held
      // Removed meanwhile, or looked for by somebody who did not want to create it: look again.
      if (!open && !create) return undefined
    }
  }

  #begin(name: string, create: boolean): Held<F> {
    const held: Held<F> = { opening: this.#open(name, create), idleSeconds: 0, pins: 0 }
    const forget = () => {
      if (this.#held.get(name) === held) this.#held.delete(name)
    }
    this.#held.set(name, held)
    held.opening.then((open) => (open ? (held.open = open) : forget()), forget)
    return held
  }

  async #open(name: string, create: boolean): Promise<OpenStream<F> | undefined> {
    const storage = await this.#options.storage.open(name, { create })
    if (!storage) return undefined
    const { firstEpoch } = this.#options
    try {
      const stream = await Stream.open(name, { storage, fold: this.#options.fold(name), ...(firstEpoch !== undefined && { firstEpoch }) })
      return { stream, broadcast: new Broadcast(stream, { onDelivered: this.#options.onDelivered }) }
    } catch (error) {
      await storage.close()
      throw error
    }
  }

  /** Nobody can find the stream from now on; who opens it waits until `finish` is through, and begins anew. */
  #letGo(name: string, finish: (open: OpenStream<F> | undefined) => Promise<void> | undefined): Promise<void> {
    const held = this.#held.get(name)
    this.#held.delete(name)
    const before = this.#leaving.get(name)
    const leaving = (async () => {
      await before?.catch(() => undefined)
      await finish(await held?.opening.catch(() => undefined))
    })().finally(() => {
      if (this.#leaving.get(name) === leaving) this.#leaving.delete(name)
    })
    this.#leaving.set(name, leaving)
    return leaving
  }

  #tick(): void {
    for (const [name, held] of this.#held) {
      if (!held.open) continue
      const { stream, broadcast } = held.open
      for (const follower of [...broadcast.followers]) follower.tick()
      const isIdle = held.pins === 0 && broadcast.size === 0 && stream.watchCount === 0 && stream.backlogBytes === 0
      held.idleSeconds = isIdle ? held.idleSeconds + 1 : 0
      if (held.idleSeconds >= IDLE_SECONDS) this.#close(name, stream)
    }
    this.#closeTooMany()
  }

  #closeTooMany(): void {
    const idle = [...this.#held].filter(([, { idleSeconds }]) => idleSeconds > 1)
    idle.sort(([, a], [, b]) => b.idleSeconds - a.idleSeconds)
    for (const [name, { open }] of idle.slice(0, Math.max(0, idle.length - MOST_IDLE))) this.#close(name, open!.stream)
  }

  #close(name: string, stream: Stream<F>): void {
    this.#letGo(name, () => stream.close()).catch(() => undefined)
  }
}
