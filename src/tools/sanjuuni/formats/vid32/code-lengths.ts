const MOST_SYMBOLS = 32
const MOST_BITS = 15

/**
 * Finds the lengths of the cheapest prefix code in which no code is longer than `limit` bits (package-merge), and tells
 * the longest. A symbol that does not occur gets 0, and so does one that occurs alone. Takes up to 32 symbols.
 */
export function codeLengths(counts: Uint32Array, lengths: Uint8Array, limit: number): number {
  lengths.fill(0)
  const symbols = sortByCount(counts)
  if (symbols < 2) return 0
  for (let level = 1; level < limit; level++) mergeLevel(level, symbols)

  let taken = 2 * symbols - 2
  for (let level = limit - 1; level >= 0 && taken > 0; level--) {
    const list = level * LIST_LENGTH
    let leaves = 0
    for (let item = 0; item < taken; item++) leaves += isLeaf[list + item]!
    for (let leaf = 0; leaf < leaves; leaf++) lengths[sorted[leaf]!]!++
    taken = 2 * (taken - leaves)
  }
  return lengths[sorted[0]!]!
}

const LIST_LENGTH = 2 * MOST_SYMBOLS
const sorted = new Uint8Array(MOST_SYMBOLS)
/** Of each level the weights of leaves and of pairs from the level before, lightest first. */
const weights = new Float64Array(MOST_BITS * LIST_LENGTH)
const listLengths = new Uint8Array(MOST_BITS)
const isLeaf = new Uint8Array(MOST_BITS * LIST_LENGTH)

/** Makes the first level's list, of the symbols that occur, and tells how many do. */
function sortByCount(counts: Uint32Array): number {
  let length = 0
  for (let symbol = 0; symbol < counts.length; symbol++) {
    const count = counts[symbol]!
    if (count === 0) continue
    let place = length++
    for (; place > 0 && weights[place - 1]! > count; place--) {
      weights[place] = weights[place - 1]!
      sorted[place] = sorted[place - 1]!
    }
    weights[place] = count
    sorted[place] = symbol
  }
  isLeaf.fill(1, 0, length)
  listLengths[0] = length
  return length
}

function mergeLevel(level: number, symbols: number): void {
  const below = (level - 1) * LIST_LENGTH
  const list = level * LIST_LENGTH
  const pairs = listLengths[level - 1]! >> 1
  let leaf = 0
  let pair = 0
  for (let item = list; item < list + symbols + pairs; item++) {
    const pairWeight = pair < pairs ? weights[below + 2 * pair]! + weights[below + 2 * pair + 1]! : Infinity
    const takesLeaf = leaf < symbols && weights[leaf]! <= pairWeight
    weights[item] = takesLeaf ? weights[leaf++]! : pairWeight
    isLeaf[item] = takesLeaf ? 1 : 0
    if (!takesLeaf) pair++
  }
  listLengths[level] = symbols + pairs
}
