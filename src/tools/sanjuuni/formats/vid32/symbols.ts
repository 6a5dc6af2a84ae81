/** Symbols in the order in which a decoder meets them. */
export interface SymbolValues {
  readonly values: Uint8Array
  readonly length: number
}

/** What an entropy coder takes. */
export interface Symbols extends SymbolValues {
  /** How often each occurs; as long as the alphabet. */
  readonly counts: Uint32Array
}

/** The symbol that all of them are; undefined where there are two. */
export function loneSymbol({ values, length, counts }: Symbols): number | undefined {
  const first = values[0]!
  return counts[first] === length ? first : undefined
}
