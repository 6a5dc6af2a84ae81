/** The brightest colour first and the darkest last, as programs expect white and black; the others stay in their order. */
export function orderByBrightness(palette: Uint8Array): Uint8Array {
  const colors = Array.from({ length: palette.length / 3 }, (_, at) => palette.subarray(at * 3, at * 3 + 3))
  const brightness = colors.map(([red, green, blue]) => red! + green! + blue!)
  const brightest = brightness.indexOf(Math.max(...brightness))
  const darkest = brightness.lastIndexOf(Math.min(...brightness))
  if (brightest === darkest) return palette.slice()
  const others = colors.filter((_, at) => at !== brightest && at !== darkest)
  return Uint8Array.from([colors[brightest]!, ...others, colors[darkest]!].flatMap((color) => [...color]))
}
