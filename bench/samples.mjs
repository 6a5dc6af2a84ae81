/** Numbers in the order in which they come, as many as may come, four bytes each. */
export class Samples {
  #values = new Float32Array(1 << 16)
  #count = 0

  push(value) {
    if (this.#count === this.#values.length) {
      const larger = new Float32Array(this.#values.length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#count++] = value
  }

  sorted() {
    return this.#values.slice(0, this.#count).sort()
  }

  clear() {
    this.#count = 0
  }
}
