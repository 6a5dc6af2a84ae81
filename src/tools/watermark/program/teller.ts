import { DescriptorWriter } from '../../sanjuuni/program/descriptor-writer.ts'

const TELL_EACH_MS = 250

/** Steps of the work and how much of it each is. */
export type Step = 'find' | 'learn' | 'make'

/** Tells how far the whole work is, a JSON object a line, and what has been found. */
export class Teller {
  readonly #writer: DescriptorWriter | undefined
  readonly #shares: ReadonlyMap<Step, readonly [begin: number, share: number]>
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(descriptor: number | undefined, weights: Partial<Record<Step, number>>) {
    this.#writer = descriptor === undefined ? undefined : new DescriptorWriter(descriptor)
    const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
    let begin = 0
    this.#shares = new Map(Object.entries(weights).map(([step, weight]) => {
      const share = [begin, weight / total] as const
      begin += weight / total
      return [step as Step, share]
    }))
  }

  /** `fraction` of the step; null where nobody knows. At most four times a second, but for the end of a step. */
  async progress(step: Step, fraction: number | null, details: Readonly<Record<string, number>> = {}): Promise<void> {
    const now = performance.now()
    if (now - this.#toldAt < TELL_EACH_MS && fraction !== 1) return
    this.#toldAt = now
    const [begin, share] = this.#shares.get(step) ?? [0, 1]
    await this.#tell({ fraction: fraction === null ? null : begin + share * Math.min(1, fraction), ...details })
  }

  result(result: Readonly<Record<string, unknown>>): Promise<void> {
    return this.#tell({ result })
  }

  async #tell(told: object): Promise<void> {
    await this.#writer?.write(Buffer.from(`${JSON.stringify(told)}\n`))
  }
}
