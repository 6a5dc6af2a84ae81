import type { Jobs } from '../jobs/jobs.ts'
import type { ZippedArtifact } from '../jobs/serve-zip.ts'
import { findJob } from './batches.ts'
import type { Batch } from './batch.ts'
import { fileNames } from './file-names.ts'

/** What the jobs of a batch have made by now. */
export function zippedItems({ items }: Pick<Batch, 'items'>, jobs: Pick<Jobs, 'get'>): readonly ZippedArtifact[] {
  const made = items.flatMap(({ index, job: id, name }) => {
    const job = findJob(jobs, id)
    return job?.status === 'completed' ? [{ index, ...(name !== undefined && { name }), artifacts: job.artifacts, job }] : []
  })
  return fileNames(made).map(({ name, item: { job }, artifact }) => ({ name, job, artifact }))
}
