/** What an entropy coder takes: symbols in the order in which a decoder meets them, and how often each occurs. */
export interface Symbols {
  readonly values: Uint8Array
  readonly length: number
  /** As long as the alphabet. */
  readonly counts: Uint32Array
}

/** One symbol a cell, as the patterns of characters are coded. */
export function countSymbols(values: Uint8Array, counts: Uint32Array): Symbols {
  counts.fill(0)
  for (let at = 0; at < values.length; at++) counts[values[at]!]!++
  return { values, length: values.length, counts }
}

/** The symbol that all of them are; undefined where there are two. */
export function loneSymbol({ values, length, counts }: Symbols): number | undefined {
  const first = values[0]!
  return counts[first] === length ? first : undefined
}
