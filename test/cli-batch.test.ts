import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BatchEvent, HubClient } from '../src/client/index.ts'
import { Cli, CLI, closeOf, untilStderr } from './cli-process.ts'
import { HubProcess, makeClip } from './hub-process.ts'

/** Of util-linux: runs a command on a terminal of its own. */
const SCRIPT = '/usr/bin/script'
const SLOW = ['-f', 'mp4', '--', '-c:v', 'libx264', '-preset', 'slower']
let hub: HubProcess
let cli: Cli
let client: HubClient
let directory: string
let one: string
let two: string
let noise: string

beforeAll(async () => {
  hub = await HubProcess.start()
  cli = new Cli(hub.url)
  client = new HubClient({ url: hub.url })
  directory = await mkdtemp(join(tmpdir(), 'reeltime-'))
  one = join(directory, 'one.mp4')
  two = join(directory, 'zwei 二.mp4')
  noise = join(directory, 'noise.mp4')
  await makeClip(one, 4)
  await copyFile(one, two)
  await writeFile(noise, 'no media at all')
})

afterAll(async () => {
  await hub.dispose()
  await rm(directory, { recursive: true })
})

async function newestBatch(): Promise<string> {
  const answer = await fetch(`${hub.url}/api/batches?limit=1`)
  return (await answer.json() as { batches: { id: string }[] }).batches[0]!.id
}

test('batch sends files, tells of each that ends, and puts what comes out into a folder and an archive', async () => {
  const [folder, zip] = [join(directory, 'songs'), join(directory, 'songs.zip')]
  const { code, stdout, stderr } = await cli.run(['batch', 'audio', one, two, '--format', 'mp3', '--channels', 'mono', '-o', folder, '--zip', zip])
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  expect((await readdir(folder)).sort()).toEqual(['one.mp3', 'zwei 二.mp3'])
  expect(execFileSync('unzip', ['-p', zip, 'one.mp3'])).toEqual(await readFile(join(folder, 'one.mp3')))
  expect(await readdir(directory)).not.toContain('songs.zip.part')
  expect(stderr).toMatch(/^upload .*file 1 of 2/m)
  expect(stderr).toMatch(/^[12] of 2 {2}one\.mp4 completed in 0:0\d$/m)
  expect(stderr).toMatch(/^2 of 2 completed in 0:\d\d$/m)
  const { stdout: archive } = await cli.run(['batch', 'audio', '-i', one, '-f', 'wav', '-q', '--zip', '-'])
  expect(archive).toMatch(/^PK/)
})

test('an item that fails ends batch with 1, which says which and why; the others are saved, and what failed is run again', async () => {
  const folder = join(directory, 'waves')
  const { code, stderr } = await cli.run(['batch', 'ffmpeg', one, noise, '-f', 'wav', '-o', folder, '--', '-t', '1'])
  expect([code, await readdir(folder)]).toEqual([1, ['one.wav']])
  const id = await newestBatch()
  const { items: [, failed] } = await client.batch(id).refresh()
  expect(stderr).toMatch(/^[12] of 2 {2}noise\.mp4 failed$/m)
  expect(stderr).toMatch(/^1 of 2 completed, 1 failed in 0:\d\d$/m)
  expect(stderr).toContain(`noise.mp4 failed: ${failed!.error!.message}`)
  expect(stderr).toContain(`reeltime logs ${failed!.job}`)
  expect((await cli.run(['retry', id])).stdout).toMatch(new RegExp(`^${id}  (queued|running)\n`))
  const watched = await cli.run(['watch', id])
  expect([watched.code, watched.stderr]).toEqual([1, expect.stringContaining('noise.mp4 failed: ')])
  const quiet = await cli.run(['batch', 'ffmpeg', noise, '-q', '-f', 'wav'])
  expect([quiet.code, quiet.stderr]).toEqual([1, expect.stringMatching(/^noise\.mp4 failed: /)])
})

test('a detached batch is watched, fetched and removed by its id', async () => {
  const id = (await cli.run(['batch', 'thumbnails', one, two, '--count', '2', '--width', '32', '--detach'])).stdout.trim()
  expect(await cli.run(['watch', id])).toMatchObject({ code: 0, stdout: '' })
  const folder = join(directory, 'pictures')
  expect((await cli.run(['get', id, '-o', folder])).code).toBe(0)
  expect((await readdir(folder, { recursive: true })).sort()).toEqual(['one', 'one/thumbnail_001.jpg', 'one/thumbnail_002.jpg', 'zwei 二', 'zwei 二/thumbnail_001.jpg', 'zwei 二/thumbnail_002.jpg'])
  const zip = join(directory, 'pictures.zip')
  expect((await cli.run(['get', id, '-o', zip])).code).toBe(0)
  execFileSync('unzip', ['-tqq', zip])
  expect((await cli.run(['rm', id])).stdout).toBe(`${id}  removed\n`)
  expect((await cli.run(['watch', id])).code).toBe(2)
  expect((await cli.run(['get', '1234567890123456789012'])).stderr).toContain('no job')
})

test('batch --json is every event of its log, one on each line, and nothing else; without a place the addresses are printed', async () => {
  const { code, stdout, stderr } = await cli.run(['batch', 'waveform', one, two, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const events = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as BatchEvent)
  const { events: logged } = await (await fetch(`${hub.url}/api/batches/${await newestBatch()}/events`)).json() as { events: BatchEvent[] }
  expect(events.flatMap(({ offset }) => offset ?? [])).toEqual(logged.map(({ offset }) => offset))
  const whole = await cli.run(['batch', 'waveform', '--input', JSON.stringify({ source: (await client.upload('c', await readFile(one) as Uint8Array<ArrayBuffer>)).source })])
  const { items: [item] } = await client.batch(await newestBatch()).refresh()
  expect([whole.code, whole.stdout]).toEqual([0, `${hub.url}${item!.artifacts![0]!.url}\n`])
})

test('Ctrl-C cancels all of a batch and ends with 130; with --keep it goes on', async () => {
  for (const keep of [[], ['--keep']]) {
    const child = cli.start(['batch', 'ffmpeg', one, two, one, ...keep, ...SLOW])
    const closed = closeOf(child)
    const stderr = await untilStderr(child, /^running {2}[1-9].*one\.mp4/m)
    child.kill('SIGINT')
    expect(await closed).toBe(130)
    const id = await newestBatch()
    const { status, counts } = await client.batch(id).refresh()
    if (keep.length > 0) expect([status, stderr()]).toEqual(['running', expect.stringContaining(`reeltime watch ${id}`)])
    else expect([status, counts.cancelled > 0, counts.running + counts.queued]).toEqual(['cancelled', true, 0])
    expect((await cli.run(['cancel', id])).stdout).toContain(id)
  }
})

test.skipIf(!existsSync(SCRIPT))('on a terminal one bar for all is painted over, with how far each is that runs', async () => {
  const words = [process.execPath, CLI, 'batch', 'ffmpeg', one, two, ...SLOW]
  const command = words.map((word) => `'${word}'`).join(' ')
  const { stdout } = await promisify(execFile)(SCRIPT, ['-qec', `stty cols 100; ${command}`, '/dev/null'], { env: cli.environment({ TERM: 'xterm', LANG: 'C.UTF-8' }) })
  expect(stdout).toMatch(/\r\x1b\[2Krunning {5}\x1b\[36m[█▏▎▍▌▋▊▉]+░*\x1b\[0m +\d+\.\d% {2}[01] of 2 {2}(one|zwei 二)\.mp4 \d+%/)
  expect(stdout).toMatch(/\r\x1b\[2K2 of 2 completed in 0:\d\d\r\n/)
  expect(stdout.split(/[\r\n]+/).filter((line) => !line.startsWith('http')).every((line) => line.replace(/\x1b\[[\d;]*[mK]/g, '').length < 100)).toBe(true)
})

test('batch goes on over kill -9 of the hub', async () => {
  const child = cli.start(['batch', 'ffmpeg', one, two, '-o', join(directory, 'survivors'), ...SLOW])
  const closed = closeOf(child)
  const stderr = await untilStderr(child, /^running {2}[1-9]/m)
  await hub.kill()
  await untilStderr(child, /connection lost/, stderr)
  await hub.start()
  expect(await closed).toBe(0)
  expect((await readdir(join(directory, 'survivors'))).sort()).toEqual(['one.mp4', 'zwei 二.mp4'])
}, 120_000)
