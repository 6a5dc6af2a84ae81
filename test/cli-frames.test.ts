import { execFile } from 'node:child_process'
import { watch } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HubClient } from '../src/client/index.ts'
import { Cli, closeOf, newestJob, untilStderr } from './cli-process.ts'
import { HubProcess, makeClip } from './hub-process.ts'
import { pacedFfmpeg } from './media.ts'

const FILTERS = 'fps=10,scale=64:48:force_original_aspect_ratio=decrease,pad=64:48:(ow-iw)/2:(oh-ih)/2,setsar=1'
const WANTED = ['--size', '64x48', '--fps', '10', '--fit', 'pad'] as const
const COUNT = 30
const SOUND = ['audio.dfpwm', 'audio_left.dfpwm', 'audio_right.dfpwm'] as const
let hub: HubProcess
let cli: Cli
let client: HubClient
let directory: string
let clip: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reeltime-'))
  // A job takes as long as its clip, so that something can happen meanwhile.
  hub = await HubProcess.start({ REELTIME_FFMPEG: pacedFfmpeg(directory) })
  cli = new Cli(hub.url)
  client = new HubClient({ url: hub.url })
  clip = join(directory, 'a clip.mp4')
  await makeClip(clip, COUNT / 10)
})

afterAll(async () => {
  await hub.dispose()
  await rm(directory, { recursive: true })
})

test('frames of a file are those that ffmpeg makes, with the sound beside them', async () => {
  const out = join(directory, 'frames')
  const { code, stdout, stderr } = await cli.run(['frames', clip, ...WANTED, '-o', `${out}/`])
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  expect(stderr).toMatch(/^completed in \d+:\d\d$/m)
  expect(stderr).toContain(`${COUNT} frames, `)
  expect((await readdir(out)).toSorted()).toEqual([...SOUND, ...frameNames()])
  expect(await picturesOf(join(out, 'frame_%06d.png'))).toEqual(await picturesOf(clip, ['-vf', FILTERS, '-pix_fmt', 'rgb24']))
  const { id } = await newestJob(client)
  for (const name of SOUND) {
    expect((await readFile(join(out, name))).equals(Buffer.from(await (await client.job(id).download(name)).arrayBuffer()))).toBe(true)
  }
})

test('a pack is the one that the hub serves', async () => {
  const { code } = await cli.run(['frames', clip, ...WANTED, '-o', join(directory, 'clip.pack'), '--format', 'jpeg', '-q'])
  expect(code).toBe(0)
  const served = await fetch(`${hub.url}/api/jobs/${(await newestJob(client)).id}/framepack`)
  expect((await readFile(join(directory, 'clip.pack'))).equals(Buffer.from(await served.arrayBuffer()))).toBe(true)
})

test('frames are there while the job makes more, and a hub that is killed meanwhile costs none', async () => {
  const out = join(directory, 'survivors')
  const child = cli.start(['frames', clip, ...WANTED, '-o', `${out}/`])
  const closed = closeOf(child)
  const stderr = await untilStderr(child, /^running {2}/m)
  await untilThere(directory, 'survivors')
  await untilThere(out, 'frame_000003.png')
  expect((await newestJob(client)).status).toBe('running')
  await hub.kill()
  await untilStderr(child, /connection lost/, stderr)
  await hub.start()
  expect(await closed).toBe(0)
  expect((await newestJob(client)).attempt).toBe(2)
  expect((await readdir(out)).toSorted()).toEqual([...SOUND, ...frameNames()])
  expect(await picturesOf(join(out, 'frame_%06d.png'))).toEqual(await picturesOf(clip, ['-vf', FILTERS, '-pix_fmt', 'rgb24']))
})

test('Ctrl-C cancels the job, keeps the frames that came, and ends with 130', async () => {
  const out = join(directory, 'cancelled')
  const child = cli.start(['frames', clip, ...WANTED, '-o', `${out}/`])
  const closed = closeOf(child)
  await untilThere(directory, 'cancelled')
  await untilThere(out, 'frame_000001.png')
  child.kill('SIGINT')
  expect(await closed).toBe(130)
  expect((await newestJob(client)).status).toBe('cancelled')
  const names = await readdir(out)
  expect(names.filter((name) => name.endsWith('.part'))).toEqual([])
  expect(names.length).toBeLessThan(SOUND.length + COUNT)
})

test('what is no video ends frames with 1, says why and leaves no directory', async () => {
  const text = join(directory, 'text.mp4')
  await writeFile(text, 'no media at all')
  const { code, stderr } = await cli.run(['frames', text, '-o', join(directory, 'never/')])
  expect(code).toBe(1)
  expect(stderr).toContain(`failed: ${(await newestJob(client)).error?.message}`)
  expect(await readdir(directory)).not.toContain('never')
})

test.each([
  [['--size', 'large'], /--size takes WIDTHxHEIGHT/],
  [['--size', '0x10'], /width/],
  [['--fps', 'fast'], /--fps takes a number/],
  [['--fps', '5000'], /fps/],
  [['--fit', 'crop'], /pad, contain, stretch/],
  [['--format', 'gif'], /png, jpeg, webp, raw/],
])('%j is refused with 2 before anything runs', async (words, reason) => {
  const { code, stderr } = await cli.run(['frames', clip, '-o', join(directory, 'refused/'), ...words])
  expect(code).toBe(2)
  expect(stderr).toMatch(reason)
})

function frameNames(): string[] {
  return Array.from({ length: COUNT }, (_, index) => `frame_${String(index + 1).padStart(6, '0')}.png`)
}

/** A checksum of each picture's pixels. */
async function picturesOf(input: string, args: readonly string[] = []): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ffmpeg', ['-v', 'error', '-i', input, '-map', '0:v', ...args, '-f', 'framemd5', '-'])
  return stdout.split('\n').flatMap((line) => /^\d.* ([0-9a-f]{32})$/.exec(line)?.[1] ?? [])
}

/** Resolves when something of that name is in the directory. */
async function untilThere(place: string, name: string): Promise<void> {
  const watcher = watch(place)
  const appeared = new Promise<void>((resolve) => watcher.on('change', (_, found) => found === name && resolve()))
  if (!(await readdir(place)).includes(name)) await appeared
  watcher.close()
}
