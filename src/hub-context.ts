import type { Access } from './access/access.ts'
import type { Batches } from './batches/batches.ts'
import type { Config } from './config.ts'
import type { ArtifactStore } from './jobs/artifact-store.ts'
import type { DiskGuard } from './jobs/disk-guard.ts'
import type { Engine } from './jobs/ffmpeg-engine.ts'
import type { FrameStore } from './jobs/frame-store.ts'
import type { JobFold } from './jobs/job-fold.ts'
import type { Jobs } from './jobs/jobs.ts'
import type { Planning } from './jobs/planning.ts'
import type { Preview } from './jobs/preview.ts'
import type { Probes } from './jobs/probes.ts'
import type { HandOver } from './jobs/hand-over.ts'
import type { Retention } from './jobs/retention.ts'
import type { Sanjuuni } from './jobs/sanjuuni-engine.ts'
import type { UnfinishedUploads } from './jobs/unfinished-uploads.ts'
import type { UploadStore } from './jobs/upload-store.ts'
import type { WorkerPool } from './jobs/worker-pool.ts'
import type { Logger } from './logger.ts'
import type { HubMetrics } from './metrics/hub-metrics.ts'
import type { Readiness } from './readiness.ts'
import type { RequestOrigin } from './request-origin.ts'
import type { EventLog } from './streams/event-log.ts'
import type { Webhooks } from './webhooks/webhooks.ts'

/** Everything a hub is made of, each made once. */
export interface HubContext {
  readonly config: Config
  readonly logger: Logger
  readonly jobs: Jobs
  readonly artifacts: ArtifactStore
  readonly uploads: UploadStore
  readonly unfinished: UnfinishedUploads
  readonly frames: FrameStore
  readonly planning: Planning
  readonly preview: Preview
  readonly probes: Probes
  readonly disk: DiskGuard
  readonly origin: RequestOrigin
  /** Undefined where the hub sends its files itself. */
  readonly handOver: HandOver | undefined
  readonly access: Access
  /** For the operator: who may do what; undefined where only programs on this machine can ask. */
  readonly accessLine: string | undefined
  readonly fetchAllowEntries: number
  /** Found in the background, from the first call on. */
  readonly engine: () => Promise<Engine>
  /** Looked for at the first call; undefined where none is installed. */
  readonly sanjuuni: () => Promise<Sanjuuni | undefined>
  readonly pool: WorkerPool
  readonly retention: Retention
  readonly webhooks: Webhooks
  readonly batches: Batches
  readonly events: EventLog<JobFold>
  readonly metrics: HubMetrics
  readonly readiness: Readiness
  /** Aborts when readers are let go. */
  readonly goingDown: AbortSignal
  /** Lets every reader go, to come back elsewhere or later. */
  letReadersGo(): void
  /** After `pool.stop`: closes what is open. */
  close(): Promise<void>
}
