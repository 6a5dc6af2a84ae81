/** Prints rows of text as a Markdown table, aligned so that it reads as plain text too. */
export function printTable(head, rows) {
  const texts = [head, ...rows].map((row) => row.map(String))
  const widths = head.map((_, column) => Math.max(3, ...texts.map((row) => row[column].length)))
  const align = (text, column) => (column === 0 ? text.padEnd(widths[column]) : text.padStart(widths[column]))
  const line = (row) => `| ${row.map(align).join(' | ')} |`
  const dashes = widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`))
  const rule = `|${dashes.join('|')}|`
  console.log([line(texts[0]), rule, ...texts.slice(1).map(line)].join('\n'))
}

/** Three digits that count: 0.123, 12.3, 12,345. */
export function short(number) {
  if (!Number.isFinite(number)) return '–'
  const digits = Math.abs(number) >= 100 ? 0 : Math.abs(number) >= 10 ? 1 : 2
  return number.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export function whole(number) {
  return Number.isFinite(number) ? Math.round(number).toLocaleString('en') : '–'
}

/** Milliseconds up to a second, then seconds. */
export function duration(milliseconds) {
  if (!Number.isFinite(milliseconds)) return '–'
  return milliseconds >= 1000 ? `${short(milliseconds / 1000)} s` : `${short(milliseconds)} ms`
}

/** The value below which `share` of the sorted numbers lie. */
export function quantile(sorted, share) {
  return sorted.length === 0 ? Number.NaN : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}
