import { createHash } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import { createServer, type Server, type Socket, connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { HubClient, type JobEvent, type JobHandle, type WebSocketConstructor } from '../src/client/index.ts'
import { HubProcess, makeClip } from './hub-process.ts'

const TRANSPORTS = ['sse', 'websocket', 'poll'] as const
let hub: HubProcess
let client: HubClient
let source: string

beforeAll(async () => {
  hub = await HubProcess.start({ REELTIME_MAX_INPUT_BYTES: '20000000' })
  client = clientOf(hub.url)
  const clip = join(hub.directory, 'clip.mp4')
  await makeClip(clip, 4)
  source = (await client.upload('clip.mp4', await openAsBlob(clip))).source
})

afterAll(() => hub.dispose())

test('a job followed live by every transport tells each of them the same log, once and in order', async () => {
  const job = await submit(['-vf', 'scale=160:-2', '-preset', 'veryfast'])
  const readers = TRANSPORTS.map(() => clientOf(hub.url).job(job.id))
  const reading = readers.map((reader, index) => collect(reader, { transport: TRANSPORTS[index] ?? 'auto' }))
  const [done, ...logs] = await Promise.all([job.done(), ...reading])
  const wanted = await historyOf(job)
  expect(wanted.at(-1)).toMatchObject({ type: 'end', data: { status: 'completed' } })
  for (const log of logs) expect(log.filter(isLogged).map(withoutTime)).toEqual(wanted.map(withoutTime))
  const lines = wanted.flatMap((event) => event.type === 'new_logs' ? event.data.lines : [])
  expect(lines.map(({ n }) => n)).toEqual(lines.map((_, index) => index + 1))
  expect(lines.length).toBe(done.total_logs)
  const shown = await client.job(job.id).refresh()
  expect(done).toEqual(shown)
  for (const reader of readers) expect(reader.job).toEqual(shown)
})

test('progress rises to 100, which comes last', async () => {
  for (const transport of TRANSPORTS) {
    const job = await submit(['-vf', 'scale=320:-2'])
    const events = await collect(job, { transport })
    const progress = events.flatMap((event) => event.type === 'progress' && event.data.progress !== null ? [event.data.progress] : [])
    expect(progress.length).toBeGreaterThan(0)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    expect(job.job).toMatchObject({ status: 'completed', progress: 100 })
  }
})

test('a job that was asked for never goes back, however its log is read from the beginning', async () => {
  const { id } = await finished()
  for (const transport of TRANSPORTS) {
    const job = client.job(id)
    const shown = await job.refresh()
    for await (const _ of job.events({ transport })) expect(job.job).toEqual(shown)
    await job.retry()
    const statuses = [job.status]
    await job.done({ transport })
    for await (const _ of job.events({ transport })) expect(job.status).toBe('completed')
    await job.retry()
    for await (const _ of job.events({ transport })) if (statuses.at(-1) !== job.status) statuses.push(job.status)
    expect(statuses.filter((status) => status !== 'queued')).toEqual(['running', 'completed'])
  }
})

test('a job that has ended is told whole by every transport, from any offset of its log', async () => {
  const job = await finished()
  const wanted = (await historyOf(job)).map(({ offset }) => offset)
  for (const transport of TRANSPORTS) {
    expect((await collect(job, { transport })).filter(isLogged).map(({ offset }) => offset)).toEqual(wanted)
    for (const index of [0, Math.floor(wanted.length / 2), wanted.length - 2]) {
      const rest = await collect(client.job(job.id), { transport, after: wanted[index] ?? '' })
      expect(rest.filter(isLogged).map(({ offset }) => offset)).toEqual(wanted.slice(index + 1))
    }
    const nothing = await collect(client.job(job.id), { transport, after: wanted.at(-1) ?? '' })
    const rest = nothing.filter(({ type }) => type !== 'snapshot' && type !== 'progress')
    expect(rest).toEqual([{ type: 'end', data: { status: 'completed' } }])
    expect(await client.job(job.id).done({ transport })).toMatchObject({ status: 'completed' })
  }
})

test('an offset that means nothing here is answered with reset and the whole log', async () => {
  const job = await finished()
  const wanted = (await historyOf(job)).map(({ offset }) => offset)
  for (const transport of TRANSPORTS) {
    const reader = client.job(job.id)
    const events = await collect(reader, { transport, after: '77.123' })
    expect(events[0]?.type).toBe('reset')
    expect(events.filter(isLogged).map(({ offset }) => offset)).toEqual(wanted)
    expect(reader.job).toEqual(await client.job(job.id).refresh())
  }
})

test('types and tail narrow what comes', async () => {
  const job = await finished()
  const { total_logs } = await job.refresh()
  for (const transport of TRANSPORTS) {
    const events = await collect(job, { transport, types: ['new_logs'], tail: 3 })
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['snapshot', 'new_logs', 'end']))
    const numbers = events.flatMap((event) => event.type === 'new_logs' ? event.data.lines.map(({ n }) => n) : [])
    expect(numbers.slice(-3)).toEqual([total_logs - 2, total_logs - 1, total_logs])
    expect(numbers.length).toBeLessThan(total_logs)
  }
})

test('a job that is run again is told with both its runs, and ends when the second has', async () => {
  const job = await finished()
  const before = (await historyOf(job)).length
  expect(await job.retry()).toMatchObject({ status: 'queued' })
  const events = (await collect(job)).filter(isLogged)
  expect(events.filter(({ type }) => type === 'end')).toHaveLength(2)
  expect(events.length).toBeGreaterThan(before)
  expect(job.job).toMatchObject({ status: 'completed', attempt: 2, progress: 100 })
  expect(job.job).toEqual(await client.job(job.id).refresh())
})

for (const transport of TRANSPORTS) {
  test(`connections that break all the time cost a reader by ${transport} nothing`, async () => {
    const proxy = await BreakingProxy.start(hub.port)
    const job = await submit(['-vf', 'scale=160:-2'])
    const broken = await collect(clientOf(proxy.url).job(job.id), { transport, retryMs: 5 })
    await proxy.stop()
    expect(proxy.breaks).toBeGreaterThan(2)
    expect(broken.filter(isLogged).map(withoutTime)).toEqual((await historyOf(job)).map(withoutTime))
  })
}

test('an unknown job is a problem by every transport', async () => {
  for (const transport of TRANSPORTS) {
    const unknown = collect(client.job('V1StGXR8_Z5jdHi6B-myT'), { transport })
    await expect(unknown).rejects.toMatchObject({ name: 'HubProblem', status: 404, code: 'job_not_found' })
    const nowhere = collect(await finished(), { transport, after: 'yesterday' })
    await expect(nowhere).rejects.toMatchObject({ name: 'HubProblem', status: 400, code: 'invalid_offset' })
  }
})

test('what the hub refuses comes with the field', async () => {
  const refused = client.submit('ffmpeg', { inputs: [{ source }], outputs: [{ format: 'mp4', args: ['-i', '/etc/passwd'] }] })
  const errors = [{ path: expect.stringContaining('args[0]') as string }]
  await expect(refused).rejects.toMatchObject({ status: 403, code: 'argument_refused', errors })
})

test('the same key is the same job', async () => {
  const input = { inputs: [{ source }], outputs: [{ format: 'wav' }] }
  const first = await client.submit('ffmpeg', input, { idempotencyKey: 'once' })
  const second = await client.submit('ffmpeg', input, { idempotencyKey: 'once' })
  expect(second.id).toBe(first.id)
  expect((await first.done()).status).toBe('completed')
})

test('an upload that is too large is refused, declared or not', async () => {
  const bytes = new Uint8Array(25_000_000)
  await expect(client.upload('big', bytes)).rejects.toMatchObject({ status: 413, code: 'payload_too_large' })
  await expect(client.upload('big', new Blob([bytes]).stream())).rejects.toMatchObject({ status: 413, code: 'payload_too_large' })
})

test('a job can be listed, downloaded in part, and removed', async () => {
  const job = await finished()
  const { artifacts } = await job.refresh()
  const whole = Buffer.from(await (await job.download()).arrayBuffer())
  expect(createHash('sha256').update(whole).digest('hex')).toBe(artifacts[0]?.sha256)
  const part = await job.download(undefined, { range: 'bytes=100-199' })
  expect(part.status).toBe(206)
  expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(100, 200))
  expect((await client.jobs({ status: ['completed'], tool: 'ffmpeg' })).jobs.map(({ id }) => id)).toContain(job.id)
  const ids: string[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Awaited<ReturnType<HubClient['jobs']>> = await client.jobs({ limit: 2, ...(cursor && { cursor }) })
    ids.push(...page.jobs.map(({ id }) => id))
    cursor = page.next_cursor
  }
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toContain(job.id)
  await job.remove()
  await expect(job.refresh()).rejects.toMatchObject({ status: 410 })
})

test('tools and health tell of the hub', async () => {
  expect((await client.tools()).map(({ name }) => name)).toContain('ffmpeg')
  expect(await client.health()).toMatchObject({ status: 'ok' })
})

function clientOf(url: string): HubClient {
  return new HubClient({ url, WebSocket: WebSocket as unknown as WebSocketConstructor })
}

function submit(args: readonly string[]): Promise<JobHandle> {
  return client.submit('ffmpeg', { inputs: [{ source }], outputs: [{ format: 'mp4', args }] })
}

async function finished(): Promise<JobHandle> {
  const job = await submit(['-vf', 'scale=64:-2', '-an', '-frames:v', '20'])
  expect((await job.done()).status).toBe('completed')
  return job
}

async function collect(job: JobHandle, options: Parameters<JobHandle['events']>[0] = {}): Promise<JobEvent[]> {
  const events: JobEvent[] = []
  for await (const event of job.events(options)) events.push(event)
  return events
}

async function historyOf(job: JobHandle): Promise<JobEvent[]> {
  const events: JobEvent[] = []
  for await (const event of job.history()) events.push(event)
  return events
}

function isLogged({ offset }: JobEvent): boolean {
  return offset !== undefined
}

/** SSE does not carry the time of an event. */
function withoutTime({ at: _, ...event }: JobEvent): Omit<JobEvent, 'at'> {
  return event
}

/** Passes bytes on, and breaks connections, each after twice as many of them as the one before. */
class BreakingProxy {
  breaks = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(target: number) {
    this.#server = createServer((inside) => {
      const outside = connect(target, '127.0.0.1')
      for (const socket of [inside, outside]) {
        this.#sockets.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => this.#sockets.delete(socket))
      }
      let left = 2000 * 2 ** this.breaks
      inside.pipe(outside)
      outside.on('data', (bytes: Buffer) => {
        if (bytes.length <= left) {
          left -= bytes.length
          inside.write(bytes)
          return
        }
        this.breaks++
        inside.write(bytes.subarray(0, left), () => {
          inside.destroy()
          outside.destroy()
        })
      })
      outside.on('end', () => inside.end())
      inside.on('close', () => outside.destroy())
    })
    this.#server.listen(0, '127.0.0.1')
  }

  static async start(target: number): Promise<BreakingProxy> {
    const proxy = new BreakingProxy(target)
    await new Promise((resolve) => proxy.#server.once('listening', resolve))
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}
