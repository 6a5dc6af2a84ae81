import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HubClient } from '../src/client/index.ts'
import { Cli, closeOf, newestJob, probe, toolLines, untilStderr } from './cli-process.ts'
import { HubProcess, makeClip } from './hub-process.ts'

/** A few seconds of work on a clip of ten. */
const SLOW = ['-c:v', 'libx264', '-preset', 'slower', '-c:a', 'aac']
let hub: HubProcess
let cli: Cli
let client: HubClient
let directory: string
let clip: string

beforeAll(async () => {
  hub = await HubProcess.start()
  cli = new Cli(hub.url)
  client = new HubClient({ url: hub.url })
  directory = await mkdtemp(join(tmpdir(), 'reeltime-'))
  clip = join(directory, 'a clip.mp4')
  await makeClip(clip, 10)
})

afterAll(async () => {
  await hub.dispose()
  await rm(directory, { recursive: true })
})

test('Ctrl-C cancels the job, waits for that, and ends with 130', async () => {
  const child = cli.start(['run', 'ffmpeg', '-i', clip, '-o', join(directory, 'cancelled.mp4'), '--', ...SLOW])
  const closed = closeOf(child)
  const stderr = await untilStderr(child, /^running {2}[1-9]/m)
  child.kill('SIGINT')
  expect(await closed).toBe(130)
  expect(stderr()).toContain('cancelling')
  expect((await newestJob(client)).status).toBe('cancelled')
  expect(await readdir(directory)).not.toContain('cancelled.mp4')
})

test('a second Ctrl-C leaves at once, though the hub does not answer', async () => {
  const child = cli.start(['run', 'ffmpeg', '-i', clip, '-o', join(directory, 'left.mp4'), '--', ...SLOW])
  const closed = closeOf(child)
  const stderr = await untilStderr(child, /^running {2}[1-9]/m)
  process.kill(hub.pid, 'SIGSTOP')
  try {
    child.kill('SIGINT')
    await untilStderr(child, /cancelling/, stderr)
    child.kill('SIGINT')
    expect(await closed).toBe(130)
  } finally {
    process.kill(hub.pid, 'SIGCONT')
  }
  await cli.run(['cancel', (await newestJob(client)).id])
})

test('with --keep Ctrl-C leaves the job running', async () => {
  const child = cli.start(['run', 'ffmpeg', '-i', clip, '-o', join(directory, 'kept.mp4'), '--keep', '--', ...SLOW])
  const closed = closeOf(child)
  const stderr = await untilStderr(child, /^running {2}[1-9]/m)
  child.kill('SIGINT')
  expect(await closed).toBe(130)
  const { id, status } = await newestJob(client)
  expect(stderr()).toContain(`reeltime watch ${id}`)
  expect(status).toBe('running')
  expect((await cli.run(['cancel', id])).stdout).toMatch(new RegExp(`^${id}  `))
  expect((await cli.run(['watch', id])).code).toBe(130)
})

describe('over kill -9 of the server', () => {
  test('run goes on and tells every line once', async () => {
    const out = join(directory, 'survivor.mp4')
    const child = cli.start(['run', 'ffmpeg', '-i', clip, '-o', out, '-v', '--', ...SLOW])
    const closed = closeOf(child)
    const stderr = await untilStderr(child, /^running {2}[1-9]/m)
    for (const attempt of [2, 3]) {
      await hub.kill()
      await untilStderr(child, /connection lost/, stderr)
      await hub.start()
      await untilStderr(child, new RegExp(`^running {2}[1-9].*attempt ${attempt}$`, 'm'), stderr)
    }
    expect(await closed).toBe(0)
    expect(probe(out).duration).toBeCloseTo(10, 0)
    const { id, attempt, total_logs } = await newestJob(client)
    expect(attempt).toBe(3)
    const told = toolLines(stderr())
    expect(told).toHaveLength(total_logs)
    expect(told).toEqual((await cli.run(['logs', id])).stdout.trimEnd().split('\n'))
  }, 120_000)

  test('a hub that stays away ends run with 3 when the patience has ended', async () => {
    const child = cli.start(['run', 'ffmpeg', '-i', clip, '-o', join(directory, 'lost.mp4'), '--wait', '1', '--', ...SLOW])
    const closed = closeOf(child)
    const stderr = await untilStderr(child, /^running {2}[1-9]/m)
    await hub.kill()
    expect(await closed).toBe(3)
    expect(stderr()).toMatch(/does not answer/)
    await hub.start()
    await cli.run(['cancel', (await newestJob(client)).id])
  })
})
