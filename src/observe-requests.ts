import type { ErrorCode } from './errors.ts'
import type { Logger } from './logger.ts'

export type LoggedRequests = 'none' | 'writes' | 'all'

export interface AnsweredRequest {
  readonly method: string
  /** The pattern that matched, since paths hold ids. */
  readonly route: string
  readonly status: number
  readonly milliseconds: number
  readonly refusal: ErrorCode | undefined
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Counts what is refused, and writes the lines that are asked for: of reads none, unless `all`. */
export function observeRequests(
  { logger, logged, onRefused }: { logger: Logger; logged: LoggedRequests; onRefused: (code: ErrorCode) => void },
): (request: AnsweredRequest) => void {
  return ({ method, route, status, milliseconds, refusal }) => {
    if (refusal !== undefined) onRefused(refusal)
    if (logged === 'none' || (logged === 'writes' && READS.has(method))) return
    logger.info('http.request', { method, route, status, ...(refusal !== undefined && { code: refusal }), ms: Math.round(milliseconds) })
  }
}
