import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { JobEvent } from '../../src/jobs/job.ts'
import { brief, makeTone, pacedFfmpeg, talk } from '../media.ts'
import { HubNotStartedError, removeDirectory, startHubProcess, temporaryDirectory, type HubProcess } from '../running-hub.ts'
import { faultDirectory } from './fault-directory.ts'
import { assertInvariants } from './oracle.ts'
import { rounds } from './rounds.ts'

const BLOCKED_MS = rounds({ fast: 2500, all: 40_000 })
const BLOCK = `process.on('SIGUSR2', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${BLOCKED_MS}))`

let scratch: string
let tone: string
let dataDirectory: string
let settings: Record<string, string>
let hub: HubProcess
let source: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
  settings = { REELTIME_FFMPEG: pacedFfmpeg(scratch), REELTIME_CONCURRENCY: '4' }
})
beforeEach(async () => {
  dataDirectory = await faultDirectory()
})
afterEach(() => hub.end('SIGKILL'))
afterAll(() => removeDirectory(scratch))

async function start(more: Record<string, string> = {}): Promise<void> {
  hub = await startHubProcess(dataDirectory, { ...settings, ...more })
  source = await hub.api.upload(tone)
}

/** The numbers of all lines that come over one socket, which the hub closes at the end and not before. */
async function linesByWebSocket(id: string): Promise<{ readonly code: number; readonly lines: readonly number[] }> {
  const socket = new WebSocket(`${hub.api.url.replace('http', 'ws')}/api/jobs/${id}/events`)
  const lines: number[] = []
  socket.on('message', (message) => {
    const event = JSON.parse(String(message)) as JobEvent
    if (event.type === 'new_logs') lines.push(...event.data.lines.map(({ n }) => n))
  })
  const [code] = await once(socket, 'close')
  return { code, lines }
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

test('a hub that does nothing for longer than a command may be silent takes no job for stalled and lets no reader go (FT-18)', async () => {
  await start({ REELTIME_STALL_SECONDS: String(BLOCKED_MS / 2500), NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(BLOCK)}` })
  const id = await hub.api.accepted(talk(source, BLOCKED_MS / 1000 + 2))
  const reading = linesByWebSocket(id)
  await hub.api.runs(id)
  hub.child.kill('SIGUSR2')
  const { total_logs } = await hub.api.ends(id)
  expect(await reading).toEqual({ code: 1000, lines: upTo(total_logs) })
  expect(await hub.api.job(id)).toMatchObject({ status: 'completed', attempt: 1 })
  await assertInvariants({ hub, accepted: [id], dataDirectory })
})

test('a hub that is stopped keeps its directory and its jobs, and goes on with them when it is let go (FT-31)', async () => {
  await start()
  const id = await hub.api.accepted(talk(source, 2))
  const reading = linesByWebSocket(id)
  await hub.api.runs(id)
  hub.child.kill('SIGSTOP')
  await expect(startHubProcess(dataDirectory, settings)).rejects.toBeInstanceOf(HubNotStartedError)
  await pause(BLOCKED_MS)
  hub.child.kill('SIGCONT')
  const { total_logs } = await hub.api.ends(id)
  expect(await reading).toEqual({ code: 1000, lines: upTo(total_logs) })
  expect(await hub.api.job(id)).toMatchObject({ status: 'completed', attempt: 1 })
  await assertInvariants({ hub, accepted: [id], dataDirectory })
})

test('with every core busy the hub answers within a second, and neither stalls a job nor drops a reader (FT-17)', async () => {
  await start()
  const burning = [spawn('sh', ['-c', 'while :; do :; done']), spawn('sh', ['-c', 'while :; do :; done'])]
  try {
    const ids = await Promise.all(upTo(4).map(() => hub.api.accepted(talk(source, rounds({ fast: 3, all: 60 })))))
    const readings = ids.map(linesByWebSocket)
    const ended = Promise.all(ids.map((id) => hub.api.ends(id)))
    const tookMs: number[] = []
    for (let isOver = false; !isOver; isOver = await Promise.race([ended.then(() => true), pause(20, false)])) {
      const began = performance.now()
      await hub.api.request('/health')
      tookMs.push(performance.now() - began)
    }
    const jobs = await ended
    expect(jobs.map(({ status, attempt }) => [status, attempt])).toEqual(jobs.map(() => ['completed', 1]))
    expect(await Promise.all(readings)).toEqual(jobs.map(({ total_logs }) => ({ code: 1000, lines: upTo(total_logs) })))
    expect(tookMs.sort((a, b) => a - b)[Math.floor(tookMs.length * 0.99)]).toBeLessThan(1000)
    await assertInvariants({ hub, accepted: ids, dataDirectory })
  } finally {
    for (const child of burning) child.kill('SIGKILL')
  }
  expect((await hub.api.ends(await hub.api.accepted(brief(source, 0.1)))).status).toBe('completed')
})
