/** Lets those who change one job from outside do so one after the other: the second finds what the first has left. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>()

  async take<Result>(id: string, action: () => Promise<Result>): Promise<Result> {
    const turn = (this.#last.get(id) ?? Promise.resolve()).then(action)
    const over = turn.then(() => undefined, () => undefined)
    this.#last.set(id, over)
    try {
      return await turn
    } finally {
      if (this.#last.get(id) === over) this.#last.delete(id)
    }
  }
}
