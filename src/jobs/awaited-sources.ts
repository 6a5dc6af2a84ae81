import { findTool } from '../tools/registry.ts'
import type { Job } from './job.ts'
import type { JobIndex } from './job-index.ts'
import { parseSource, type Source } from './stage.ts'

/** What jobs that have not ended read: it is not to go before them, however long they wait. */
export interface AwaitedSources {
  readonly uploads: ReadonlySet<string>
  /** Of whose artifacts there is need. */
  readonly jobs: ReadonlySet<string>
}

export function awaitedSources(index: JobIndex): AwaitedSources {
  const { jobs } = index.list({ statuses: ['queued', 'running'], limit: ALL })
  const sources = jobs.flatMap(sourcesOf)
  return {
    uploads: new Set(sources.flatMap((source) => (source.type === 'upload' ? [source.id] : []))),
    jobs: new Set(sources.flatMap((source) => (source.type === 'artifact' ? [source.jobId] : []))),
  }
}

/** More than there can be. */
const ALL = 1_000_000

/** None where they cannot be told: such a job fails when its turn comes, and says why. */
function sourcesOf({ tool: name, input }: Job): readonly Source[] {
  try {
    const tool = findTool(name)
    return tool.sources(tool.input.parse(input)).map(parseSource)
  } catch {
    return []
  }
}
