import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { encode, H264, picture, tone as soundOf } from './frame-media.ts'
import { brief, makeTone, pacedFfmpeg, talk } from './media.ts'
import { leftovers, programsBelow, removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let scratch: string
let tone: string
let hub: InnerHub | undefined
let count = 0

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
})
afterEach(() => hub?.stop())
afterAll(() => removeDirectory(scratch))

async function start(settings: Record<string, string>): Promise<InnerHub> {
  const directory = join(scratch, `data-${count++}`)
  hub = await startInnerHub({ REELTIME_DATA_DIR: directory, REELTIME_FFMPEG: pacedFfmpeg(scratch), REELTIME_CONCURRENCY: '1', ...settings })
  return hub
}

test('of a crowd exactly as many get in as there is room for, and the others are told when to come back', async () => {
  const { api } = await start({ REELTIME_MAX_WAITING: '2' })
  const source = await api.upload(tone)
  const answers = await Promise.all(Array.from({ length: 20 }, () => api.submit(talk(source, 30))))
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(3)
  for (const { status, body, headers } of answers.filter((answer) => answer.status !== 202)) {
    expect([status, body.code]).toEqual([429, 'queue_full'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  }
  const [ended] = answers.filter(({ status }) => status === 202).map(({ body }) => body.id)
  await api.post(`/api/jobs/${ended}/cancel`)
  const next = await Promise.all(Array.from({ length: 5 }, () => api.submit(talk(source, 30))))
  expect(next.filter(({ status }) => status === 202)).toHaveLength(1)
  expect((await api.post(`/api/jobs/${ended}/retry`)).body).toMatchObject({ status: 429, code: 'queue_full' })
  expect((await api.request('/health')).body.jobs).toEqual({ running: 1, waiting: 2 })
})

test('a job that waits hears on its socket how it moves up, and that it runs', async () => {
  const { api } = await start({})
  const source = await api.upload(tone)
  const running = await api.accepted(talk(source, 30))
  const before = await api.accepted(brief(source, 0.1))
  const last = await api.accepted(brief(source, 0.1))
  expect((await api.list('status=queued')).jobs.map(({ id, queue_position }) => [id, queue_position])).toEqual([[last, 2], [before, 1]])
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/api/jobs/${last}/events`)
  const told: unknown[] = []
  socket.on('message', (text) => {
    const { type, data } = JSON.parse(String(text))
    if (type === 'snapshot' || type === 'status') told.push([data.status, data.queue_position])
    if (told.length === 1) void api.post(`/api/jobs/${running}/cancel`)
  })
  const [code] = await once(socket, 'close')
  expect(code).toBe(1000)
  expect(told.filter((state, index) => JSON.stringify(state) !== JSON.stringify(told[index - 1]))).toEqual([
    ['queued', undefined], ['queued', 2], ['queued', 1], ['running', undefined], ['completed', undefined],
  ])
})

test('a job that takes too long fails with the limit and the way out, and keeps how far it came', async () => {
  const { api, directory } = await start({ REELTIME_JOB_TIMEOUT_SECONDS: '1' })
  const id = await api.accepted(talk(await api.upload(tone), 30))
  const job = await api.ends(id)
  expect(job).toMatchObject({ status: 'failed', error: { code: 'timeout', message: 'The job took longer than 1 s', hint: expect.stringContaining('REELTIME_JOB_TIMEOUT_SECONDS') } })
  expect(job.error?.log_tail.length).toBeGreaterThan(0)
  expect(job.progress).toBeGreaterThan(0)
  expect(job.progress).toBeLessThan(100)
  expect(await programsBelow(directory)).toEqual([])
  expect(await leftovers(directory)).toEqual([])
})

test('a program that falls silent is ended, and the next job runs', async () => {
  const { api, directory } = await start({ REELTIME_STALL_SECONDS: '0.8' })
  const source = await api.upload(tone)
  const id = await api.accepted(talk(source, 30))
  const next = await api.accepted(brief(source, 0.1))
  await api.runs(id)
  const [pid] = await programsBelow(directory)
  process.kill(pid!, 'SIGSTOP')
  expect(await api.ends(id)).toMatchObject({ status: 'failed', error: { code: 'stalled', message: expect.stringContaining('0.8 s') } })
  expect(await api.ends(next)).toMatchObject({ status: 'completed' })
  expect(await programsBelow(directory)).toEqual([])
})

test('a program that somebody kills is said to have been killed, and its slot is free', async () => {
  const { api, directory } = await start({})
  const source = await api.upload(tone)
  const id = await api.accepted(talk(source, 30))
  const next = await api.accepted(brief(source, 0.1))
  await api.runs(id)
  for (const pid of await programsBelow(directory)) process.kill(pid, 'SIGKILL')
  expect(await api.ends(id)).toMatchObject({ status: 'failed', error: { code: 'command_killed', signal: 'SIGKILL' } })
  expect(await api.ends(next)).toMatchObject({ status: 'completed' })
  expect(await leftovers(directory)).toEqual([])
})

test.each([
  ['ffmpeg', (source: string) => ({ input_url: source, args: ['-t', '20'], output_format: 'wav' })],
  ['video_frame', (source: string) => ({ source, width: 320, height: 180, fps: 20, format: 'raw' })],
])('a job of %s that writes more than it may fails, says which setting, and leaves nothing', async (tool, inputOf) => {
  const { api, directory } = await start({ REELTIME_MAX_OUTPUT_BYTES: '300000' })
  const film = encode(join(scratch, 'film.mkv'), [...picture('64x36', 20, 20), ...soundOf(20), ...H264])
  const { body: { id } } = await api.post('/api/jobs', { tool, input: inputOf(await api.upload(film)) })
  expect(await api.ends(id)).toMatchObject({
    status: 'failed', artifacts: [], error: { code: 'output_too_large', hint: expect.stringContaining('REELTIME_MAX_OUTPUT_BYTES') },
  })
  expect(await leftovers(directory)).toEqual([])
})
