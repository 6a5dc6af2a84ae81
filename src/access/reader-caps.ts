import { HubError } from '../errors.ts'

/** How many may follow at the same time: of one account, and of one job. */
export class ReaderCaps {
  readonly #most: { readonly account: number; readonly job: number }
  readonly #counts = new Map<string, number>()

  constructor({ perAccount, perJob }: { perAccount: number; perJob: number }) {
    this.#most = { account: perAccount, job: perJob }
  }

  /** Returns what is to be called when the reader leaves. Throws a HubError where there are enough. */
  enter({ account, job }: { readonly account: string; readonly job: string | undefined }): () => void {
    const places = [{ name: `account ${account}`, most: this.#most.account }, ...(job === undefined ? [] : [{ name: `job ${job}`, most: this.#most.job }])]
    if (places.some(({ name, most }) => (this.#counts.get(name) ?? 0) >= most)) {
      throw new HubError('too_many_connections', 'As many follow from here, or this job, as may', { retryAfterSeconds: 5 })
    }
    for (const { name } of places) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
    let isIn = true
    return () => {
      if (!isIn) return
      isIn = false
      for (const { name } of places) this.#leave(name)
    }
  }

  #leave(name: string): void {
    const count = (this.#counts.get(name) ?? 0) - 1
    if (count > 0) this.#counts.set(name, count)
    else this.#counts.delete(name)
  }
}
