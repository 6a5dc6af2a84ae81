const LOOK_EACH_MS = 500

/** Ends what is held open with a key, soon after the key has been revoked. */
export class HeldOpen {
  readonly #isValid: (owner: string) => boolean
  readonly #held = new Set<{ readonly owner: string; readonly end: () => void }>()
  #timer: NodeJS.Timeout | undefined

  constructor(isValid: (owner: string) => boolean) {
    this.#isValid = isValid
  }

  /** Returns what is to be called when it has ended otherwise. */
  add(owner: string, end: () => void): () => void {
    const one = { owner, end }
    this.#held.add(one)
    this.#timer ??= setInterval(() => this.#look(), LOOK_EACH_MS).unref()
    return () => this.#remove(one)
  }

  #look(): void {
    for (const one of this.#held) {
      if (this.#isValid(one.owner)) continue
      this.#remove(one)
      one.end()
    }
  }

  #remove(one: { readonly owner: string; readonly end: () => void }): void {
    this.#held.delete(one)
    if (this.#held.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
