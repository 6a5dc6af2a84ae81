import { findTool } from '../tools/registry.ts'
import type { JobIndex } from './job-index.ts'
import type { JobRequest, RequestStore } from './request-store.ts'
import { parseSource, type Source } from './stage.ts'

/** What jobs still have to read: it is not to go before them, however long they wait. */
export interface AwaitedSources {
  readonly uploads: ReadonlySet<string>
  /** Of whose artifacts there is need. */
  readonly jobs: ReadonlySet<string>
}

/**
 * Of jobs that were submitted before `since` and have not ended. Those of later ones have moved on by themselves: a
 * submission is a use.
 */
export async function awaitedSources({ index, requests, since }: { index: JobIndex; requests: RequestStore; since: number }): Promise<AwaitedSources> {
  const awaited = { uploads: new Set<string>(), jobs: new Set<string>() }
  const { jobs } = index.list({ statuses: ['queued', 'running'], limit: ALL })
  for (const { id } of jobs.filter(({ created_at }) => created_at < since)) {
    for (const source of sourcesOf(await requests.get(id))) {
      if (source.type === 'upload') awaited.uploads.add(source.id)
      if (source.type === 'artifact') awaited.jobs.add(source.jobId)
    }
  }
  return awaited
}

/** More than there can be. */
const ALL = 1_000_000

/** None where they cannot be told: such a job fails when its turn comes, and says why. */
function sourcesOf(request: JobRequest | undefined): readonly Source[] {
  if (!request) return []
  try {
    const tool = findTool(request.tool)
    return tool.sources(tool.input.parse(request.input)).map(parseSource)
  } catch {
    return []
  }
}
