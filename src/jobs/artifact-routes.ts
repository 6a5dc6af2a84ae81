import { Hono } from 'hono'
import type { ArtifactStore } from './artifact-store.ts'
import type { HandOver } from './hand-over.ts'
import type { Job } from './job.ts'
import { serveFile } from './serve-file.ts'
import { serveZip, zippedArtifacts } from './serve-zip.ts'

export interface ArtifactRoutesContext {
  /** `get` throws a HubError with `job_not_found` or `job_expired`. */
  readonly jobs: { get(id: string): Job | Promise<Job> }
  readonly artifacts: Pick<ArtifactStore, 'served' | 'path'>
  readonly handOver?: HandOver | undefined
}

/** `/api/jobs/:id/artifacts` */
export function artifactRoutes({ jobs, artifacts, handOver }: ArtifactRoutesContext): Hono {
  const app = new Hono()

  app.get('/api/jobs/:id/artifacts', async (c) => {
    const job = await jobs.get(c.req.param('id'))
    return c.json({ artifacts: job.artifacts })
  })

  app.get('/api/jobs/:id/artifacts/:name', async (c) => {
    const job = await jobs.get(c.req.param('id'))
    return serveFile(c, artifacts.served(job, c.req.param('name')), { handOver })
  })

  app.get('/api/jobs/:id/zip', async (c) => {
    const job = await jobs.get(c.req.param('id'))
    return serveZip(c, zippedArtifacts(job), { store: artifacts, filename: `${job.id}.zip` })
  })

  return app
}
