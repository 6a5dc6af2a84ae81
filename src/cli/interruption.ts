import { hasEnded, type JobHandle } from '../client/index.ts'
import type { ProgressView } from './progress-view.ts'
import { InterruptedError } from './shell.ts'

/** What Ctrl-C does: it cancels the job that there is; where there is none, or it may go on, it leaves. */
export class Interruption {
  readonly signal: AbortSignal
  readonly #controller = new AbortController()
  readonly #view: ProgressView
  readonly #keep: 'running' | 'cancelled'
  #job: JobHandle | undefined
  #hasBegun = false

  constructor(view: ProgressView, { keep }: { readonly keep: 'running' | 'cancelled' }) {
    this.#view = view
    this.#keep = keep
    this.signal = this.#controller.signal
  }

  begin(): void {
    this.#hasBegun = true
    if (this.#job && this.#keep === 'cancelled' && !hasEnded(this.#job.job.status)) return this.#cancel(this.#job)
    if (this.#job && !hasEnded(this.#job.job.status)) this.#view.print([`the job goes on; reeltime watch ${this.#job.id}`])
    this.#controller.abort(new InterruptedError())
  }

  has(job: JobHandle): void {
    this.#job = job
    if (this.#hasBegun && this.#keep === 'cancelled') this.#cancel(job)
  }

  #cancel(job: JobHandle): void {
    this.#view.print(['cancelling; press Ctrl-C again to leave at once'])
    job.cancel().catch((error: unknown) => this.#controller.abort(error))
  }
}
