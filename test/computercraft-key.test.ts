import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Computer } from './computercraft/computer.ts'
import { startKeyedHub, type KeyedHub } from './keyed-hub.ts'
import { removeDirectory, temporaryDirectory } from './running-hub.ts'

let directory: string
let hub: KeyedHub

beforeAll(async () => {
  directory = await temporaryDirectory()
  hub = await startKeyedHub(join(directory, 'data'), { REELTIME_ANONYMOUS: 'none' })
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(directory)
})

test('the player plays with a key where the hub wants one, and says so where it has none', async () => {
  const clip = join(directory, 'clip.mp4')
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=64x32:rate=20:duration=1', '-pix_fmt', 'yuv420p', clip])
  const { api, secret } = await hub.holder()
  const source = await api.upload(clip)
  const play = (...words: string[]) => new Computer({ gpu: [64, 32], speed: 4 }).wgetRun(`${hub.url}/cc/player.lua`, source, ...words)
  expect(await play()).toEqual({ ok: false, problem: expect.stringContaining('takes a key with the scope submit') })
  expect(await play('--key', secret)).toEqual({ ok: true, problem: '' })
  expect((await api.list()).jobs).toHaveLength(1)
})
