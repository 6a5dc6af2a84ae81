import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { applyBatchEvent, EMPTY_BATCH, type Batch, type BatchEvent } from '../src/batches/batch.ts'
import { heldSource } from './faults/held-source.ts'
import type { HubApi } from './hub-api.ts'
import { startKeyedHub } from './keyed-hub.ts'
import { brief, makeTone, pacedFfmpeg } from './media.ts'
import { readSse } from './read-sse.ts'
import { removeDirectory, startHubProcess, startInnerHub, temporaryDirectory, untilNoProgramsBelow, type InnerHub } from './running-hub.ts'
import { SECRET, startReceiver, verify } from './webhook-receiver.ts'

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

const SETTINGS = { REELTIME_FETCH_ALLOW: '127.0.0.1' }
const SHARED = { args: ['-t', '0.1'], output_format: 'wav' }

async function start(settings: Record<string, string> = {}): Promise<InnerHub> {
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, `data-${count++}`), ...SETTINGS, ...settings })
  return hub
}

async function upload(api: HubApi, name: string): Promise<string> {
  return (await api.request(`/api/uploads/${encodeURIComponent(name)}`, { method: 'PUT', body: readFileSync(tone) })).body.source
}

async function batchOf(api: HubApi, body: object): Promise<Batch> {
  const answer = await api.post('/api/batches', body)
  expect([answer.status, answer.body.detail]).toEqual([202, undefined])
  return answer.body
}

/** The batch once it has ended, and all that its stream has told from the start. */
async function followed(api: HubApi, id: string): Promise<{ batch: Batch; events: BatchEvent[] }> {
  const { events, isWhole } = await readSse(`${api.url}/api/batches/${id}/events`)
  expect([isWhole, events.at(-1)?.type]).toEqual([true, 'end'])
  return { batch: (await api.request(`/api/batches/${id}`)).body, events: events as unknown as BatchEvent[] }
}

test('many inputs of one tool are one batch, whose stream tells what becomes of each', async () => {
  const { api } = await start()
  const names = ['one.wav', 'two.wav', 'drei Töne.wav']
  const inputs = await Promise.all(names.map((name) => upload(api, name)))
  const made = await batchOf(api, { tool: 'ffmpeg', inputs, shared: SHARED })
  expect(made.items.map(({ index, name, tool }) => [index, name, tool])).toEqual(names.map((name, index) => [index, name, 'ffmpeg']))
  const { batch, events } = await followed(api, made.id)
  expect(batch).toMatchObject({ status: 'completed', progress: 100, counts: { queued: 0, running: 0, completed: 3, failed: 0, cancelled: 0 } })
  expect(batch.items.map(({ artifacts }) => artifacts?.map(({ name }) => name))).toEqual(names.map(() => ['output.wav']))
  const { offset, ...folded } = events.reduce(applyBatchEvent, EMPTY_BATCH)
  const { offset: _, ...asked } = batch
  expect(folded).toEqual(asked)
  for (const { index } of batch.items) {
    const told = events.flatMap((event) => (event.type === 'item' && event.data.item.index === index ? [event.data.item.status] : []))
    expect([told[0], told.at(-1)]).toEqual([expect.stringMatching('running|completed'), 'completed'])
  }
  expect(await api.job(batch.items[1]!.job)).toMatchObject({ batch: { id: batch.id, index: 1 }, status: 'completed' })
  const again = await readSse(`${api.url}/api/batches/${batch.id}/events`)
  const logged = (all: readonly { id?: string | undefined }[]) => all.flatMap(({ id }) => id ?? [])
  expect(logged(again.events)).toEqual(logged(events as never))
  const ended = await fetch(`${api.url}/api/batches/${batch.id}/events`, { headers: { accept: 'text/event-stream', 'last-event-id': logged(again.events).at(-1)! } })
  expect(ended.status).toBe(204)
})

test('a batch of items that each name their tool is read over WebSocket and as a page, too', async () => {
  const { api } = await start()
  const source = await upload(api, 'a.wav')
  const made = await batchOf(api, { items: [{ tool: 'ffmpeg', input: brief(source, 0.1) }, { tool: 'audio', input: { source, format: 'flac' } }] })
  const socket = new (await import('ws')).WebSocket(`${api.url.replace('http', 'ws')}/api/batches/${made.id}/events`)
  const messages: { type: string; data: any }[] = []
  socket.on('message', (text) => void messages.push(JSON.parse(String(text))))
  const [code] = await once(socket, 'close')
  expect([code, messages[0]?.type, messages.at(-1)]).toEqual([1000, 'snapshot', expect.objectContaining({ type: 'end', data: { status: 'completed' } })])
  const { body: page } = await api.request(`/api/batches/${made.id}/events`)
  expect([page.closed, page.events.map(({ type }: { type: string }) => type)]).toEqual([true, messages.map(({ type }) => type).filter((type) => type !== 'snapshot' && type !== 'progress')])
})

test('a batch with anything wrong in it is refused whole, and told what is wrong with which', async () => {
  const { api, directory } = await start()
  const source = await upload(api, 'a.wav')
  const refusals = [
    { tool: 'ffmpeg', inputs: [source, { input_url: source, args: ['-y', 'x'] }, { input_url: 'upload:123456789012345678901' }], shared: SHARED },
    { tool: 'trim', inputs: [source, { source: 5 }] },
    { tool: 'nothing', inputs: [{}] },
    { tool: 'ffmpeg', inputs: [] },
    { tool: 'ffmpeg', inputs: Array.from({ length: 501 }, () => source) },
    { items: [{ tool: 'ffmpeg', input: brief('http://10.0.0.1/a.wav') }, { tool: 'ffmpeg', input: brief('http://10.0.0.2/b.wav') }] },
    { items: [{ tool: 'ffmpeg', input: brief(source), after: ['no such job'] }] },
    { tool: 'ffmpeg', inputs: [source], webhook: { url: 'ftp://example.com' } },
  ]
  const answers = []
  for (const body of refusals) answers.push(await api.post('/api/batches', body))
  expect(answers.map(({ status, body }) => [status, body.code, body.errors?.map(({ path }: { path: string }) => path)])).toEqual([
    [400, 'invalid_input', ['inputs[1].args[1]', 'inputs[2]']],
    [400, 'invalid_input', expect.arrayContaining(['inputs[1].source'])],
    [404, 'tool_not_found', ['inputs[0]']],
    [400, 'invalid_input', ['inputs']],
    [400, 'invalid_input', ['inputs']],
    [403, 'source_refused', ['items[0].inputs[0].source', 'items[1].inputs[0].source']],
    [404, 'job_not_found', ['items[0]']],
    [403, 'source_refused', ['webhook.url']],
  ])
  expect((await api.list()).jobs).toEqual([])
  expect(await readdir(join(directory, 'batches'))).toEqual([])
})

test('a hub that goes down while it takes a batch in has all of it or none when it is back', async () => {
  const { api, directory } = await start()
  const source = await heldSource(tone)
  const submitting = api.post('/api/batches', { tool: 'ffmpeg', inputs: Array.from({ length: 300 }, () => source.url), shared: SHARED }).catch(() => undefined)
  await vi.waitFor(async () => expect((await readdir(join(directory, 'jobs'))).length).toBeGreaterThan(20), { timeout: 30_000, interval: 5 })
  await hub!.stop()
  const answer = await submitting
  hub = await startInnerHub({ REELTIME_DATA_DIR: directory, ...SETTINGS })
  const { body: { batches } } = await hub.api.request('/api/batches')
  expect([answer?.status === 202, batches.length, (await hub.api.list('limit=500')).jobs.length]).toEqual([false, 0, 0])
  expect([await readdir(join(directory, 'jobs')), await readdir(join(directory, 'batches'))]).toEqual([[], []])
})

test('one item that fails has its error and leaves the others alone; what failed is retried, and the stream goes on', async () => {
  const { api } = await start()
  let isThere = false
  const server = createServer((_, response) => void (isThere ? response.end(readFileSync(tone)) : response.writeHead(404).end())).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const late = `http://127.0.0.1:${(server.address() as AddressInfo).port}/late.wav?token=secret`
  const made = await batchOf(api, { tool: 'ffmpeg', inputs: [await upload(api, 'a.wav'), late], shared: SHARED })
  const { batch, events } = await followed(api, made.id)
  expect(batch).toMatchObject({ status: 'failed', progress: 100, counts: { completed: 1, failed: 1 } })
  expect(batch.items[1]).toMatchObject({ name: 'late.wav', status: 'failed', error: { code: 'source_unavailable' } })
  expect(JSON.stringify(batch)).not.toContain('secret')
  isThere = true
  expect(await api.post(`/api/batches/${made.id}/retry`)).toMatchObject({ status: 202, body: { counts: { completed: 1 } } })
  const last = (events.at(-1) as unknown as { id: string }).id
  await vi.waitFor(async () => expect((await api.request(`/api/batches/${made.id}`)).body).toMatchObject({ status: 'completed', counts: { completed: 2, failed: 0 } }), { timeout: 30_000 })
  const { body: rest } = await api.request(`/api/batches/${made.id}/events?after=${last}`)
  expect(rest.events.filter(({ type }: { type: string }) => type === 'item').every(({ data }: any) => data.item.index === 1)).toBe(true)
  expect([rest.closed, rest.reset, rest.events.at(-1).data]).toEqual([true, false, { status: 'completed' }])
  expect((await api.post(`/api/batches/${made.id}/retry`)).body.code).toBe('job_active')
})

test('a batch is cancelled, and removed with its jobs and their files', async () => {
  const { api, directory } = await start({ REELTIME_CONCURRENCY: '1' })
  const source = await heldSource(tone)
  const made = await batchOf(api, { tool: 'ffmpeg', inputs: [await upload(api, 'a.wav'), source.url, source.url], shared: SHARED })
  await api.ends(made.items[0]!.job)
  const { body: cancelled } = await api.post(`/api/batches/${made.id}/cancel`)
  expect(cancelled).toMatchObject({ status: 'cancelled', counts: { completed: 1, cancelled: 2 } })
  expect((await api.request(`/api/batches/${made.id}`, { method: 'DELETE' })).status).toBe(204)
  expect((await api.request(`/api/batches/${made.id}`)).body).toMatchObject({ status: 410, code: 'job_expired' })
  expect((await api.list()).jobs).toEqual([])
  expect([await readdir(join(directory, 'jobs')), await readdir(join(directory, 'batches'))]).toEqual([[], []])
  expect((await api.request('/api/batches/1234567890123456789012')).body.code).toBe('batch_not_found')
})

test.each(['with its index', 'without'])('after kill -9 a batch goes on %s, what was not made of it is made, and its readers miss nothing', async (how) => {
  const directory = join(scratch, `data-${count++}`)
  const settings = { REELTIME_FFMPEG: pacedFfmpeg(scratch), REELTIME_CONCURRENCY: '2', ...SETTINGS }
  const before = await startHubProcess(directory, settings)
  const source = await upload(before.api, 'a.wav')
  const body = { tool: 'ffmpeg', inputs: Array.from({ length: 6 }, () => source), shared: { ...SHARED, args: ['-t', '1'] } }
  const key = { 'idempotency-key': 'once' }
  const made: Batch = (await before.api.post('/api/batches', body, key)).body
  const reading = readSse(`${before.api.url}/api/batches/${made.id}/events`)
  await before.api.ends(made.items[0]!.job)
  await vi.waitFor(async () => expect((await before.api.request(`/api/batches/${made.id}`)).body.counts.completed).toBeGreaterThan(0), { timeout: 30_000 })
  await before.end('SIGKILL')
  await untilNoProgramsBelow(directory)
  const { events: seen } = await reading
  if (how === 'without') {
    await Promise.all(['', '-wal', '-shm'].map((suffix) => rm(join(directory, `hub.sqlite${suffix}`), { force: true })))
    // As if it had gone down before this one was made.
    await rm(join(directory, 'jobs', made.items[5]!.job), { recursive: true })
  }
  const after = await startHubProcess(directory, settings)
  onTestFinished(async () => {
    await after.end('SIGKILL')
    await untilNoProgramsBelow(directory)
  })
  const lastSeen = seen.findLast(({ id }) => id !== undefined)!.id!
  const { events: rest, isWhole } = await readSse(`${after.api.url}/api/batches/${made.id}/events`, { lastEventId: lastSeen })
  expect([isWhole, rest.some(({ type }) => type === 'reset')]).toEqual([true, false])
  const { body: batch } = await after.api.request(`/api/batches/${made.id}`)
  expect(batch).toMatchObject({ status: 'completed', counts: { completed: 6 } })
  expect(batch.items.map(({ job }: { job: string }) => job)).toEqual(made.items.map(({ job }) => job))
  const { body: page } = await after.api.request(`/api/batches/${made.id}/events`)
  const offsets = [...seen, ...rest].flatMap(({ id }) => id ?? [])
  expect(offsets).toEqual(page.events.map(({ offset }: { offset: string }) => offset))
  expect((await after.api.post('/api/batches', body, key)).body.id).toBe(made.id)
  expect((await after.api.list()).jobs.length).toBe(6)
})

test('a batch is kept whole until its time is over, although some of its jobs ended long before', async () => {
  const { api, directory } = await start({ REELTIME_RETENTION_SECONDS: '1', REELTIME_CONCURRENCY: '2' })
  const source = await heldSource(tone)
  const made = await batchOf(api, { tool: 'ffmpeg', inputs: [await upload(api, 'a.wav'), source.url], shared: SHARED })
  const { expires_at: expiresAt = 0 } = await api.ends(made.items[0]!.job)
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(expiresAt), { timeout: 30_000 })
  await hub!.stop()
  hub = await startInnerHub({ REELTIME_DATA_DIR: directory, ...SETTINGS })
  const alone = await hub.api.request(`/api/jobs/${made.items[0]!.job}`)
  expect([alone.status, alone.body.status]).toEqual([200, 'completed'])
  source.letGo()
  await hub.api.ends(made.items[1]!.job)
  expect((await hub.api.download(made.items[0]!.job, 'output.wav')).status).toBe(200)
})

test('a batch is its key’s, counts as many submissions as it has jobs, and once for one Idempotency-Key', async () => {
  const keyed = await startKeyedHub(join(scratch, `data-${count++}`), { ...SETTINGS, REELTIME_SUBMITS_PER_MINUTE: '10' })
  hub = keyed
  const [one, other] = [await keyed.holder(), await keyed.holder()]
  const body = { tool: 'ffmpeg', inputs: Array.from({ length: 12 }, () => 'http://127.0.0.1:9/none.wav'), shared: SHARED }
  const made = (await one.api.post('/api/batches', body, { 'idempotency-key': 'k' })).body
  expect((await one.api.post('/api/batches', body, { 'idempotency-key': 'k' })).body.code).toBe('rate_limited')
  const answers = await Promise.all([
    other.api.post(`/api/batches/${made.id}/cancel`), other.api.request(`/api/batches/${made.id}`, { method: 'DELETE' }), other.api.request('/api/batches'),
    one.api.request('/api/batches'), other.api.request(`/api/batches/${made.id}`),
  ])
  expect(answers.map(({ body: answer }) => answer.code ?? answer.batches?.length ?? answer.id)).toEqual(['forbidden', 'forbidden', 0, 1, made.id])
  const { api: admin } = await keyed.holder({ scopes: ['admin'] })
  const { body: { batches: [listed] } } = await admin.request('/api/batches')
  expect([listed.id, listed.items, listed.counts !== undefined]).toEqual([made.id, undefined, true])
})

test('a zip of all that a batch has made has names that tell what is what, and is the same bytes from any place on', async () => {
  const { api } = await start()
  const sources = await Promise.all(['a/ton.wav', 'ton.wav', 'TON.flac', 'con.wav'].map((name) => upload(api, name)))
  const made = await batchOf(api, {
    items: [
      ...sources.map((source) => ({ tool: 'ffmpeg', input: brief(source, 0.1) })),
      { tool: 'ffmpeg', input: { inputs: [{ source: sources[0] }], outputs: ['wav', 'mp3', 'flac'].map((format) => ({ format, args: ['-t', '0.1'] })) } },
      { tool: 'ffmpeg', input: { ...brief(sources[0]!), args: ['-map', '0:v'] } },
    ],
  })
  await followed(api, made.id)
  const url = `${api.url}/api/batches/${made.id}/zip`
  const response = await fetch(url)
  const bytes = Buffer.from(await response.arrayBuffer())
  expect(Number(response.headers.get('content-length'))).toBe(bytes.length)
  expect(response.headers.get('content-disposition')).toBe(`attachment; filename="batch-${made.id}.zip"`)
  const file = join(scratch, 'batch.zip')
  await writeFile(file, bytes)
  execFileSync('unzip', ['-tqq', file])
  const names = execFileSync('unzip', ['-Z1', file], { encoding: 'utf8' }).trim().split('\n')
  expect(names).toEqual(['ton.wav', 'ton (2).wav', 'TON (3).wav', '_con.wav', 'ton/output-1.wav', 'ton/output-2.mp3', 'ton/output-3.flac'])
  expect(execFileSync('unzip', ['-p', file, 'ton/output-2.mp3'])).toEqual((await api.download(made.items[4]!.job, 'output-2.mp3')).bytes)
  const etag = response.headers.get('etag')!
  const part = await fetch(url, { headers: { range: 'bytes=1000-', 'if-range': etag } })
  expect([part.status, Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(1000))]).toEqual([206, true])
  expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304)
  const head = await fetch(url, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)])
  const ofJob = Buffer.from(await (await fetch(`${api.url}/api/jobs/${made.items[4]!.job}/zip`)).arrayBuffer())
  await writeFile(file, ofJob)
  expect(execFileSync('unzip', ['-Z1', file], { encoding: 'utf8' }).trim().split('\n')).toEqual(['output-1.wav', 'output-2.mp3', 'output-3.flac'])
  expect((await api.request(`/api/jobs/${made.items[5]!.job}/zip`)).body.code).toBe('artifact_not_found')
})

test('who breaks off a zip leaves no file open', async () => {
  const { api } = await start()
  const made = await batchOf(api, { tool: 'ffmpeg', inputs: [await upload(api, 'a.wav'), await upload(api, 'b.wav')], shared: { output_format: 'wav', args: ['-ar', '192000', '-ac', '2'] } })
  await followed(api, made.id)
  const open = async () => {
    const paths = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
    return paths.filter((path) => path.endsWith('output.wav')).length
  }
  const abort = new AbortController()
  const reader = (await fetch(`${api.url}/api/batches/${made.id}/zip`, { signal: abort.signal })).body!.getReader()
  await reader.read()
  expect(await open()).toBe(1)
  abort.abort()
  await vi.waitFor(async () => expect(await open()).toBe(0), { timeout: 30_000, interval: 20 })
})

test('a webhook of a batch is told of its end, and of its jobs where it asks for that', async () => {
  const receiver = await startReceiver()
  const { api } = await start()
  const inputs = [await upload(api, 'a.wav'), await upload(api, 'b.wav')]
  const webhook = { url: receiver.url, secret: SECRET }
  const made = await batchOf(api, { tool: 'ffmpeg', inputs, shared: SHARED, webhook })
  await receiver.gets(1)
  const { id, message } = receiver.received[0]!
  verify(receiver.received[0]!)
  expect(message).toMatchObject({ type: 'batch.completed', data: { id: made.id, status: 'completed', counts: { completed: 2 } } })
  expect(message.data['items']).toBeUndefined()
  await batchOf(api, { tool: 'ffmpeg', inputs, shared: SHARED, webhook: { ...webhook, events: ['job.completed', 'batch.completed'] } })
  const all = await receiver.gets(4)
  expect(all.slice(1).map(({ message: { type } }) => type).sort()).toEqual(['batch.completed', 'job.completed', 'job.completed'])
  expect(all.filter((one) => one.id === id).length).toBe(1)
})
