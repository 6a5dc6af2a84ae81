import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyEvent, EMPTY_JOB, type JobEvent } from '../src/jobs/job.ts'
import { brief, makeTone, pacedFfmpeg, talk } from './media.ts'
import { leftovers, programsBelow, removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let scratch: string
let tone: string
let hub: InnerHub
let source: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
  hub = await startInnerHub({
    REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_FFMPEG: pacedFfmpeg(scratch), REELTIME_CONCURRENCY: '2', REELTIME_MAX_WAITING: '100',
  })
  source = await hub.api.upload(tone)
})

afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

test('a job goes from submit over its events to a file that ffprobe knows', async () => {
  const { status, headers, body } = await hub.api.submit(talk(source, 2))
  expect(status).toBe(202)
  expect(headers.get('location')).toBe(`/api/jobs/${body.id}`)
  const events: JobEvent[] = []
  for await (const event of hub.api.events(body.id)) events.push(event)
  expect(events[0]?.type).toBe('snapshot')
  expect(events.at(-1)).toMatchObject({ type: 'end', data: { status: 'completed' } })

  const job = await hub.api.job(body.id)
  expect(events.reduce(applyEvent, EMPTY_JOB)).toEqual({ ...job, offset: expect.anything() })
  const progress = events.flatMap((event) => (event.type === 'progress' ? [event.data.progress ?? 0] : []))
  expect(progress.length).toBeGreaterThan(4)
  expect(progress).toEqual([...progress].sort((a, b) => a - b))
  expect(progress.every((percent) => percent < 100)).toBe(true)
  expect(job).toMatchObject({ status: 'completed', attempt: 1, progress: 100, result: { files: ['output.mp3'] } })

  const lines = events.flatMap((event) => (event.type === 'new_logs' ? event.data.lines : []))
  expect(lines.map(({ n }) => n)).toEqual(lines.map((_, index) => index + 1))
  expect(lines.length).toBe(job.total_logs)
  expect(JSON.stringify(lines)).not.toContain(scratch)

  const { bytes } = await hub.api.download(job.id, 'output.mp3')
  const [artifact] = job.artifacts
  expect(artifact).toMatchObject({ size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
  writeFileSync(join(scratch, 'result.mp3'), bytes)
  const seconds = execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', join(scratch, 'result.mp3')])
  expect(Number(seconds)).toBeCloseTo(2, 0)
  expect(await leftovers(hub.directory)).toEqual([])
})

test('a list is read page by page while new jobs come, and none is missed or told twice', async () => {
  const before: string[] = []
  for (let count = 0; count < 7; count++) before.unshift(await hub.api.accepted(brief(source, 0.1)))
  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await hub.api.list(`limit=3${cursor && `&cursor=${cursor}`}`)
    seen.push(...page.jobs.map(({ id }) => id))
    cursor = page.next_cursor
    await hub.api.accepted(brief(source, 0.1))
  }
  expect(seen.slice(0, 7)).toEqual(before)
  expect(new Set(seen).size).toBe(seen.length)
  await Promise.all((await hub.api.list()).jobs.map(({ id }) => hub.api.ends(id)))
  const completed = await hub.api.list('status=completed&tool=ffmpeg&limit=500')
  expect(completed.jobs.every(({ status }) => status === 'completed')).toBe(true)
  expect((await hub.api.list('status=queued,running')).jobs).toEqual([])
  expect((await hub.api.list('tool=gif')).jobs).toEqual([])
  expect((await hub.api.request('/api/jobs?status=busy')).body).toMatchObject({ code: 'invalid_input', errors: [{ path: 'status' }] })
})

test('a running job that is cancelled has ended when the answer comes, and its program with it', async () => {
  const id = await hub.api.accepted(talk(source, 30))
  await hub.api.runs(id)
  expect(await programsBelow(hub.directory)).toHaveLength(1)
  expect((await hub.api.post(`/api/jobs/${id}/cancel`)).body).toMatchObject({ status: 'cancelled', attempt: 1 })
  expect(await programsBelow(hub.directory)).toEqual([])
  expect(await leftovers(hub.directory)).toEqual([])
  const again = await hub.api.post(`/api/jobs/${id}/cancel`)
  expect([again.status, again.body.status]).toEqual([200, 'cancelled'])
})

test('a waiting job that is cancelled never runs, and those behind it move up', async () => {
  const running = [await hub.api.accepted(talk(source, 30)), await hub.api.accepted(talk(source, 30))]
  const [first, second, third] = [await hub.api.accepted(brief(source)), await hub.api.accepted(brief(source)), await hub.api.accepted(brief(source))]
  expect((await hub.api.job(third)).queue_position).toBe(3)
  const movedUp = hub.api.reaches(third, ({ queue_position }) => queue_position === 2)
  const cancelled = (await hub.api.post(`/api/jobs/${second}/cancel`)).body
  expect(cancelled).toMatchObject({ status: 'cancelled', attempt: 0 })
  expect(await movedUp).toMatchObject({ status: 'queued' })
  expect((await hub.api.job(third)).queue_position).toBe(2)
  for (const id of running) await hub.api.post(`/api/jobs/${id}/cancel`)
  await Promise.all([first, third].map((id) => hub.api.ends(id)))
  expect((await hub.api.job(second)).status).toBe('cancelled')
})

test('a retried job goes on with its log and numbers, and without the files of before', async () => {
  const id = await hub.api.accepted(talk(source, 1))
  const first = await hub.api.ends(id)
  const linesBefore = await hub.api.lines(id)
  const retried = await hub.api.post(`/api/jobs/${id}/retry`)
  expect(retried.status).toBe(202)
  expect(retried.body).toMatchObject({ artifacts: [], result: {} })
  expect(existsSync(join(hub.directory, 'jobs', id, 'artifacts'))).toBe(false)
  const second = await hub.api.ends(id)
  expect(second).toMatchObject({ status: 'completed', attempt: 2, artifacts: [{ sha256: first.artifacts[0]?.sha256 }] })
  const lines = await hub.api.lines(id)
  expect(lines.slice(0, linesBefore.length)).toEqual(linesBefore)
  expect(lines.map(({ n }) => n)).toEqual(lines.map((_, index) => index + 1))
  expect(lines.length).toBeGreaterThan(linesBefore.length)
})

test('a failed job can be retried, and of ten retries at once one is taken', async () => {
  const noise = join(scratch, 'noise.bin')
  writeFileSync(noise, 'this is no media at all, whatever the name says')
  const id = await hub.api.accepted(brief(await hub.api.upload(noise)))
  const failed = await hub.api.ends(id)
  expect(failed).toMatchObject({ status: 'failed', error: { code: expect.any(String), log_tail: expect.any(Array) } })
  const answers = await Promise.all(Array.from({ length: 10 }, () => hub.api.post(`/api/jobs/${id}/retry`)))
  expect(answers.filter(({ status }) => status === 202).length).toBeGreaterThan(0)
  const last = await hub.api.ends(id)
  expect(last.attempt).toBe(1 + answers.filter(({ status }) => status === 202).length)
  expect(answers.filter(({ status }) => status !== 202).every(({ body }) => body.code === 'job_active')).toBe(true)
})

test('a job that is removed while it runs is gone with its program and all its files', async () => {
  const id = await hub.api.accepted(talk(source, 30))
  await hub.api.runs(id)
  expect((await hub.api.request(`/api/jobs/${id}`, { method: 'DELETE' })).status).toBe(204)
  expect(await programsBelow(hub.directory)).toEqual([])
  expect(existsSync(join(hub.directory, 'jobs', id))).toBe(false)
  expect((await hub.api.request(`/api/jobs/${id}`)).body).toMatchObject({ status: 410, code: 'job_expired' })
  expect((await hub.api.post(`/api/jobs/${id}/retry`)).status).toBe(410)
})

test('removals, retries and cancels of one job at once leave it whole or gone', async () => {
  const id = await hub.api.accepted(talk(source, 0.2))
  await hub.api.ends(id)
  const calls = ['retry', 'cancel', 'retry', 'cancel', 'retry'].map((action) => hub.api.post(`/api/jobs/${id}/${action}`))
  const removal = hub.api.request(`/api/jobs/${id}`, { method: 'DELETE' })
  const later = ['retry', 'cancel'].map((action) => hub.api.post(`/api/jobs/${id}/${action}`))
  expect((await removal).status).toBe(204)
  for (const { status } of await Promise.all([...calls, ...later])) expect([200, 202, 409, 410]).toContain(status)
  expect((await hub.api.request(`/api/jobs/${id}`)).status).toBe(410)
  expect(existsSync(join(hub.directory, 'jobs', id))).toBe(false)
  expect((await hub.api.request('/health')).body.jobs).toEqual({ running: 0, waiting: 0 })
})

test('fifty submissions with one Idempotency-Key are one job, and the key is for nothing else', async () => {
  const key = { 'idempotency-key': 'k-1' }
  const answers = await Promise.all(Array.from({ length: 50 }, () => hub.api.submit(brief(source, 0.1), key)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
  expect((await hub.api.submit(brief(source, 0.2), key)).body).toMatchObject({ status: 422, code: 'idempotency_mismatch' })
  expect((await hub.api.submit(brief(source), { 'idempotency-key': 'a b' })).body).toMatchObject({ code: 'invalid_input', errors: [{ path: 'Idempotency-Key' }] })
  await hub.api.ends(answers[0]?.body.id)
})

test('what one job made is another one\'s source', async () => {
  const first = await hub.api.accepted(brief(source, 0.5))
  await hub.api.ends(first)
  const second = await hub.api.ends(await hub.api.accepted(brief(`job:${first}/output.wav`, 0.2)))
  expect(second.status).toBe('completed')
  const missing = await hub.api.submit(brief(`job:${first}/other.wav`))
  expect(missing.body).toMatchObject({ status: 404, code: 'artifact_not_found' })
  expect((await hub.api.submit(brief('upload:AAAAAAAAAAAAAAAAAAAAA'))).body).toMatchObject({ status: 404, code: 'upload_not_found' })
})
