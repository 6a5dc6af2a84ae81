/** 0 up to 1, the same row for the same seed: mulberry32, by Tommy Ettinger (public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function pick<Item>(items: readonly [Item, ...Item[]], random: () => number): Item {
  return items[Math.floor(random() * items.length)] ?? items[0]
}

export function shuffled<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  const row = [...items]
  for (let last = row.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    ;[row[last], row[other]] = [row[other]!, row[last]!]
  }
  return row
}
