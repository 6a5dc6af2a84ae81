import type { Context } from 'hono'
import { answerGifError, isFlaskGifPath } from './flask-gif-errors.ts'
import { answerGmapiError, isGmapiPath } from './gmapi-errors.ts'
import { answerMoneyPrinterError, isMoneyPrinterPath } from './moneyprinter-errors.ts'
import { answerSoraError, isSoraPath } from './sora-watermark-errors.ts'

/** Another server's way to speak: which paths it is spoken on, and how an error is told there. */
export interface Dialect {
  owns(path: string): boolean
  /** As `problemResponse` does on our own API: what is not a HubError is told to `onInternalError`. */
  answerError(c: Context, error: unknown, onInternalError: (error: unknown) => void): Response
}

/** Refusals in front of the routes are answered by the first of them that owns the path. */
const DIALECTS: readonly Dialect[] = [
  { owns: isFlaskGifPath, answerError: answerGifError },
  { owns: isSoraPath, answerError: answerSoraError },
  { owns: isMoneyPrinterPath, answerError: answerMoneyPrinterError },
  { owns: isGmapiPath, answerError: answerGmapiError },
]

export function dialectOf(path: string): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.owns(path))
}
