import { redact } from './redact.ts'

/** Lines that an operator can act on, as JSON objects: `ts`, `level`, `event` and fields, none of them a secret. */
export interface Logger {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void
  error(event: string, fields?: Readonly<Record<string, unknown>>): void
}

export function createLogger(write: (line: string) => void): Logger {
  const log = (level: string) => (event: string, fields: Readonly<Record<string, unknown>> = {}) => {
    write(`${JSON.stringify({ ts: new Date().toISOString(), level, event, ...(redact(fields) as object) })}\n`)
  }
  return { info: log('info'), error: log('error') }
}

export function onlyErrors(logger: Logger): Logger {
  return { ...logger, info: () => undefined }
}
