/** How much a difference in red, green and blue is seen; of BT.601, rounded. */
const [RED, GREEN, BLUE] = [3, 6, 2] as const
const SUM = RED + GREEN + BLUE

/** The mean squared difference of two colours as it is seen, in squares of 8-bit steps. */
export function colorDistance(red: number, green: number, blue: number): number {
  return (RED * red * red + GREEN * green * green + BLUE * blue * blue) / SUM
}

/** What a difference in green alone makes: none of that much can be nearer. */
export function greenDistance(green: number): number {
  return (GREEN * green * green) / SUM
}
