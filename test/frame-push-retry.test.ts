import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { PushReader } from './push-reader.ts'
import { type InnerHub, removeDirectory, startInnerHub, temporaryDirectory } from './running-hub.ts'

const FRAMES = 30

let directory: string
let hub: InnerHub
let source: string
let id: string
let failed: PushReader
let held: PushReader

/** The real ffmpeg, which fails at its end or turns the colours round where a file says so. */
function moodyFfmpeg(): string {
  const file = join(directory, 'moody-ffmpeg')
  writeFileSync(file, `#!/bin/sh
case "$*" in *image2pipe*) ;; *) exec ffmpeg "$@" ;; esac
if [ -e '${directory}/fails' ]; then
  ffmpeg "$@"
  exit 7
fi
if [ -e '${directory}/negates' ]; then
  for argument; do
    shift
    case "$argument" in *fps=*) argument="$argument,negate" ;; esac
    set -- "$@" "$argument"
  done
fi
exec ffmpeg "$@"
`)
  chmodSync(file, 0o755)
  return file
}

const mood = (name: 'fails' | 'negates') => writeFileSync(join(directory, name), '')

beforeAll(async () => {
  directory = await temporaryDirectory()
  const clip = join(directory, 'clip.mp4')
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `testsrc=size=160x90:rate=10:duration=${FRAMES / 10}`, clip])
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(directory, 'data'), REELTIME_FFMPEG: moodyFfmpeg(), REELTIME_SANDBOX: 'off' })
  source = await hub.api.upload(clip)
})

afterAll(async () => {
  await hub.stop()
  await removeDirectory(directory)
})

beforeEach(async () => {
  for (const name of ['fails', 'negates']) rmSync(join(directory, name), { force: true })
  mood('fails')
  const { body } = await hub.api.post('/api/jobs', { tool: 'video_frame', input: { source, fps: 10, sound: false } })
  id = body.id
  const url = `${hub.url.replace('http', 'ws')}/api/jobs/${id}/frames`
  failed = new PushReader(url)
  held = new PushReader(`${url}?credit=5`)
  await held.sees(5)
  await hub.api.ends(id)
  rmSync(join(directory, 'fails'))
})

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

async function retryToTheEnd(): Promise<void> {
  await hub.api.post(`/api/jobs/${id}/retry`)
  expect(await hub.api.ends(id)).toMatchObject({ status: 'completed', attempt: 2 })
}

test('who has all frames of a job that fails is told why; who still has some to come sees nothing of the retry', async () => {
  expect((await hub.api.job(id)).result['current_frames']).toBe(FRAMES)
  expect(await failed.closed).toEqual([1000, 'end'])
  const { error } = await hub.api.job(id)
  expect(error).toMatchObject({ code: 'command_failed', message: 'moody-ffmpeg ended with exit code 7' })
  const data = { code: error!.code, message: error!.message, ...(error!.hint !== undefined && { hint: error!.hint }) }
  expect([failed.numbers, failed.said]).toEqual([upTo(FRAMES), [{ type: 'error', status: 'failed', frames: FRAMES, data }]])
  await retryToTheEnd()
  held.say({ op: 'credit', frames: FRAMES })
  expect(await held.closed).toEqual([1000, 'end'])
  expect([held.numbers, held.said]).toEqual([upTo(FRAMES), [{ type: 'end', frames: FRAMES }]])
  for (const number of upTo(FRAMES)) expect(held.frames.get(number)?.equals(failed.frames.get(number)!)).toBe(true)
})

test('a retry that makes other pictures closes with 1011, and who comes back gets those from the first on', async () => {
  const before = (await failed.closed, failed.frames)
  mood('negates')
  await retryToTheEnd()
  held.say({ op: 'credit', frames: FRAMES })
  expect(await held.closed).toEqual([1011, 'The frames are being made anew and come out differently; come back'])
  expect(held.numbers).toEqual(upTo(5))
  const again = new PushReader(`${hub.url.replace('http', 'ws')}/api/jobs/${id}/frames`)
  expect(await again.closed).toEqual([1000, 'end'])
  expect(again.numbers).toEqual(upTo(FRAMES))
  expect(again.frames.get(1)?.equals(before.get(1)!)).toBe(false)
})
