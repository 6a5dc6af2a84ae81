const MOST_CHARACTERS = 8000
const DEEPEST = 5

const SECRET_NAME = /^(?:key|cookie|set-cookie)$|authorization|api[-_]?key|token|secret|password|passwd|signature|credential/i
const URL_TEXT = /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#"'<>]*@)?([^\s?#"'<>]*)(?:[?#][^\s"'<>]*)?/gi
const QUERY_TEXT = /\?[^\s?"'<>=]+=[^\s"'<>]*/g
const SCHEME_TEXT = /\b(bearer|basic|digest)\s+[^\s"',;]+/gi
const HUB_KEY_TEXT = /\brt_[A-Za-z0-9_-]{8,}/g

/** The value as a log may show it: without what opens something. Objects become plain ones, errors their stack. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value)
  if (value instanceof Error) return redactText(describeError(value))
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value
  if (depth >= DEEPEST) return '…'
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, SECRET_NAME.test(name) ? '…' : redact(field, depth + 1)]))
}

/** Of URLs no userinfo, query and fragment; no credentials of headers; no keys of the hub's own. */
export function redactText(text: string): string {
  const short = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text
  return short
    .replace(URL_TEXT, (url: string, scheme: string, place: string) => `${scheme}${place}${/[?]/.test(url) ? '?…' : ''}`)
    .replace(QUERY_TEXT, '?…')
    .replace(SCHEME_TEXT, '$1 …')
    .replace(HUB_KEY_TEXT, 'rt_…')
}

function describeError(error: Error): string {
  const told = error.stack ?? String(error)
  return error.cause instanceof Error ? `${told}\ncaused by ${error.cause.stack ?? String(error.cause)}` : told
}
