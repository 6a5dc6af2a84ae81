import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createApp } from '../src/app.ts'
import { parseConfig } from '../src/config.ts'
import { createContext } from '../src/context.ts'
import type { Job, JobEvent } from '../src/jobs/job.ts'
import { HubApi } from './hub-api.ts'
import { startKeyedHub } from './keyed-hub.ts'
import { brief, makeTone, pacedFfmpeg, talk } from './media.ts'
import { removeDirectory, startHubProcess, startInnerHub, temporaryDirectory, type HubProcess, type InnerHub } from './running-hub.ts'

const TUS = { 'tus-resumable': '1.0.0' }

let scratch: string
let tone: Buffer
let half: number
let most: number
let directory: string
let hub: InnerHub | HubProcess

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = await readFile(makeTone(scratch))
  half = Math.floor(tone.length / 2)
  most = Math.floor(tone.length * 0.75)
})
beforeEach(async () => {
  directory = await temporaryDirectory()
})
afterEach(async () => {
  await ('stop' in hub ? hub.stop() : hub.end('SIGKILL'))
  await removeDirectory(directory)
})
afterAll(() => removeDirectory(scratch))

async function start(settings: Record<string, string> = {}): Promise<void> {
  hub = await startInnerHub({ REELTIME_DATA_DIR: directory, REELTIME_FFMPEG: pacedFfmpeg(scratch), REELTIME_FFPROBE: 'ffprobe', ...settings })
}

interface Begun {
  readonly id: string
  readonly source: string
}

/** An upload of the tone of which half has come. */
async function begin(): Promise<Begun> {
  const { body } = await hub.api.request('/files', {
    method: 'POST', headers: { ...TUS, 'upload-length': String(tone.length), 'upload-metadata': `filename ${Buffer.from('tone.wav').toString('base64')}` },
  })
  await send(body, 0, half)
  return body
}

async function send({ id }: Begun, from: number, to: number): Promise<void> {
  const headers = { ...TUS, 'content-type': 'application/offset+octet-stream', 'upload-offset': String(from) }
  expect((await hub.api.request(`/files/${id}`, { method: 'PATCH', headers, body: new Uint8Array(tone.subarray(from, to)) })).status).toBe(204)
}

const finish = (upload: Begun) => send(upload, half, tone.length)
const isHalf = ({ status, phase, bytes }: Job) => status === 'queued' && phase === 'uploading' && bytes === half

test('a job that reads an upload which still comes waits for it, says how far it is, and runs when it is whole', async () => {
  await start()
  const upload = await begin()
  const { status, body } = await hub.api.submit(brief(upload.source))
  expect([status, body]).toMatchObject([202, { status: 'queued', name: 'tone.wav', waiting_for: [{ type: 'upload' }], phase: 'uploading', progress: null, bytes: half, total_bytes: tone.length }])
  expect(body.queue_position).toBeUndefined()
  expect((await hub.api.list()).jobs[0]).toMatchObject({ status: 'queued', phase: 'uploading', total_bytes: tone.length })
  await hub.api.reaches(body.id, isHalf)
  const seen: JobEvent[] = []
  const reading = (async () => {
    for await (const event of hub.api.events(body.id)) seen.push(event)
  })()
  await send(upload, half, most)
  await hub.api.reaches(body.id, ({ bytes }) => bytes === most)
  await send(upload, most, tone.length)
  expect(await hub.api.ends(body.id)).toMatchObject({ status: 'completed', attempt: 1 })
  await reading
  const uploading = seen.flatMap((event) => (event.type === 'progress' && event.data.phase === 'uploading' ? [event.data.bytes ?? 0] : []))
  expect(uploading).toContain(most)
  expect(uploading).toEqual([...uploading].sort((a, b) => a - b))
  expect(seen.flatMap((event) => (event.type === 'status' && event.offset !== undefined ? [[event.data.status, event.data.reason]] : []))).toEqual([
    ['queued', undefined], ['queued', 'ready'], ['running', undefined], ['completed', undefined],
  ])
})

test('a job that waits for an upload keeps no worker from the others, and gets its place when the upload is whole', async () => {
  await start({ REELTIME_CONCURRENCY: '1' })
  const upload = await begin()
  const held = await hub.api.accepted(brief(upload.source, 0.2))
  const source = await hub.api.upload(join(scratch, 'tone.wav'))
  expect((await hub.api.ends(await hub.api.accepted(brief(source, 0.2)))).status).toBe('completed')
  const long = await hub.api.accepted(talk(source, 30))
  const before = await hub.api.accepted(brief(source, 0.2))
  expect([(await hub.api.job(before)).queue_position, (await hub.api.job(held)).queue_position]).toEqual([1, undefined])
  await finish(upload)
  expect(await hub.api.reaches(held, ({ queue_position }) => queue_position === 2)).not.toHaveProperty('phase')
  await hub.api.post(`/api/jobs/${long}/cancel`)
  expect([(await hub.api.ends(before)).status, (await hub.api.ends(held)).status]).toEqual(['completed', 'completed'])
})

test('a job whose upload is deleted fails and says so; one that is cancelled before is left alone', async () => {
  await start()
  const upload = await begin()
  const [failing, cancelled] = [await hub.api.accepted(brief(upload.source)), await hub.api.accepted(talk(upload.source, 1))]
  expect((await hub.api.post(`/api/jobs/${cancelled}/cancel`)).body).toMatchObject({ status: 'cancelled' })
  await hub.api.request(`/files/${upload.id}`, { method: 'DELETE', headers: TUS })
  expect(await hub.api.ends(failing)).toMatchObject({ status: 'failed', attempt: 0, error: { code: 'upload_aborted', hint: expect.any(String) as string } })
  expect((await hub.api.job(cancelled)).status).toBe('cancelled')
  const retried = await hub.api.post(`/api/jobs/${failing}/retry`)
  expect(retried.status).toBe(202)
  expect(await hub.api.ends(failing)).toMatchObject({ status: 'failed', error: { code: 'upload_aborted' } })
})

test('a job that was cancelled and is retried waits for its upload again', async () => {
  await start()
  const upload = await begin()
  const id = await hub.api.accepted(brief(upload.source))
  await hub.api.post(`/api/jobs/${id}/cancel`)
  await hub.api.post(`/api/jobs/${id}/retry`)
  await hub.api.reaches(id, isHalf)
  await finish(upload)
  expect((await hub.api.ends(id)).status).toBe('completed')
})

test('a job of two uploads waits for both', async () => {
  await start()
  const [first, second] = [await begin(), await begin()]
  const input = { inputs: [{ source: first.source }, { source: second.source }], outputs: [{ format: 'wav', args: ['-t', '0.2'] }] }
  const { body } = await hub.api.submit(input)
  expect(body).toMatchObject({ phase: 'uploading', bytes: 2 * half, total_bytes: 2 * tone.length })
  await finish(first)
  const isSecond = ({ status, phase, bytes, total_bytes }: Job) => status === 'queued' && phase === 'uploading' && bytes === half && total_bytes === tone.length
  await hub.api.reaches(body.id, isSecond)
  await finish(second)
  expect((await hub.api.ends(body.id)).status).toBe('completed')
})

test('a job whose upload expires fails and says so', async () => {
  const context = await createContext(parseConfig({ REELTIME_DATA_DIR: directory, PATH: process.env['PATH'] }), { info: () => undefined, error: () => undefined })
  const server = serve({ fetch: createApp(context).fetch, port: 0, hostname: '127.0.0.1' })
  await once(server, 'listening')
  hub = { api: new HubApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), stop: async () => {
    await context.pool.stop({ drainMs: 0 })
    server.close()
    await context.close()
  } } as InnerHub
  const upload = await begin()
  const id = await hub.api.accepted(brief(upload.source))
  await context.retention.sweep(Date.now() + context.config.retentionMs - 60_000)
  expect(await hub.api.job(id)).toMatchObject({ status: 'queued', phase: 'uploading' })
  await context.retention.sweep(Date.now() + context.config.retentionMs + 1000)
  expect(await hub.api.ends(id)).toMatchObject({ status: 'failed', error: { code: 'upload_expired', message: expect.stringContaining('expired') as string } })
})

test('after kill -9 the upload has what was told, its job waits on, and both go on', async () => {
  hub = await startHubProcess(directory, { REELTIME_FFMPEG: pacedFfmpeg(scratch), REELTIME_FFPROBE: 'ffprobe' })
  const upload = await begin()
  const id = await hub.api.accepted(brief(upload.source))
  await hub.end('SIGKILL')
  hub = await startHubProcess(directory, { REELTIME_FFMPEG: pacedFfmpeg(scratch), REELTIME_FFPROBE: 'ffprobe' })
  const head = await fetch(`${hub.api.url}/files/${upload.id}`, { method: 'HEAD', headers: TUS })
  expect(head.headers.get('upload-offset')).toBe(String(half))
  expect(await hub.api.job(id)).toMatchObject({ status: 'queued', phase: 'uploading', bytes: half })
  await finish(upload)
  expect(await hub.api.ends(id)).toMatchObject({ status: 'completed', attempt: 1 })
})

test('a job that waits for an upload is cancelled with the key that submitted it', async () => {
  const keyed = await startKeyedHub(directory)
  hub = keyed
  const upload = await begin()
  const holder = await keyed.holder()
  const id = await holder.api.accepted(brief(upload.source))
  await keyed.revoke(holder.id)
  expect(await hub.api.ends(id)).toMatchObject({ status: 'cancelled', error: { code: 'key_revoked' } })
})
