/** The colours of a picture, three bytes each, in the order in which they come; undefined where there are more than `limit`. */
export function distinctColors(rgb: Uint8Array, limit: number): Uint8Array | undefined {
  const found = new Set<number>()
  let last = -1
  for (let at = 0; at < rgb.length; at += 3) {
    const color = rgb[at]! << 16 | rgb[at + 1]! << 8 | rgb[at + 2]!
    if (color === last) continue
    last = color
    found.add(color)
    if (found.size > limit) return undefined
  }
  return Uint8Array.from([...found].flatMap((color) => [color >> 16, color >> 8 & 255, color & 255]))
}
