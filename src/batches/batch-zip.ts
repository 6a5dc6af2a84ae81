import { basename } from 'node:path/posix'
import type { Jobs } from '../jobs/jobs.ts'
import { zippedArtifacts, type ZippedArtifact } from '../jobs/serve-zip.ts'
import { splitName, ZipNames } from '../jobs/zip-names.ts'
import { findJob } from './batches.ts'
import type { Batch } from './batch.ts'

/**
 * What the jobs of a batch have made by now: the one artifact of a job under the name of what it was made from, several
 * in a folder of that name.
 */
export function zippedItems({ items }: Pick<Batch, 'items'>, jobs: Pick<Jobs, 'get'>): readonly ZippedArtifact[] {
  const names = new ZipNames()
  return items.flatMap(({ index, job: id, name = `item-${index + 1}` }) => {
    const job = findJob(jobs, id)
    if (job?.status !== 'completed' || job.artifacts.length === 0) return []
    const { stem } = splitName(basename(name))
    const [only, second] = job.artifacts
    if (only && !second) return [{ name: names.take(stem + splitName(only.name).extension), job, artifact: only }]
    const folder = names.take(stem)
    return zippedArtifacts(job).map((zipped) => ({ ...zipped, name: `${folder}/${zipped.name}` }))
  })
}
