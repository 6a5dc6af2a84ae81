import { setTimeout as pause } from 'node:timers/promises'
import { vi } from 'vitest'
import { HubApi } from '../hub-api.ts'
import { programsBelow, startHubProcess, type HubProcess } from '../running-hub.ts'

const ORPHANED_MS = 2000

/** A hub that comes up and goes down over one data directory, on one port. Who wants it while it is down waits. */
export class MortalHub {
  readonly directory: string
  slowestStartMs = 0
  readonly #settings: Readonly<Record<string, string>>
  #port = '0'
  #hub: HubProcess | undefined
  #up: Promise<HubProcess>
  #cameUp: (hub: HubProcess) => void = () => undefined

  constructor(directory: string, settings: Readonly<Record<string, string>>) {
    this.directory = directory
    this.#settings = settings
    this.#up = this.#next()
  }

  /** Of the hub that runs. */
  get process(): HubProcess {
    if (!this.#hub) throw new Error('The hub has not been started')
    return this.#hub
  }

  get api(): HubApi {
    return this.process.api
  }

  async start(): Promise<HubProcess> {
    const began = performance.now()
    this.#hub = await startHubProcess(this.directory, { ...this.#settings, PORT: this.#port })
    this.slowestStartMs = Math.max(this.slowestStartMs, performance.now() - began)
    this.#port = new URL(this.api.url).port
    this.#cameUp(this.#hub)
    return this.#hub
  }

  /** Resolves when it is down and its programs with it. */
  async kill(): Promise<void> {
    this.#up = this.#next()
    await this.#hub?.end('SIGKILL')
    await this.untilOrphansAreGone()
  }

  async untilOrphansAreGone(): Promise<void> {
    const look = async (): Promise<void> => {
      const pids = await programsBelow(this.directory)
      if (pids.length > 0) throw new Error(`Orphans after ${ORPHANED_MS} ms: ${pids.join(' ')}`)
    }
    await vi.waitFor(look, { timeout: ORPHANED_MS, interval: 20 })
  }

  whenUp(): Promise<HubProcess> {
    return this.#up
  }

  /** Asks until there is an answer, as a client does whose hub goes down in the middle. */
  async answer<Answer>(ask: (api: HubApi) => Promise<Answer>): Promise<Answer> {
    for (;;) {
      const { api } = await this.whenUp()
      try {
        return await ask(api)
      } catch (error) {
        // What `fetch` throws where a connection breaks off or is refused.
        if (!(error instanceof TypeError)) throw error
        await pause(10)
      }
    }
  }

  #next(): Promise<HubProcess> {
    return new Promise((resolve) => (this.#cameUp = resolve))
  }
}
