/** Lines that an operator can act on, as JSON objects. */
export interface Logger {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void
  error(event: string, fields?: Readonly<Record<string, unknown>>): void
}

export function createLogger(write: (line: string) => void): Logger {
  const log = (level: string) => (event: string, fields: Readonly<Record<string, unknown>> = {}) => {
    write(`${JSON.stringify({ at: new Date().toISOString(), level, event, ...describeErrors(fields) })}\n`)
  }
  return { info: log('info'), error: log('error') }
}

function describeErrors(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? (value.stack ?? String(value)) : value]))
}
