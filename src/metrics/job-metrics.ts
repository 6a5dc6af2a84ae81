import type { Job } from '../jobs/job.ts'
import type { JobCount } from '../jobs/job-index.ts'
import { tools } from '../tools/registry.ts'
import type { Registry } from './registry.ts'

const WAIT_BOUNDS = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600]
const RUN_BOUNDS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800, 3600, 7200]
const FACTOR_BOUNDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100]

export interface JobMetrics {
  started(facts: { readonly waitedSeconds: number }): void
  ended(job: Job, facts: { readonly ranSeconds: number | undefined; readonly speed: number | undefined }): void
}

/** `counts` are the jobs there are, asked when somebody reads. */
export function addJobMetrics(registry: Registry, { counts }: { counts: () => readonly JobCount[] }): JobMetrics {
  registry.add({
    name: 'reeltime_jobs', type: 'gauge', help: 'Jobs that are kept, by tool and status',
    read: () => counts().map(({ tool, status, count }) => ({ labels: { tool: toolLabel(tool), status }, value: count })),
  })
  const endedTotal = registry.counter('reeltime_jobs_ended_total', 'Jobs that have ended; of failed ones the code says why')
  const wait = registry.histogram('reeltime_queue_wait_seconds', { help: 'How long jobs waited until they ran', bounds: WAIT_BOUNDS })
  const run = registry.histogram('reeltime_job_run_seconds', { help: 'How long jobs ran, fetching and publishing included', bounds: RUN_BOUNDS })
  const factor = registry.histogram('reeltime_realtime_factor', {
    help: 'Seconds of output made in a second, as completed jobs told it last', bounds: FACTOR_BOUNDS,
  })
  return {
    started: ({ waitedSeconds }) => wait.observe(waitedSeconds),
    ended({ tool: name, status, error }, { ranSeconds, speed }) {
      const tool = toolLabel(name)
      endedTotal.add({ tool, status, code: error?.code ?? '' })
      if (ranSeconds !== undefined) run.observe(ranSeconds, { tool })
      if (status === 'completed' && speed !== undefined) factor.observe(speed, { tool })
    },
  }
}

/** A job kept from another version may have run a tool that is not there any more. */
function toolLabel(name: string): string {
  return tools.some((tool) => tool.name === name) ? name : 'other'
}
