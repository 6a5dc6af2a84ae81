/** Reads what `encodeLzw` writes, as the GIF89a specification tells readers to. Throws for what no reader understands. */
export function decodeLzw(data: Uint8Array, { indexBits, count }: { readonly indexBits: number; readonly count: number }): Uint8Array {
  const CLEAR = 1 << indexBits
  const END = CLEAR + 1
  const indices: number[] = []
  let table: number[][] = []
  let bits = 0
  let last: number[] | undefined
  const restart = () => {
    table = Array.from({ length: CLEAR + 2 }, (_, index) => [index])
    bits = indexBits + 1
    last = undefined
  }
  restart()
  for (let at = 0; ; ) {
    let code = 0
    for (let bit = 0; bit < bits; bit++, at++) code |= ((data[at >> 3]! >> (at & 7)) & 1) << bit
    if (at > data.length * 8) throw new Error('ends without the code for it')
    if (code === END) break
    if (code === CLEAR) {
      restart()
      continue
    }
    const known = table[code] ?? (last && code === table.length ? [...last, last[0]!] : undefined)
    if (known === undefined) throw new Error(`code ${code} is not known`)
    for (const index of known) indices.push(index)
    if (last && table.length < 4096) table.push([...last, known[0]!])
    if (table.length === 1 << bits && bits < 12) bits++
    last = known
  }
  if (indices.length !== count) throw new Error(`${indices.length} pixels instead of ${count}`)
  return Uint8Array.from(indices)
}
