import type { ErrorCode } from './errors.ts'
import type { Logger } from './logger.ts'

/** Only errors; besides, what changes something and what is refused; or every request. */
export type Logged = 'errors' | 'changes' | 'all'

export interface AnsweredRequest {
  readonly method: string
  /** The pattern that matched, since paths hold ids. */
  readonly route: string
  readonly status: number
  readonly milliseconds: number
  readonly refusal: ErrorCode | undefined
}

const EVERY_ROUTE = '/*'
const NO_ROUTE = '(none)'
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Counts what is refused, and writes the lines that are asked for. */
export function observeRequests(
  { logger, logged, onRefused }: { logger: Logger; logged: Logged; onRefused: (code: ErrorCode) => void },
): (request: AnsweredRequest) => void {
  return ({ method, route, status, milliseconds, refusal }) => {
    if (refusal !== undefined) onRefused(refusal)
    const isWorthALine = logged === 'all' || (logged === 'changes' && (refusal !== undefined || !READS.has(method)))
    if (!isWorthALine) return
    logger.info('http.request', { method, route: route === EVERY_ROUTE ? NO_ROUTE : route, status, ...(refusal !== undefined && { code: refusal }), ms: Math.round(milliseconds) })
  }
}
