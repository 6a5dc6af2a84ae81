import { HubError } from '../errors.ts'
import { tools } from '../tools/registry.ts'
import { artifactOf } from './artifact-store.ts'
import { hasEnded, type Job, type WaitingFor } from './job.ts'
import { parseSource } from './stage.ts'

/** Something that has to be there before a job can run. */
export type Need =
  /** Without a name: the only artifact that the job makes. */
  | { readonly type: 'artifact'; readonly jobId: string; readonly name: string | undefined }
  /** All of it. */
  | { readonly type: 'upload'; readonly uploadId: string }
  | { readonly type: 'end'; readonly jobId: string; readonly as: 'completed' | 'any' }

/** How it stands with a need: there, or to be waited for, or never to come, which the HubError explains. */
export type Standing = 'there' | 'pending' | HubError

/** Earlier jobs alone can be named, since an id is known only once its job is taken in: nothing can wait in a circle. */
export function needsOf({ tool, input, after = [], after_any = [] }: Pick<Job, 'tool' | 'input' | 'after' | 'after_any'>): readonly Need[] {
  const ends: Need[] = [
    ...after.map((jobId) => ({ type: 'end', jobId, as: 'completed' }) as const),
    ...after_any.map((jobId) => ({ type: 'end', jobId, as: 'any' }) as const),
  ]
  return [...sourceNeeds(tool, input), ...ends]
}

function sourceNeeds(tool: string, input: unknown): Need[] {
  const found = tools.find(({ name }) => name === tool)
  // Of a job from another version of the hub: its worker says what is wrong with it.
  const read = found?.input.safeParse(input)
  if (!found || !read?.success) return []
  return found.sources(read.data).flatMap((source): Need[] => {
    const parsed = parseSource(source)
    if (parsed.type === 'upload') return [{ type: 'upload', uploadId: parsed.id }]
    return parsed.type === 'artifact' ? [{ type: 'artifact', jobId: parsed.jobId, name: parsed.name }] : []
  })
}

/** What is shown of it to those who follow the job that waits. */
export function waitingFor(needs: readonly Need[]): readonly WaitingFor[] {
  const shown = needs.map((need): WaitingFor => ({ type: need.type === 'upload' ? 'upload' : 'job', id: idOf(need) }))
  return shown.filter(({ id }, index) => shown.findIndex((other) => other.id === id) === index)
}

/** Of the job or the upload; no id is that of both. */
export function idOf(need: Need): string {
  return need.type === 'upload' ? need.uploadId : need.jobId
}

/** `getJob` throws a HubError where there is no such job. */
export function standingOf(need: Exclude<Need, { type: 'upload' }>, getJob: (id: string) => Job): Standing {
  let job: Job
  try {
    job = getJob(need.jobId)
  } catch (error) {
    if (error instanceof HubError) return new DependencyFailedError(need.jobId, 'is not there any more', 'Submit this one again with what is there')
    throw error
  }
  if (need.type === 'end') return standingOfEnd(need, job)
  if (job.status === 'failed' || job.status === 'cancelled') return notCompleted(job)
  if (job.artifacts.some(({ name, grows }) => name === need.name && grows !== true)) return 'there'
  if (!hasEnded(job.status)) return 'pending'
  try {
    artifactOf(job, need.name)
    return 'there'
  } catch (error) {
    if (error instanceof HubError) return new DependencyFailedError(job.id, `has completed; ${lowerFirst(error.message)}`, error.hint)
    throw error
  }
}

/** What a job needed of an earlier one will not come. */
export class DependencyFailedError extends HubError {
  override name = 'DependencyFailedError'
  readonly jobId: string

  constructor(jobId: string, what: string, hint = 'Retry that job first, then this one') {
    super('dependency_failed', `The job ${jobId.slice(0, 40)}, which this one needs, ${what}`, { hint })
    this.jobId = jobId
  }
}

function standingOfEnd({ as }: { readonly as: 'completed' | 'any' }, job: Job): Standing {
  if (!hasEnded(job.status)) return 'pending'
  return as === 'any' || job.status === 'completed' ? 'there' : notCompleted(job)
}

function notCompleted({ id, status, error }: Job): HubError {
  return new DependencyFailedError(id, status === 'cancelled' ? 'was cancelled' : `failed${error ? `: ${error.message}` : ''}`)
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
