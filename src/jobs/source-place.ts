/** Where in the input a source stands, such as `sources[1]`. */
export function placeOf(source: string, value: unknown, path = ''): string | undefined {
  if (value === source) return path
  if (typeof value !== 'object' || value === null) return undefined
  const fields = Array.isArray(value) ? value.map((item, index) => [`${path}[${index}]`, item] as const)
    : Object.entries(value).map(([name, field]) => [path === '' ? name : `${path}.${name}`, field] as const)
  for (const [place, field] of fields) {
    const found = placeOf(source, field, place)
    if (found !== undefined) return found
  }
  return undefined
}
