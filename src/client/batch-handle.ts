import { applyBatchEvent, EMPTY_BATCH, type Batch, type BatchEvent } from '../batches/batch.ts'
import { hasEnded, type JobStatus } from '../jobs/job.ts'
import { followBatch, type BatchFollowOptions } from './follow.ts'
import { ask, askJson, patiently, removePatiently, type Hub } from './hub.ts'
import { JobHandle, type DownloadOptions } from './job-handle.ts'
import { batchPath, withoutOffset, type AtOffset } from './transport.ts'

/** One batch at one hub. */
export class BatchHandle {
  readonly id: string
  readonly #hub: Hub
  #batch: Batch

  constructor(hub: Hub, id: string, batch: Batch = { ...EMPTY_BATCH, id }) {
    this.id = id
    this.#hub = hub
    this.#batch = batch
  }

  /**
   * The batch as far as this handle has been told, empty before anything has. Of each of its `items` it has the status,
   * and once that has ended its `artifacts` and `result`, or its `error`.
   */
  get batch(): Batch {
    return this.#batch
  }

  get status(): JobStatus {
    return this.#batch.status
  }

  /** Asks for the batch as it is. */
  async refresh({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Batch> {
    return this.#keep(await patiently(this.#hub, () => askJson(this.#hub, batchPath(this.id), { signal }), { signal }))
  }

  /**
   * What happens to the batch, from the beginning of its log unless told otherwise, until all of it has ended; see
   * `followBatch`. Keeps `batch` up to date as it goes.
   */
  async* events(options: BatchFollowOptions = {}): AsyncGenerator<BatchEvent, void, undefined> {
    for await (const event of followBatch(this.#hub, this.id, options)) {
      this.#batch = applyBatchEvent(this.#batch, event)
      yield event
    }
  }

  /** Waits until all of it has ended, in whichever way: items that failed are an answer here, not an exception. */
  async done(options: Omit<BatchFollowOptions, 'after'> = {}): Promise<Batch> {
    for await (const event of this.events({ ...options, after: 'now' })) {
      if (event.type === 'snapshot' && hasEnded(event.data.status)) break
    }
    return this.#batch
  }

  /** The job of one of its items, by its `index`: to read its log, or fetch what it alone has made. */
  async job(index: number, { signal }: { readonly signal?: AbortSignal } = {}): Promise<JobHandle> {
    const find = ({ items }: Batch) => items.find((item) => item.index === index)
    const item = find(this.#batch) ?? find(await this.refresh({ ...(signal && { signal }) }))
    if (!item) throw new RangeError(`the batch ${this.id} has ${this.#batch.items.length} items, and none is number ${index}`)
    return new JobHandle(this.#hub, item.job)
  }

  /** A ZIP archive of all that it has made by now, whose bytes come as they are made; `range` as in the header, `bytes=100-`. */
  zip({ range, ifRange, signal }: DownloadOptions = {}): Promise<Response> {
    return ask(this.#hub, `${batchPath(this.id)}/zip`, { headers: { ...(range && { range }), ...(ifRange && { 'if-range': ifRange }) }, signal })
  }

  /** Ends what has not ended. */
  cancel({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Batch> {
    return patiently(this.#hub, () => this.#post('cancel', signal), { signal })
  }

  /** Puts what failed or was cancelled into the queue again. */
  retry({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Batch> {
    return this.#post('retry', signal)
  }

  /** Removes it with its jobs and all they made; what runs is cancelled first. */
  remove({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return removePatiently(this.#hub, batchPath(this.id), { signal })
  }

  async #post(action: 'cancel' | 'retry', signal: AbortSignal | undefined): Promise<Batch> {
    return this.#keep(await askJson(this.#hub, `${batchPath(this.id)}/${action}`, { method: 'POST', signal }))
  }

  #keep(batch: AtOffset<Batch>): Batch {
    return this.#batch = withoutOffset(batch)
  }
}
