import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Computer, type ComputerOptions, StuckProgramError } from './computercraft/computer.ts'
import { framesOf, numbersShown } from './computercraft/frames-shown.ts'
import { type SocketlessHub, withoutSockets } from './computercraft/socketless-hub.ts'
import type { HubApi } from './hub-api.ts'
import {
  programsBelow, removeDirectory, startHubProcess, startInnerHub, temporaryDirectory, untilNoProgramsBelow, type HubProcess, type InnerHub,
} from './running-hub.ts'

const SIZE = [128, 64] as const
const FRAMES = 240

let directory: string
let clip: string
let hub: InnerHub
const opened: { stop(): Promise<void> }[] = []

beforeAll(async () => {
  directory = await temporaryDirectory()
  clip = join(directory, 'clip.mp4')
  execFileSync('ffmpeg', [
    '-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=128x64:rate=20:duration=12', '-f', 'lavfi', '-i', 'sine=frequency=440:duration=12',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', clip,
  ])
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(directory, 'data'), ...paced(6) })
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop()
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(directory)
})

/** With an ffmpeg that goes so many times as fast as the clip plays, and no faster. */
function paced(rate: number): { readonly REELTIME_FFMPEG: string } {
  const program = join(directory, `paced-ffmpeg-${rate}`)
  writeFileSync(program, `#!/bin/sh\nexec ffmpeg -readrate ${rate} "$@"\n`)
  chmodSync(program, 0o755)
  return { REELTIME_FFMPEG: program }
}

function attached(more: ComputerOptions = {}): Computer {
  return new Computer({ gpu: SIZE, speakers: ['left'], speed: 4, ...more })
}

async function opening(starting: Promise<SocketlessHub>): Promise<string> {
  const started = await starting
  opened.push(started)
  return started.url
}

const newestJob = async (api: HubApi) => (await api.list('limit=1')).jobs[0]!
const isSocket = (path: string) => /\/api\/jobs\/[^/]+\/(events|frames)\?/.test(path)
const froms = ({ network }: Computer) => network.paths.flatMap((path) => (/\/frames\?from=(\d+)&/.exec(path) ?? []).slice(1).map(Number))

function expectInOrder(numbers: readonly number[], { first, last }: { readonly first: number; readonly last: number }): void {
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
  expect([numbers[0], numbers.at(-1)]).toEqual([first, last])
}

test('goes on with the next frame when the hub is killed in the middle of the job and comes back', async () => {
  const place = join(directory, 'restarted')
  // Slow enough that a busy machine too sees the tenth frame long before the last is made.
  const settings = paced(3)
  let running: HubProcess = await startHubProcess(place, settings)
  const port = new URL(running.api.url).port
  opened.push({ stop: async () => void (await running.end('SIGKILL'), await untilNoProgramsBelow(place)) })
  const computer = attached()
  let restarted: Promise<void> | undefined
  let shownThen = 0
  computer.onShown = (count) => {
    if (count !== 10) return
    restarted = (async () => {
      await running.end('SIGKILL')
      shownThen = computer.shown.length
      await untilNoProgramsBelow(place)
      running = await startHubProcess(place, { ...settings, PORT: port })
    })()
  }
  const ended = await computer.wgetRun(`${running.api.url}/cc/player.lua`, await running.api.upload(clip))
  await restarted
  expect(ended).toEqual({ ok: true, problem: '' })
  const { id, attempt } = await newestJob(running.api)
  expect(attempt).toBe(2)
  expectInOrder(await numbersShown(computer, { hub: running.api.url, id }), { first: 1, last: FRAMES })
  expect(computer.shown.length).toBeGreaterThan(shownThen + 50)
  expect(new Set(froms(computer)).size).toBe(2)
  expect(froms(computer).at(-1)).toBeGreaterThan(10)
  const { bytes } = await running.api.download(id, 'audio.dfpwm')
  expect(computer.speakers.get('left')!.dfpwm.equals(bytes)).toBe(true)
})

test.each([
  ['pushed', true],
  ['asked for', false],
])('says why and ends when the job fails behind its first frames, %s', async (_, socketsAllowed) => {
  const computer = attached({ socketsAllowed })
  computer.onShown = async (count) => {
    if (count === 5) for (const pid of await programsBelow(hub.directory)) process.kill(pid, 'SIGKILL')
  }
  const { ok, problem } = await computer.wgetRun(`${hub.url}/cc/player.lua`, await hub.api.upload(clip), '--loop')
  expect(ok).toBe(false)
  expect(problem).toMatch(/^The job failed: .*SIGKILL/)
  const { id, status } = await newestJob(hub.api)
  expect(status).toBe('failed')
  const made = (await framesOf(hub.url, id)).length
  expect(made).toBeLessThan(FRAMES)
  expectInOrder(await numbersShown(computer, { hub: hub.url, id }), { first: 1, last: made })
  expect(computer.speakers.get('left')!.heardSeconds).toBeLessThan(11)
})

test('asks for packs and polls where the Upgrade is refused, and stops trying', async () => {
  const url = await opening(withoutSockets(hub.url))
  const computer = attached()
  expect(await computer.wgetRun(`${url}/cc/player.lua`, await hub.api.upload(clip))).toEqual({ ok: true, problem: '' })
  expectInOrder(await numbersShown(computer, { hub: hub.url, id: (await newestJob(hub.api)).id }), { first: 1, last: FRAMES })
  expect(computer.network.paths.filter(isSocket).length).toBeLessThanOrEqual(4)
})

test('waits for sound that a job which is done over has still to make again', async () => {
  let refused = 0
  const url = await opening(withoutSockets(hub.url, ({ url: path = '' }, outgoing) => {
    if (!/^\/api\/jobs\/[^/]+\/artifacts\//.test(path) || refused === 2) return false
    refused++
    outgoing.writeHead(404).end(JSON.stringify({ message: 'There is no such file' }))
    return true
  }))
  const computer = attached()
  expect(await computer.wgetRun(`${url}/cc/player.lua`, await hub.api.upload(clip))).toEqual({ ok: true, problem: '' })
  const { bytes } = await hub.api.download((await newestJob(hub.api)).id, 'audio.dfpwm')
  expect(computer.speakers.get('left')!.dfpwm.equals(bytes)).toBe(true)
  expect(refused).toBe(2)
})

test('gives up on frames that never come, after ever longer pauses, and says so', async () => {
  const asked: number[] = []
  const url = await opening(withoutSockets(hub.url, ({ url: path = '' }, outgoing) => {
    if (path.startsWith('/api/jobs/stuck?')) {
      outgoing.end(JSON.stringify({ status: 'running', progress: 40, result: { current_frames: 60, total_frames: 100, fps: 20 } }))
    } else if (path.startsWith('/api/framepack')) {
      asked.push(performance.now())
      outgoing.writeHead(503).end(JSON.stringify({ message: 'Frame 10 is not there yet, 0 are', hint: 'Ask again in a moment' }))
    } else return false
    return true
  }))
  const { ok, problem } = await attached({ speed: 40 }).wgetRun(`${url}/cc/player.lua`, 'stuck')
  expect(ok).toBe(false)
  expect(problem).toBe('The job does not move: no frame has come for 120 s. Frame 10 is not there yet, 0 are')
  expect(asked.length).toBeGreaterThan(10)
  expect(asked.length).toBeLessThan(35)
  const pauses = asked.slice(1).map((at, index) => at - asked[index]!)
  expect(Math.min(...pauses.slice(-3))).toBeGreaterThan(3 * Math.min(...pauses.slice(0, 2)))
})

test('plays from where --start says, picture and sound', async () => {
  const input = { source: await hub.api.upload(clip), width: SIZE[0], height: SIZE[1], fps: 20 }
  const { body } = await hub.api.post('/api/jobs', { tool: 'video_frame', input })
  await hub.api.ends(body.id)
  const computer = attached()
  expect(await computer.wgetRun(`${hub.url}/cc/player.lua`, body.id, '--start', '8')).toEqual({ ok: true, problem: '' })
  expectInOrder(await numbersShown(computer, { hub: hub.url, id: body.id }), { first: 161, last: FRAMES })
  expect(froms(computer)).toEqual([161])
  const { bytes } = await hub.api.download(body.id, 'audio.dfpwm')
  expect(computer.speakers.get('left')!.dfpwm.equals(bytes.subarray(8 * 6000))).toBe(true)

  const late = await attached().wgetRun(`${hub.url}/cc/player.lua`, body.id, '--start', '60')
  expect(late).toEqual({ ok: false, problem: '--start 60 is behind the end: the video has 12.0 s' })
})

test('a program that does not end is told with its screen and what it asked for', async () => {
  const url = await opening(withoutSockets(hub.url, ({ url: path }, outgoing) => {
    if (path !== '/waits.lua') return false
    outgoing.end("term.write('waiting for Godot') while true do os.pullEvent('never') end")
    return true
  }))
  const error = await attached({ limitSeconds: 1 }).wgetRun(`${url}/waits.lua`).catch((problem: unknown) => problem)
  expect(error).toBeInstanceOf(StuckProgramError)
  expect((error as Error).message).toMatch(/waiting for Godot[^]*\/waits\.lua/)
})
