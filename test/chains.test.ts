import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { DatabaseSync } from '@photostructure/sqlite'
import { join } from 'node:path'
import { heldSource } from './faults/held-source.ts'
import { startKeyedHub } from './keyed-hub.ts'
import { brief, makeTone } from './media.ts'
import { removeDirectory, startHubProcess, startInnerHub, temporaryDirectory, untilNoProgramsBelow, type InnerHub } from './running-hub.ts'
import type { JobEvent } from '../src/jobs/job.ts'

let scratch: string
let tone: string
let hub: InnerHub | undefined
let count = 0

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
})
afterEach(async () => {
  await hub?.stop()
  hub = undefined
})
afterAll(() => removeDirectory(scratch))

const SETTINGS = { REELTIME_FETCH_ALLOW: '127.0.0.1', REELTIME_CONCURRENCY: '1' }

async function start(settings: Record<string, string> = {}): Promise<InnerHub> {
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, `data-${count++}`), ...SETTINGS, ...settings })
  return hub
}

const reads = (id: string, name = '/output.wav') => ({ input_url: `job:${id}${name}`, args: ['-ac', '1'], output_format: 'mp3' })
/** As the job's own log has it: the first event's status, then each change of it. */
async function statuses(id: string) {
  const { body } = await hub!.api.request(`/api/jobs/${id}/events`)
  return (body.events as JobEvent[]).flatMap(({ type, data }) =>
    type === 'status' ? [[data.status, data.reason ?? data.waiting_for?.map((waiting) => waiting.id).join() ?? '']] : [])
}

test('a job that reads from one that still runs waits for it without a place, then reads what it made', async () => {
  const { api } = await start()
  const source = await heldSource(tone)
  const first = await api.accepted(brief(source.url, 0.2))
  await api.reaches(first, ({ status }) => status === 'running')
  const second = await api.accepted(reads(first))
  const third = await api.accepted(reads(second, ''))
  const waiting = await api.job(second)
  expect(waiting).toMatchObject({ status: 'queued', waiting_for: [{ type: 'job', id: first }], name: 'output.wav' })
  expect(waiting.queue_position).toBeUndefined()
  expect((await api.list()).jobs[0]).toMatchObject({ id: third, waiting_for: [{ type: 'job', id: second }] })
  source.letGo()
  expect(await api.ends(third)).toMatchObject({ status: 'completed', artifacts: [{ name: 'output.mp3' }] })
  expect(await statuses(second)).toEqual([['queued', first], ['queued', 'ready'], ['running', ''], ['completed', '']])
  expect((await api.job(second)).waiting_for).toBeUndefined()
})

test('a job that waits holds no worker: others run past it', async () => {
  const { api } = await start({ REELTIME_CONCURRENCY: '2' })
  const source = await heldSource(tone)
  const first = await api.accepted(brief(source.url, 0.1))
  const second = await api.accepted(reads(first))
  const other = await api.accepted(brief(await api.upload(tone), 0.1))
  expect((await api.ends(other)).status).toBe('completed')
  expect((await api.job(second)).status).toBe('queued')
  source.letGo()
  expect((await api.ends(second)).status).toBe('completed')
})

test('one that runs after others reads nothing of them, and waits for all', async () => {
  const { api } = await start({ REELTIME_CONCURRENCY: '3' })
  const upload = await api.upload(tone)
  const sources = await Promise.all([heldSource(tone), heldSource(tone)])
  const earlier = await Promise.all(sources.map(({ url }) => api.accepted(brief(url, 0.1))))
  const { body: job } = await api.post('/api/jobs', { tool: 'ffmpeg', input: brief(upload, 0.1), after: earlier })
  expect(job).toMatchObject({ after: earlier, waiting_for: earlier.map((id) => ({ type: 'job', id })) })
  sources[0]!.letGo()
  await api.ends(earlier[0]!)
  await api.reaches(job.id, ({ waiting_for }) => waiting_for?.length === 1)
  sources[1]!.letGo()
  expect(await api.ends(job.id)).toMatchObject({ status: 'completed' })
})

test.each([['fails', 'failed'], ['is cancelled', 'was cancelled']])('when the earlier job %s the later ones fail at once and name it, but for after_any', async (what, told) => {
  const { api } = await start()
  const source = await heldSource(tone)
  const earlier = await api.accepted({ ...brief(source.url, 0.1), ...(what === 'fails' && { args: ['-map', '0:v'] }) })
  const reading = await api.accepted(reads(earlier))
  const chained = await api.accepted(reads(reading))
  const input = brief(await api.upload(tone), 0.1)
  const { body: after } = await api.post('/api/jobs', { tool: 'ffmpeg', input, after: [earlier] })
  const { body: afterAny } = await api.post('/api/jobs', { tool: 'ffmpeg', input, after_any: [earlier] })
  if (what === 'fails') source.letGo()
  else await api.post(`/api/jobs/${earlier}/cancel`)
  for (const [id, needed, why] of [[reading, earlier, told], [after.id, earlier, told], [chained, reading, 'failed']] as const) {
    const { status, error } = await api.ends(id)
    expect([status, error?.code, error?.job]).toEqual(['failed', 'dependency_failed', needed])
    expect(error?.message).toContain(`The job ${needed}, which this one needs, ${why}`)
  }
  expect((await api.ends(afterAny.id)).status).toBe('completed')
})

test('an artifact that the earlier job turns out not to make fails the later one, which is told what there is', async () => {
  const { api } = await start()
  const source = await heldSource(tone)
  const first = await api.accepted(brief(source.url, 0.1))
  const second = await api.accepted(reads(first, '/film.mp4'))
  source.letGo()
  const { error } = await api.ends(second)
  expect(error).toMatchObject({ code: 'dependency_failed', job: first, hint: 'It has output.wav.' })
})

test('a later job that is retried waits for the earlier one again', async () => {
  const { api } = await start()
  const source = await heldSource(tone)
  const first = await api.accepted(brief(source.url, 0.1))
  const second = await api.accepted(reads(first))
  await api.post(`/api/jobs/${first}/cancel`)
  expect((await api.ends(second)).error?.code).toBe('dependency_failed')
  await api.post(`/api/jobs/${first}/retry`)
  await api.post(`/api/jobs/${second}/retry`)
  await api.reaches(second, ({ waiting_for }) => waiting_for !== undefined)
  source.letGo()
  expect(await api.ends(second)).toMatchObject({ status: 'completed', attempt: 1 })
})

test('what cannot be waited for is refused at once', async () => {
  const { api } = await start()
  const input = brief(await api.upload(tone), 0.1)
  const ended = await api.accepted(input)
  await api.ends(ended)
  const failed = await api.accepted({ ...input, args: ['-map', '0:v'] })
  await api.ends(failed)
  const codes = [
    await api.post('/api/jobs', { tool: 'ffmpeg', input, after: ['1234567890123456789012'] }),
    await api.post('/api/jobs', { tool: 'ffmpeg', input, after: [failed] }),
    await api.post('/api/jobs', { tool: 'ffmpeg', input: reads(ended, '/film.mp4') }),
    await api.post('/api/jobs', { tool: 'ffmpeg', input, after: 'x' }),
  ].map(({ status, body }) => [status, body.code])
  expect(codes).toEqual([[404, 'job_not_found'], [409, 'dependency_failed'], [404, 'artifact_not_found'], [400, 'invalid_input']])
  const { body: soon } = await api.post('/api/jobs', { tool: 'ffmpeg', input: reads(ended, ''), after: [ended], after_any: [failed] })
  expect(soon.waiting_for).toBeUndefined()
  expect((await api.ends(soon.id)).status).toBe('completed')
})

test('what a job that waits will read is not swept before it has run', async () => {
  const { api } = await start({ REELTIME_RETENTION_SECONDS: '0.2' })
  const source = await heldSource(tone)
  const first = await api.accepted(brief(await api.upload(tone), 0.1))
  await api.ends(first)
  const held = await api.accepted(brief(source.url, 0.1))
  const { body: second } = await api.post('/api/jobs', { tool: 'ffmpeg', input: reads(first), after: [held] })
  expect(second.waiting_for).toEqual([{ type: 'job', id: held }])
  await hub!.stop()
  // Its start sweeps what has expired while it was down.
  hub = await startInnerHub({ REELTIME_DATA_DIR: hub!.directory, ...SETTINGS, REELTIME_RETENTION_SECONDS: '0.2' })
  const unneeded = await hub.api.accepted(brief(await hub.api.upload(tone), 0.1))
  source.letGo()
  expect((await hub.api.ends(second.id)).status).toBe('completed')
  await hub.api.ends(unneeded)
})

test('who waits waits on after kill -9, also where the index is lost', async () => {
  const directory = join(scratch, `data-${count++}`)
  const source = await heldSource(tone)
  const before = await startHubProcess(directory, SETTINGS)
  const first = await before.api.accepted(brief(source.url, 0.2))
  const second = await before.api.accepted(reads(first))
  const { body: third } = await before.api.post('/api/jobs', { tool: 'ffmpeg', input: brief(await before.api.upload(tone), 0.1), after: [second] })
  await before.end('SIGKILL')
  await untilNoProgramsBelow(directory)
  for (const table of ['jobs', 'queue']) {
    const database = new DatabaseSync(join(directory, 'hub.sqlite'))
    database.exec(`DELETE FROM ${table}`)
    database.close()
  }
  const after = await startHubProcess(directory, SETTINGS)
  onTestFinished(async () => {
    await after.end('SIGKILL')
    await untilNoProgramsBelow(directory)
  })
  expect(await Promise.all([second, third.id].map(async (id) => (await after.api.job(id)).waiting_for))).toEqual([
    [{ type: 'job', id: first }], [{ type: 'job', id: second }],
  ])
  source.letGo()
  expect(await after.api.ends(third.id)).toMatchObject({ status: 'completed', attempt: 1 })
  expect(await after.api.ends(second)).toMatchObject({ status: 'completed', attempt: 1 })
})

test('what waits is cancelled, with its key too, and takes one of the places that there are to wait in', async () => {
  const keyed = await startKeyedHub(join(scratch, `data-${count++}`), { ...SETTINGS, REELTIME_MAX_WAITING: '1' })
  hub = keyed
  const { api, id: key } = await keyed.holder()
  const source = await heldSource(tone)
  const first = await keyed.api.accepted(brief(source.url, 0.1))
  await keyed.api.reaches(first, ({ status }) => status === 'running')
  const second = await api.accepted(reads(first))
  expect((await api.submit(reads(first))).body.code).toBe('queue_full')
  await keyed.revoke(key)
  expect(await keyed.api.ends(second)).toMatchObject({ status: 'cancelled', error: { code: 'key_revoked' } })
  const third = await keyed.api.accepted(reads(first))
  expect((await keyed.api.post(`/api/jobs/${third}/cancel`)).body.status).toBe('cancelled')
  source.letGo()
  await keyed.api.ends(first)
})
