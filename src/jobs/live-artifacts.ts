import type { ArtifactSpec } from '../tools/tool.ts'

/**
 * Publishes what a command announces while it runs, one after the other in the order in which it was announced. Of a
 * file that grows, the versions between the first and the last of those that wait are left out.
 */
export class LiveArtifacts {
  readonly #publish: (spec: ArtifactSpec) => Promise<void>
  readonly #names = new Set<string>()
  #waiting: readonly ArtifactSpec[] = []
  #working: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(publish: (spec: ArtifactSpec) => Promise<void>) {
    this.#publish = publish
  }

  /** In the order in which they were first announced. */
  get names(): readonly string[] {
    return [...this.#names]
  }

  /** Throws why an earlier one could not be published: the command is of no use any more. */
  announce(spec: ArtifactSpec): void {
    this.assertWell()
    this.#names.add(spec.file)
    // The last one names what was announced before it; the first keeps its place, so that it comes however much is announced.
    const first = this.#waiting.find(({ file }) => file === spec.file)
    this.#waiting = [...this.#waiting.filter((one) => one === first || one.grows !== true || one.file !== spec.file), spec]
    this.#working ??= this.#work().finally(() => (this.#working = undefined))
  }

  assertWell(): void {
    if (this.#failure) throw this.#failure.error
  }

  /** Resolves when all is published; throws why not. */
  async finish(): Promise<void> {
    await this.#settle()
    this.assertWell()
  }

  /** Publishes no more, and resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#waiting = []
    await this.#settle()
  }

  async #settle(): Promise<void> {
    while (this.#working) await this.#working
  }

  async #work(): Promise<void> {
    try {
      for (let [spec] = this.#waiting; spec; [spec] = this.#waiting) {
        this.#waiting = this.#waiting.slice(1)
        await this.#publish(spec)
      }
    } catch (error) {
      this.#failure = { error }
      this.#waiting = []
    }
  }
}
