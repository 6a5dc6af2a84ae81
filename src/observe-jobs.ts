import { hasEnded } from './jobs/job.ts'
import type { StatusChange } from './jobs/job-log.ts'
import type { Logger } from './logger.ts'
import type { JobMetrics } from './metrics/job-metrics.ts'

/** Tells the log and the metrics what becomes of jobs. */
export function observeJobs({ logger, metrics }: { logger: Logger; metrics: JobMetrics }): (change: StatusChange) => void {
  /** When those went back to the queue that had been there before. */
  const requeuedAt = new Map<string, number>()
  return ({ job, status, speed }) => {
    const { id, tool, attempt, created_at, started_at, ended_at, error } = job
    if (status.status === 'queued') {
      if (status.reason === undefined) return logger.info('job.submitted', { job: id, tool })
      requeuedAt.set(id, Date.now())
      return logger.info('job.requeued', { job: id, tool, reason: status.reason })
    }
    const queuedAt = requeuedAt.get(id) ?? created_at
    requeuedAt.delete(id)
    if (status.status === 'running' && started_at !== undefined) {
      const waitedSeconds = secondsBetween(queuedAt, started_at)
      metrics.started({ waitedSeconds })
      logger.info('job.started', { job: id, tool, attempt, waited_s: waitedSeconds })
    } else if (hasEnded(status.status)) {
      const ranSeconds = started_at === undefined || ended_at === undefined ? undefined : secondsBetween(started_at, ended_at)
      metrics.ended(job, { ranSeconds, speed })
      logger.info('job.ended', { job: id, tool, status: job.status, ...(error && { code: error.code }), seconds: ranSeconds ?? 0 })
    }
  }
}

function secondsBetween(from: number, to: number): number {
  return Math.max(0, (to - from) / 1000)
}
