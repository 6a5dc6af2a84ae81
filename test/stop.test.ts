import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { brief, makeTone, pacedFfmpeg, talk } from './media.ts'
import { HubNotStartedError, leftovers, programsBelow, removeDirectory, startHubProcess, temporaryDirectory, untilNoProgramsBelow, type HubProcess } from './running-hub.ts'

let directory: string
let data: string
let settings: Record<string, string>
let hub: HubProcess
let source: string

beforeEach(async () => {
  directory = await temporaryDirectory()
  data = join(directory, 'data')
  settings = { REELTIME_FFMPEG: pacedFfmpeg(directory), REELTIME_CONCURRENCY: '1' }
  hub = await startHubProcess(data, settings)
  source = await hub.api.upload(makeTone(directory))
})
afterEach(async () => {
  await hub.end('SIGKILL')
  await removeDirectory(directory)
})

async function restart(more: Record<string, string> = {}): Promise<void> {
  hub = await startHubProcess(data, { ...settings, ...more })
}

async function untilStopping(): Promise<void> {
  for (;;) if ((await hub.api.request('/health')).body.problems.includes('the hub is going down')) return
}

test('after SIGTERM nothing new is taken, what runs ends, what waits waits, and the exit is 0', async () => {
  const running = await hub.api.accepted(talk(source, 2))
  const waiting = await hub.api.accepted(brief(source, 0.2))
  const ended = await hub.api.accepted(brief(source, 0.2))
  await hub.api.post(`/api/jobs/${ended}/cancel`)
  await hub.api.runs(running)
  const socket = new WebSocket(`${hub.api.url.replace('http', 'ws')}/api/ws`)
  await once(socket, 'open')
  const closed = once(socket, 'close')
  hub.child.kill('SIGTERM')
  await untilStopping()
  for (const refused of [await hub.api.submit(brief(source)), await hub.api.post(`/api/jobs/${ended}/retry`)]) {
    expect(refused.body).toMatchObject({ status: 503, code: 'shutting_down' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  }
  expect((await closed)[0]).toBe(1001)
  expect(await hub.exited).toBe(0)
  await restart()
  expect(await hub.api.job(running)).toMatchObject({ status: 'completed', attempt: 1 })
  expect(await hub.api.ends(waiting)).toMatchObject({ status: 'completed', attempt: 1 })
})

test('what does not end in time goes back to the queue, without its files, and completes after the restart', async () => {
  await hub.end('SIGKILL')
  await restart({ REELTIME_DRAIN_SECONDS: '0.2' })
  const running = await hub.api.accepted(talk(source, 1.5))
  const waiting = await hub.api.accepted(brief(source, 0.2))
  await hub.api.runs(running)
  expect(await hub.end('SIGTERM')).toBe(0)
  expect(await programsBelow(data)).toEqual([])
  expect(await leftovers(data)).toEqual([])
  await restart()
  expect(await hub.api.ends(running)).toMatchObject({ status: 'completed', attempt: 2 })
  expect(await hub.api.ends(waiting)).toMatchObject({ status: 'completed', attempt: 1 })
  const { body } = await hub.api.request(`/api/jobs/${running}/events?types=status`)
  const statuses = body.events.flatMap(({ type, data }: { type: string; data: { status: string; reason?: string } }) => (type === 'status' ? [[data.status, data.reason]] : []))
  expect(statuses.slice(1, 3)).toEqual([['running', undefined], ['queued', 'hub_stopped']])
})

test('a job that is cancelled while the hub puts it back stays cancelled', async () => {
  await hub.end('SIGKILL')
  await restart({ REELTIME_DRAIN_SECONDS: '0' })
  const ids = [await hub.api.accepted(talk(source, 30)), await hub.api.accepted(talk(source, 30))]
  await hub.api.runs(ids[0]!)
  // Stopped, it needs to be killed, and the job is on its way back for two seconds.
  for (const pid of await programsBelow(data)) process.kill(pid, 'SIGSTOP')
  hub.child.kill('SIGTERM')
  await untilStopping()
  const answers = await Promise.all(ids.map((id) => hub.api.post(`/api/jobs/${id}/cancel`)))
  expect(answers.map(({ body }) => body.status)).toEqual(['cancelled', 'cancelled'])
})

test('a second signal ends it at once, and what it runs', async () => {
  await hub.api.runs(await hub.api.accepted(talk(source, 30)))
  hub.child.kill('SIGTERM')
  await untilStopping()
  const signalledAt = performance.now()
  hub.child.kill('SIGTERM')
  expect(await hub.exited).toBe(1)
  expect(performance.now() - signalledAt).toBeLessThan(1000)
  await untilNoProgramsBelow(data)
})

test('a program that ignores everything holds the hub up no longer than five seconds beyond the drain time', async () => {
  await hub.end('SIGKILL')
  await restart({ REELTIME_DRAIN_SECONDS: '0' })
  const id = await hub.api.accepted(talk(source, 30))
  await hub.api.runs(id)
  for (const pid of await programsBelow(data)) process.kill(pid, 'SIGSTOP')
  const signalledAt = performance.now()
  expect(await hub.end('SIGTERM')).toBe(0)
  expect(performance.now() - signalledAt).toBeLessThan(5000)
  await untilNoProgramsBelow(data)
})

test('readers are let go without an end, and told when to come back', async () => {
  await hub.end('SIGKILL')
  await restart({ REELTIME_DRAIN_SECONDS: '0.2' })
  const id = await hub.api.accepted(talk(source, 30))
  await hub.api.runs(id)
  const events = await fetch(`${hub.api.url}/api/jobs/${id}/events`, { headers: { accept: 'text/event-stream' } })
  const polled = hub.api.request(`/api/jobs/${id}/events?after=now&wait=60&types=end`).catch((error: unknown) => error)
  hub.child.kill('SIGTERM')
  const told = await events.text()
  expect(told).toMatch(/^retry: [12]\d{3}\n/)
  expect(told).not.toContain('event: end')
  expect(await polled).toMatchObject({ status: 200, body: { closed: false } })
  expect(await hub.exited).toBe(0)
})

test('a promise that fails unnoticed is told to the operator, and ends nothing', async () => {
  await hub.end('SIGKILL')
  const failing = encodeURIComponent("process.on('SIGUSR2', () => void Promise.reject(new TypeError('unnoticed')))")
  await restart({ NODE_OPTIONS: `--import=data:text/javascript,${failing}` })
  const id = await hub.api.accepted(talk(source, 1))
  await hub.api.runs(id)
  hub.child.kill('SIGUSR2')
  expect(await hub.api.ends(id)).toMatchObject({ status: 'completed', attempt: 1 })
  expect(hub.complaints.join('\n')).toMatch(/hub\.unhandled_rejection.*unnoticed/)
})

test('a second hub stays off a data directory in use, and the first does not notice', async () => {
  const id = await hub.api.accepted(talk(source, 1))
  const second = await startHubProcess(data, settings).catch((error: unknown) => error)
  expect(second).toBeInstanceOf(HubNotStartedError)
  expect(second).toMatchObject({ exitCode: 2, message: expect.stringContaining('Another hub works on the data directory') })
  expect(await hub.api.ends(id)).toMatchObject({ status: 'completed', attempt: 1 })
})

test('a port that is taken and settings that cannot be are told in one line, without a stack', async () => {
  const port = new URL(hub.api.url).port
  const refused = async (more: Record<string, string>) => startHubProcess(join(directory, 'other'), more).catch((error: unknown) => error)
  const taken = await refused({ PORT: port })
  expect(taken).toMatchObject({ exitCode: 2, message: expect.stringMatching(new RegExp(`^reeltime: Port ${port} is taken\n {2}Choose another`)) })
  const wrong = await refused({ REELTIME_CONCURRENCY: 'many', REELTIME_TRUSTED_PROXIES: 'proxy' })
  expect(wrong).toMatchObject({ exitCode: 2, message: expect.stringContaining('REELTIME_CONCURRENCY takes a number') })
  expect(await refused({ REELTIME_TRUSTED_PROXIES: 'proxy' })).toMatchObject({ exitCode: 2, message: expect.stringContaining('REELTIME_TRUSTED_PROXIES') })
  expect(await refused({ HOST: '203.0.113.7', REELTIME_ANONYMOUS: 'submit' })).toMatchObject({ exitCode: 2, message: expect.stringContaining('no address of this machine') })
})
