import type { HubContext } from './context.ts'
import { HubError } from './errors.ts'
import type { Sandbox } from './jobs/sandbox/sandbox.ts'

export interface Obstacle {
  readonly part: 'stopping' | 'queue' | 'disk' | 'engine'
  readonly detail: string
}

/** A missing ffmpeg is looked for by starting programs: not each time that somebody asks. */
const LOOK_AGAIN_MS = 10_000

type Parts = Pick<HubContext, 'jobs' | 'disk' | 'pool' | 'engine' | 'config'>

/** Whether one more job would be taken and could run. Made to be asked each second: it starts nothing and waits for nothing but the disk. */
export class Readiness {
  readonly #parts: Parts
  #engine: Obstacle | undefined = { part: 'engine', detail: 'ffmpeg is still being looked for' }
  #lookAgainAt = 0
  /** What jobs run behind, as soon as that is known. */
  wall: Sandbox['wall'] | null = null

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** None: it is ready. */
  async obstacles(): Promise<readonly Obstacle[]> {
    this.#lookForEngine()
    const { jobs, pool, config } = this.#parts
    const { waiting } = jobs.counts()
    return [
      ...(pool.isStopping ? [{ part: 'stopping', detail: 'the hub is going down' } as const] : []),
      ...(waiting >= config.maxWaiting && pool.freeSlots <= 0 ? [{ part: 'queue', detail: `${waiting} jobs wait, which is the limit` } as const] : []),
      ...(await this.#disk()),
      ...(this.#engine ? [this.#engine] : []),
    ]
  }

  async #disk(): Promise<readonly Obstacle[]> {
    try {
      const [free, floor] = await Promise.all([this.#parts.disk.free(), this.#parts.disk.floor()])
      return free < floor ? [{ part: 'disk', detail: `${free} bytes are free, of which ${floor} are kept free` }] : []
    } catch {
      return [{ part: 'disk', detail: 'the data directory cannot be read' }]
    }
  }

  #lookForEngine(): void {
    if (performance.now() < this.#lookAgainAt) return
    this.#lookAgainAt = Number.POSITIVE_INFINITY
    this.#parts.engine().then(
      ({ sandbox }) => {
        this.#engine = undefined
        this.wall = sandbox.wall
      },
      (error: unknown) => {
        this.#engine = { part: 'engine', detail: error instanceof HubError ? error.message : 'ffmpeg could not be looked for' }
        this.#lookAgainAt = performance.now() + LOOK_AGAIN_MS
      },
    )
  }
}
