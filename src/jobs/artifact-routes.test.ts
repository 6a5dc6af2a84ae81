import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Hono } from 'hono'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HubError } from '../errors.ts'
import { artifactRoutes } from './artifact-routes.ts'
import { ArtifactStore } from './artifact-store.ts'
import { EMPTY_JOB, type Job } from './job.ts'

const JOB = 'V1StGXR8_Z5jdHi6B-myT'

let directory: string
let job: Job
let app: Hono

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'artifact-routes-'))
  const artifacts = new ArtifactStore({ directory })
  const staged = path.join(directory, 'staged')
  await writeFile(staged, 'hello')
  const artifact = await artifacts.put(JOB, staged, { file: 'a b.mp3', contentType: 'audio/mpeg' })
  job = { ...EMPTY_JOB, id: JOB, status: 'completed', expires_at: Date.now() + 7_200_000, artifacts: [artifact] }
  app = artifactRoutes({ jobs: { get: findJob }, artifacts })
  app.onError((error, c) => {
    if (!(error instanceof HubError)) throw error
    c.status(error.status as 500)
    return c.json({ code: error.code })
  })
})

afterEach(() => rm(directory, { recursive: true }))

function findJob(id: string): Job {
  if (id === JOB) return job
  throw new HubError(id === 'old' ? 'job_expired' : 'job_not_found', 'gone')
}

test('the artifacts of a job are listed, and the url of each leads to its bytes', async () => {
  const { artifacts } = await (await app.request(`/api/jobs/${JOB}/artifacts`)).json() as Pick<Job, 'artifacts'>
  expect(artifacts).toEqual(job.artifacts)
  const answer = await app.request(artifacts[0]?.url ?? '')
  expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([200, `"${artifacts[0]?.sha256}"`, 'hello'])
})

test('HEAD tells the size without the bytes', async () => {
  const answer = await app.request(`/api/jobs/${JOB}/artifacts/a%20b.mp3`, { method: 'HEAD' })
  expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '5', ''])
})

test.each([
  [`/api/jobs/${JOB}/artifacts/b.mp3`, 404, 'artifact_not_found'],
  [`/api/jobs/${JOB}/artifacts/..%2fartifacts%2fa%20b.mp3`, 404, 'artifact_not_found'],
  [`/api/jobs/${JOB}/artifacts/a%20b.mp3%00`, 404, 'artifact_not_found'],
  ['/api/jobs/none/artifacts', 404, 'job_not_found'],
  ['/api/jobs/none/artifacts/a', 404, 'job_not_found'],
  ['/api/jobs/old/artifacts/a', 410, 'job_expired'],
])('%s is %i', async (url, status, code) => {
  const answer = await app.request(url)
  expect([answer.status, await answer.json()]).toEqual([status, { code }])
})

test('a copy is asked about each time, since a retry may put other bytes under the same name', async () => {
  const answer = await app.request(`/api/jobs/${JOB}/artifacts/a%20b.mp3`)
  await answer.body?.cancel()
  expect(answer.headers.get('cache-control')).toBe('private, no-cache, no-transform')
  expect(answer.headers.get('etag')).toMatch(/^"[0-9a-f]{64}"$/)
})
