import { type BatchHandle, type HubClient, HubProblem, type JobHandle } from '../client/index.ts'

/** The job of that id, or else the batch, as the hub tells it. */
export async function findHandle(hub: HubClient, id: string, { signal }: { readonly signal: AbortSignal }): Promise<JobHandle | BatchHandle> {
  const job = hub.job(id)
  try {
    await job.refresh({ signal })
    return job
  } catch (error) {
    if (!(error instanceof HubProblem) || error.code !== 'job_not_found') throw error
    const batch = hub.batch(id)
    return batch.refresh({ signal }).then(() => batch, (reason: unknown) => {
      throw reason instanceof HubProblem && reason.status === 404 ? error : reason
    })
  }
}
