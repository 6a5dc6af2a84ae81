import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findSandbox } from '../src/jobs/sandbox/ladder.ts'
import { encode, H264, picture } from './frame-media.ts'
import { brief, makeTone, pacedFfmpeg, talk } from './media.ts'
import {
  HubNotStartedError, processesWith, programsBelow, removeDirectory, startHubProcess, startInnerHub, temporaryDirectory, untilNoProgramsBelow,
} from './running-hub.ts'

const SERVER = fileURLToPath(new URL('../dist/server.js', import.meta.url))
const hasWall = (await findSandbox()).wall === 'bubblewrap'
let scratch: string
let tone: string
let withoutBwrap: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
  const path = join(scratch, 'path')
  mkdirSync(path)
  writeFileSync(join(path, 'bwrap'), '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n')
  chmodSync(join(path, 'bwrap'), 0o755)
  withoutBwrap = `${path}:${process.env['PATH']}`
})
afterAll(() => removeDirectory(scratch))

describe.skipIf(!hasWall)('where bubblewrap works (needs one that does)', () => {
  test('health and the start line say that the wall stands, and kill -9 of the hub ends what runs behind it', async () => {
    const data = join(scratch, 'killed')
    const hub = await startHubProcess(data, { REELTIME_FFMPEG: pacedFfmpeg(scratch) })
    const said = createInterface({ input: hub.child.stdout! })[Symbol.asyncIterator]()
    expect((await said.next()).value).toMatch(/^sandbox: bubblewrap: no network, no files but those of the job; seccomp; limits on /)
    expect((await hub.api.request('/health')).body.sandbox).toMatchObject({ wall: 'bubblewrap', network: 'none', filesystem: 'job', seccomp: true })
    const id = await hub.api.accepted(talk(await hub.api.upload(tone), 60))
    await hub.api.runs(id)
    const [program] = await programsBelow(data)
    expect(readFileSync(`/proc/${program}/cmdline`, 'utf8')).toMatch(/\/in\/0\0.*\/out\/output\.mp3\0$/)
    expect(readFileSync(`/proc/${program}/status`, 'utf8')).toMatch(/^CapEff:\t0+$[^]*^NoNewPrivs:\t1$[^]*^Seccomp:\t2$/m)
    await hub.end('SIGKILL')
    await untilNoProgramsBelow(data)
    while ((await processesWith(data)).length > 0) await new Promise((looked) => setTimeout(looked, 10))
  })

  test('a log names the input as ever, and no path of either side of the wall', async () => {
    const hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'log') })
    const id = await hub.api.accepted(brief(await hub.api.upload(tone)))
    await hub.api.ends(id)
    const text = (await hub.api.lines(id)).map((line) => line.text).join('\n')
    expect(text).toContain("from 'input'")
    expect(text).not.toMatch(/\/in\/0|\/out\/|reeltime-hub/)
    await hub.stop()
  })

  test('a program that takes too much memory fails its job and says which setting', async () => {
    const hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'memory'), REELTIME_MAX_MEMORY: '200000000', REELTIME_FFMPEG: pacedFfmpeg(scratch) })
    const film = encode(join(scratch, 'film.mp4'), [...picture('64x36', 20, 20), ...H264])
    const input = { input_url: await hub.api.upload(film), args: ['-vf', 'scale=3840:2160', '-c:v', 'libx264'], output_format: 'mp4' }
    const id = await hub.api.accepted(input)
    expect(await hub.api.ends(id)).toMatchObject({ status: 'failed', error: { code: 'memory_limit', hint: expect.stringContaining('REELTIME_MAX_MEMORY') } })
    await hub.stop()
  })
})

describe.skipIf(!hasWall)('where bubblewrap worked once (needs one that does)', () => {
  test('a job that was taken in behind the wall does not run without it', async () => {
    const settings = { REELTIME_DATA_DIR: join(scratch, 'once'), REELTIME_CONCURRENCY: '1', REELTIME_FFMPEG: pacedFfmpeg(scratch) }
    const before = await startInnerHub(settings)
    const source = await before.api.upload(tone)
    await before.api.runs(await before.api.accepted(talk(source, 2)))
    const id = await before.api.accepted({ input_url: source, args: ['-filter_complex', '[0:a]volume=2[a]', '-map', '[a]'], output_format: 'mp3' })
    await before.stop()
    const after = await startInnerHub({ ...settings, PATH: withoutBwrap })
    expect(await after.api.ends(id)).toMatchObject({ status: 'failed', error: { code: 'argument_refused', hint: expect.stringContaining('bubblewrap') } })
    await after.stop()
  })
})

describe('where bubblewrap may do nothing', () => {
  test('jobs run all the same, but for arguments that reach far; health says why', async () => {
    const hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'open'), PATH: withoutBwrap })
    expect((await hub.api.request('/health')).body.sandbox).toMatchObject({ wall: 'restricted', network: 'open', reason: expect.stringContaining('namespaces') })
    const source = await hub.api.upload(tone)
    expect(await hub.api.ends(await hub.api.accepted(brief(source)))).toMatchObject({ status: 'completed' })
    for (const args of [['-filter_complex', '[0:a]volume=2[a]', '-map', '[a]'], ['-c:v', 'libx264', '-x264-params', 'keyint=30'], ['-af', 'chorus=0.5:0.9:50:0.4:0.25:2']]) {
      const { status, body } = await hub.api.submit({ input_url: source, args, output_format: 'mp4' })
      expect([status, body.code, body.hint]).toEqual([403, 'argument_refused', expect.stringContaining('bubblewrap')])
    }
    await hub.stop()
  })

  test('a hub that requires it does not start, and says what is missing', async () => {
    const refused = await startHubProcess(join(scratch, 'required'), { PATH: withoutBwrap, REELTIME_SANDBOX: 'require' }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(HubNotStartedError)
    expect(refused).toMatchObject({ exitCode: 2, message: expect.stringMatching(/^reeltime: REELTIME_SANDBOX=require, and there is no sandbox: .*namespaces/) })
  })

  test('the first line tells where the hub listens, and the second what stands', async () => {
    const hub = spawn(process.execPath, [SERVER, '--port', '0', '--data-dir', join(scratch, 'lines'), '--sandbox', 'off'], {
      env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'ignore'],
    })
    const ended = once(hub, 'exit')
    const lines: string[] = []
    for await (const line of createInterface({ input: hub.stdout })) if (lines.push(line) === 2) hub.kill('SIGTERM')
    await ended
    expect(lines).toEqual([expect.stringMatching(/^reeltime is listening on http:/), expect.stringMatching(/^sandbox: (restricted|none): .*REELTIME_SANDBOX=off/)])
  })
})
