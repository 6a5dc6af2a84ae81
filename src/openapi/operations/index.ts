import type { Operation } from '../operation.ts'
import { eventOperations } from './events.ts'
import { frameOperations } from './frames.ts'
import { gmapiOperations } from './gmapi.ts'
import { hubOperations } from './hub.ts'
import { jobOperations } from './jobs.ts'
import { playerOperations } from './players.ts'
import { toolOperations } from './tools.ts'
import { uploadOperations } from './uploads.ts'

/** All routes, in the order of the document. */
export const operations: readonly Operation[] = [
  ...jobOperations, ...eventOperations, ...frameOperations, ...uploadOperations, ...toolOperations, ...playerOperations, ...gmapiOperations,
  ...hubOperations,
]
