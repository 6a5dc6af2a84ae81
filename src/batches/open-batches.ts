import { join } from 'node:path'
import { atomically, type Database } from '../jobs/database.ts'
import type { IdempotencyKeys } from '../jobs/idempotency-keys.ts'
import type { JobIndex } from '../jobs/job-index.ts'
import type { JobIntake } from '../jobs/job-intake.ts'
import type { JobRemoval } from '../jobs/job-removal.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { RequestStore } from '../jobs/request-store.ts'
import type { Turns } from '../jobs/turns.ts'
import type { WaitingJobs } from '../jobs/waiting-jobs.ts'
import type { WebhookRequest } from '../jobs/webhook-request.ts'
import type { WorkerPool } from '../jobs/worker-pool.ts'
import type { OnDelivered } from '../streams/broadcast.ts'
import { EventLog } from '../streams/event-log.ts'
import type { LogStorage } from '../streams/log-storage.ts'
import { BatchFold } from './batch-fold.ts'
import { BatchIndex } from './batch-index.ts'
import { BatchIntake, type BatchRequest } from './batch-intake.ts'
import { BatchLog } from './batch-log.ts'
import { Batches, findJob } from './batches.ts'

export interface BatchParts {
  readonly database: Database
  readonly directory: string
  readonly trashDirectory: string
  /** Of their logs, in `directory`. */
  readonly storage: LogStorage
  readonly jobs: Jobs
  readonly jobIndex: JobIndex
  readonly intake: JobIntake
  readonly waiting: WaitingJobs
  readonly pool: WorkerPool
  readonly removal: JobRemoval
  readonly turns: Turns
  readonly idempotencyKeys: IdempotencyKeys
  readonly retentionMs: number
  readonly checkWebhook: (webhook: WebhookRequest) => void
  readonly onDelivered: OnDelivered
  readonly onChange: (batchId: string) => void
  readonly onRemoving: (batchId: string) => Promise<void>
  readonly onBehind: (batchId: string, error: unknown) => void
  readonly onUnreadable: (batchId: string, error: unknown) => void
}

export interface OpenBatches {
  readonly batches: Batches
  readonly events: EventLog<BatchFold>
  readonly index: BatchIndex
  readonly log: BatchLog
  readonly requests: RequestStore<BatchRequest>
  close(): Promise<void>
}

/** Wires what a hub knows of batches. */
export function openBatches(parts: BatchParts): OpenBatches {
  const { database, directory, storage, jobs, jobIndex, waiting, removal, turns, retentionMs, onDelivered, onBehind, onUnreadable, ...shared } = parts
  const index = new BatchIndex(database)
  const requests = new RequestStore<BatchRequest>({ directory })
  const events = new EventLog({ storage, fold: (id) => new BatchFold(id), onDelivered })
  const log = new BatchLog({ ...shared, events, index, turns, findJob: (id) => findJob(jobs, id), retentionMs, onError: onBehind })
  const discardJob = async (id: string) => {
    waiting.forget(id)
    await removal.remove(id)
  }
  const intake = new BatchIntake({
    ...shared, jobs: jobIndex, waiting, requests, log, index, atomically: (change) => atomically(database, change),
    discard: (id) => batches.discard(id), discardJob,
  })
  const batches: Batches = new Batches({ ...shared, discardJob, directory, events, index, log, intake, requests, jobs, jobIndex, retentionMs, onError: onUnreadable })
  return {
    batches, events, index, log, requests,
    async close() {
      await log.settled()
      await events.close()
    },
  }
}

export function batchLogFile(directory: string): (id: string) => string {
  return (id) => join(directory, id, 'events.ndjson')
}
