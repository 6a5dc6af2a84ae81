import { setMaxListeners } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Access } from './access/access.ts'
import { anonymousAccess, describeAccess } from './access/anonymous.ts'
import { keyFileIn } from './access/key-file.ts'
import { Keys } from './access/keys.ts'
import { Usage } from './access/usage.ts'
import { batchLogFile, openBatches, type OpenBatches } from './batches/open-batches.ts'
import type { Config } from './config.ts'
import { parseAddressPolicy } from './fetch/address-policy.ts'
import { ArtifactStore } from './jobs/artifact-store.ts'
import { killLeftChildren } from './jobs/child-registry.ts'
import { CommandRunner } from './jobs/command-runner.ts'
import { atomically } from './jobs/database.ts'
import { DiskGuard } from './jobs/disk-guard.ts'
import { checkRequirements, findKnownEngine } from './jobs/engine-capabilities.ts'
import { IdempotencyKeys } from './jobs/idempotency-keys.ts'
import { FrameStore } from './jobs/frame-store.ts'
import { JobFeed } from './jobs/job-feed.ts'
import { JobFold } from './jobs/job-fold.ts'
import { JobIndex } from './jobs/job-index.ts'
import { JobIntake } from './jobs/job-intake.ts'
import { JobLog } from './jobs/job-log.ts'
import { JobQueue } from './jobs/job-queue.ts'
import { JobRemoval } from './jobs/job-removal.ts'
import { Jobs } from './jobs/jobs.ts'
import { Planning } from './jobs/planning.ts'
import { Preview } from './jobs/preview.ts'
import { Probes } from './jobs/probes.ts'
import { handOverTo } from './jobs/hand-over.ts'
import { recover } from './jobs/recovery.ts'
import { RequestStore } from './jobs/request-store.ts'
import { Retention } from './jobs/retention.ts'
import { RevokedJobs } from './jobs/revoked-jobs.ts'
import { checkPrograms, findSanjuuni } from './jobs/sanjuuni-engine.ts'
import { Staging } from './jobs/stage.ts'
import { readStoredJob } from './jobs/stored-job.ts'
import { Turns } from './jobs/turns.ts'
import { UnfinishedUploads } from './jobs/unfinished-uploads.ts'
import { UploadProgress } from './jobs/upload-progress.ts'
import { UploadQuota } from './jobs/upload-quota.ts'
import { UploadStore } from './jobs/upload-store.ts'
import { WaitingJobs } from './jobs/waiting-jobs.ts'
import { work } from './jobs/worker.ts'
import { WorkerPool } from './jobs/worker-pool.ts'
import type { Logger } from './logger.ts'
import { HubMetrics } from './metrics/hub-metrics.ts'
import { observeJobs } from './observe-jobs.ts'
import type { HubContext } from './hub-context.ts'
import { once } from './once.ts'
import { openDataDirectory, type DataDirectory } from './open-data-directory.ts'
import { Readiness } from './readiness.ts'
import { RequestOrigin } from './request-origin.ts'
import { EventLog } from './streams/event-log.ts'
import { FileLogStorage } from './streams/log-storage.file.ts'
import type { Requirements } from './tools/tool.ts'
import { VERSION } from './version.ts'
import { Endpoints } from './webhooks/endpoints.ts'
import { Webhooks } from './webhooks/webhooks.ts'

export type { HubContext } from './hub-context.ts'

/** Opens the data directory, puts it in order after whatever happened, and wires the hub. Nothing runs yet. */
export async function createContext(config: Config, logger: Logger): Promise<HubContext> {
  const data = await openDataDirectory(config.dataDirectory, logger)
  try {
    return await wire(config, logger, data)
  } catch (error) {
    data.close()
    throw error
  }
}

/** How long what is due may still be told when the hub goes down. */
const LAST_DELIVERIES_MS = 3000

async function wire(config: Config, logger: Logger, data: DataDirectory): Promise<HubContext> {
  const { directory, database, deliveries } = data
  const policy = parseAddressPolicy(config.fetchAllow)
  const origin = new RequestOrigin(config)
  const { xAccelPrefix } = config
  const handOver = xAccelPrefix === undefined ? undefined : handOverTo(xAccelPrefix, { directory, isForwarded: (request) => origin.isForwarded(request) })
  const keys = new Keys({ path: keyFileIn(directory), onUnreadable: (error) => logger.error('keys.unreadable', { error }) })
  const anonymous = anonymousAccess({ ...config, keyCount: keys.count })
  const usage = new Usage(database)
  const access = new Access({ ...config, keys, anonymous, origin, usage })
  const jobsDirectory = join(directory, 'jobs')
  const trashDirectory = join(directory, 'trash')
  const jobDirectory = (id: string) => join(jobsDirectory, id)
  const logFile = (id: string) => join(jobsDirectory, id, 'events.ndjson')
  const onInternalError = (jobId: string, error: unknown) => logger.error('job.internal_error', { job: jobId, error })

  const index = new JobIndex(database)
  const queue = new JobQueue(database)
  const idempotencyKeys = new IdempotencyKeys(database)
  const requests = new RequestStore({ directory: jobsDirectory })
  const artifacts = new ArtifactStore({ directory: jobsDirectory })
  const frames = new FrameStore({ jobDirectory })
  const disk = new DiskGuard({
    directory, limitBytes: config.diskLimitBytes, ...(config.diskFloorBytes !== undefined && { freeBytesFloor: config.diskFloorBytes }),
  })
  const quota = new UploadQuota({ maxBytes: config.maxUploadsBytes })
  const uploads = new UploadStore({
    directory: join(directory, 'uploads'), maxBytes: config.maxInputBytes, retentionMs: config.retentionMs, disk, quota,
    onStored: (file) => runner.learn(file),
  })
  const unfinished = new UnfinishedUploads({
    directory: join(directory, 'unfinished'), uploads, quota, disk, retentionMs: config.retentionMs,
    onGrown: (id) => uploadProgress.grown(id), onSettled: (id) => waiting.needChanged(id),
  })
  const storage = new FileLogStorage({ path: logFile })
  const events = new EventLog({ storage, fold: (id) => new JobFold(id), onDelivered: (seconds) => metrics.onDelivered(seconds) })
  const batchesDirectory = join(directory, 'batches')
  const feed = new JobFeed({ newestJobs: () => jobs.list({ limit: 100 }).jobs, waiting: () => queue.waiting() })
  const metrics: HubMetrics = new HubMetrics({
    version: VERSION, disk, pendingDeliveries: () => webhooks.pendingCount, jobCounts: () => index.counts(),
    readerCounts: () => [events, feed, batching.events].map((followed) => followed.countFollowers()),
  })
  const log = new JobLog({
    events, index, feed, onIndexError: (error) => logger.error('index.behind', { error }), onStatus: observeJobs({ logger, metrics: metrics.jobs }),
    onChange(job) {
      waiting.changed(job)
      uploadProgress.changed(job)
      webhooks.jobChanged(job)
      batching.log.jobChanged(job)
    },
    onProgress: (job) => batching.log.jobProgressed(job),
  })
  const turns = new Turns()
  const waiting: WaitingJobs = new WaitingJobs({
    log, queue, turns, getJob: (id) => jobs.get(id), uploadStanding: (id) => unfinished.standingOf(id), wake: () => pool.wake({ hasEntered: true }), retentionMs: config.retentionMs, onError: onInternalError,
  })
  const uploadProgress = new UploadProgress({ unfinished, index, events, feed, waitingFor: (id) => waiting.needing(id) })
  const removal = new JobRemoval({
    events, index, queue, feed, jobDirectory, trashDirectory, asideDirectory: join(directory, 'unreadable'),
    onRemoving: (id) => webhooks.removing(id),
  })
  const webhooks: Webhooks = new Webhooks({
    database: deliveries, policy, retriesMs: config.webhookRetriesMs, retentionMs: config.retentionMs,
    endpoints: await Endpoints.open({ path: join(directory, 'webhooks.json'), configured: config.webhook }),
    openJob: (id) => events.open(id), openBatch: (id) => batching.events.open(id),
    requestOf: async (id) => ((await requests.get(id)) ?? (await batching.requests.get(id)))?.webhook,
    onAttempt: (outcome) => metrics.webhooks.attempted(outcome), onDisabled: (webhook) => logger.info('webhook.disabled', { webhook }),
    onError: (error) => logger.error('webhook.failed', { error }),
  })
  const staging = new Staging({
    policy, uploads, unfinished, artifacts, getJob: (id) => jobs.get(id), maxBytes: config.maxInputBytes, timeoutMs: config.fetchTimeoutMs,
  })

  const engine = once(() => findKnownEngine(config))
  const sanjuuni = once(async () => findSanjuuni({ ...config, sandbox: (await engine()).sandbox }))
  const runner: CommandRunner = new CommandRunner({
    engine, sanjuuni, limits: { cpu: (availableParallelism() * config.jobTimeoutMs) / 1000, fsize: config.maxOutputBytes },
  })
  const assertCanRun = async (requirements: Requirements) => {
    await checkPrograms(requirements, sanjuuni)
    await checkRequirements(requirements, await engine())
  }
  const workerOptions = {
    log, requests, staging, artifacts, frames, disk, runner, assertCanRun, jobDirectory, timeoutMs: config.jobTimeoutMs, stallMs: config.stallMs,
    logBytes: config.logBytes, maxOutputBytes: config.maxOutputBytes, retentionMs: config.retentionMs, onInternalError,
    onShortage: (jobId: string, error: unknown) => logger.error('job.short_of_resources', { job: jobId, error }),
    onFetched(jobId: string, bytes: number) {
      const owner = index.ownerOf(jobId)
      if (owner !== undefined) usage.add(owner, { bytes })
    },
  }
  const pool = new WorkerPool({
    queue, events, slots: config.concurrency, concurrencyOf: (owner) => access.concurrencyOf(owner),
    onWorked: (owner, workedMs) => usage.add(owner, { workedMs }), work: (id, signal) => work(id, signal, workerOptions),
    onInternalError: (error, jobId) => logger.error('worker.broke_down', { job: jobId, error }),
  })
  const intake = new JobIntake({
    log, index, queue, pool, waiting, requests, staging, disk, removal, idempotencyKeys, maxWaiting: config.maxWaiting, assertCanRun,
    checkWebhook: (webhook) => webhooks.check(webhook),
    atomically: (change) => atomically(database, change),
  })
  const jobs: Jobs = new Jobs({ events, log, index, queue, pool, feed, intake, waiting, uploadProgress, turns, requests, artifacts, removal, retentionMs: config.retentionMs })
  const planning = new Planning({ staging, runner, assertCanRun })
  const batching: OpenBatches = openBatches({
    database, directory: batchesDirectory, trashDirectory, storage: new FileLogStorage({ path: batchLogFile(batchesDirectory) }),
    jobs, jobIndex: index, intake, waiting, pool, removal, turns, idempotencyKeys, retentionMs: config.retentionMs,
    checkWebhook: (webhook) => webhooks.check(webhook), onDelivered: (seconds) => metrics.onDelivered(seconds),
    onChange: (id) => webhooks.batchChanged(id), onRemoving: (id) => webhooks.removing(id),
    onBehind: (batch, error) => logger.error('batch.behind', { batch, error }), onUnreadable: (batch, error) => logger.error('batch.unreadable', { batch, error }),
  })
  const { batches } = batching
  const preview = new Preview({ jobs, artifacts, frames, engine, runner, jobDirectory, directory: join(directory, 'preview') })
  const retention = new Retention({
    index, uploads, unfinished, idempotencyKeys, disk, retentionMs: config.retentionMs,
    removeEnded: async (id, limit) => !batches.keeps(id, limit.expiresBy) && jobs.removeEnded(id, limit),
    async sweepOthers(now, clock) {
      webhooks.sweep(now)
      await batches.sweep(now, clock)
    },
    onError: (error) => logger.error('retention.failed', { error }),
    onClockSet: (byMs) => logger.error('retention.clock_jumped', { detail: `The clock was set by ${Math.round(byMs / 1000)} s; nothing is removed sooner for that` }),
  })
  await uploads.load()
  await unfinished.load()
  await recover({
    jobsDirectory, logFile, readJob: (id) => readStoredJob(storage, id), log, index, queue, waiting, requests, artifacts, removal, idempotencyKeys,
    retentionMs: config.retentionMs,
    endChildren: async (id) => void (await killLeftChildren([jobDirectory(id)])),
    onUnreadable: (id, error) => logger.error('job.unreadable', { job: id, error }),
  })

  await batches.recover()
  webhooks.start({
    jobs: index.all().filter(({ id }) => webhooks.list().length > 0 || index.get(id)?.webhook === true), batches: batching.index.all(),
  })
  const revokedJobs = new RevokedJobs({
    queue, isRevoked: (owner) => keys.isRevoked(owner), cancel: (id, reason) => jobs.cancel(id, reason),
    onCancelled: (id) => logger.info('job.key_revoked', { job: id }), onError: (error) => logger.error('job.not_cancelled', { error }),
  })
  const goingDown = new AbortController()
  // As many as there are long polls.
  setMaxListeners(0, goingDown.signal)
  const probes = new Probes({ staging, runner, disk, directory: join(directory, 'probes'), goingDown: goingDown.signal })
  await probes.clear()
  return {
    goingDown: goingDown.signal,
    config, logger, jobs, artifacts, frames, planning, preview, probes, uploads, unfinished, disk, origin, handOver, access,
    accessLine: anonymous.isForThisMachineOnly ? undefined : describeAccess(anonymous, keys.count), fetchAllowEntries: policy.entryCount, engine, sanjuuni, pool, retention, events,
    metrics, webhooks, batches, readiness: new Readiness({ jobs, disk, pool, engine, config }),
    letReadersGo() {
      goingDown.abort()
      events.cutFollowers()
      feed.cutFollowers()
      batching.events.cutFollowers()
      void preview.close()
    },
    async close() {
      await Promise.all([retention.stop(), revokedJobs.stop(), waiting.settled(), preview.close(), runner.close()])
      uploadProgress.close()
      await batching.log.settled()
      await webhooks.stop({ waitMs: LAST_DELIVERIES_MS })
      await Promise.all([events.close(), batching.close(), feed.close(), frames.close()])
      log.close()
      usage.write()
      metrics.stop()
      data.close()
    },
  }
}
