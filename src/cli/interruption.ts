import { hasEnded, type BatchHandle, type JobHandle } from '../client/index.ts'
import type { ProgressView } from './progress-view.ts'
import { InterruptedError } from './shell.ts'

/** What Ctrl-C does: it cancels the job or the batch that there is; where there is none, or it may go on, it leaves. */
export class Interruption {
  readonly signal: AbortSignal
  readonly #controller = new AbortController()
  readonly #view: ProgressView
  readonly #keep: 'running' | 'cancelled'
  #job: JobHandle | BatchHandle | undefined
  #hasBegun = false

  constructor(view: ProgressView, { keep }: { readonly keep: 'running' | 'cancelled' }) {
    this.#view = view
    this.#keep = keep
    this.signal = this.#controller.signal
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  begin(): void {
    this.#hasBegun = true
    if (this.#job && this.#keep === 'cancelled' && !hasEnded(this.#job.status)) return this.#cancel(this.#job)
    if (this.#job && !hasEnded(this.#job.status)) this.#view.print([`it goes on; reeltime watch ${this.#job.id}`])
    this.#controller.abort(new InterruptedError())
  }

  has(job: JobHandle | BatchHandle): void {
    this.#job = job
    if (this.#hasBegun && this.#keep === 'cancelled') this.#cancel(job)
  }

  #cancel(job: JobHandle | BatchHandle): void {
    this.#view.print(['cancelling; press Ctrl-C again to leave at once'])
    job.cancel().catch((error: unknown) => this.#controller.abort(error))
  }
}
