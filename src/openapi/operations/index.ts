import type { Operation } from '../operation.ts'
import { batchOperations } from './batches.ts'
import { eventOperations } from './events.ts'
import { flaskGifOperations } from './flask-gif.ts'
import { frameOperations } from './frames.ts'
import { gmapiOperations } from './gmapi.ts'
import { hubOperations } from './hub.ts'
import { jobOperations } from './jobs.ts'
import { moneyPrinterOperations } from './moneyprinter.ts'
import { playerOperations } from './players.ts'
import { soraWatermarkOperations } from './sora-watermark.ts'
import { toolOperations } from './tools.ts'
import { uploadOperations } from './uploads.ts'
import { webhookOperations } from './webhooks.ts'

/** All routes, in the order of the document. */
export const operations: readonly Operation[] = [
  ...jobOperations, ...eventOperations, ...batchOperations, ...webhookOperations, ...frameOperations, ...uploadOperations, ...toolOperations,
  ...playerOperations, ...gmapiOperations, ...moneyPrinterOperations, ...soraWatermarkOperations, ...flaskGifOperations, ...hubOperations,
]
