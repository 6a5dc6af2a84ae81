import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HubClient, type JobEvent } from '../src/client/index.ts'
import { Cli, CLI, closeOf, newestJob, probe, toolLines } from './cli-process.ts'
import { HubProcess, makeClip } from './hub-process.ts'

/** Of util-linux: runs a command on a terminal of its own. */
const SCRIPT = '/usr/bin/script'
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

test('run sends a file, shows what is done and puts the result where it belongs', async () => {
  const out = join(directory, 'small.mp4')
  const { code, stdout, stderr } = await cli.run(['run', 'ffmpeg', '-i', clip, '-o', out, '-v', '--', '-vf', 'scale=160:-2', '-t', '3'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  expect(probe(out)).toMatchObject({ width: 160, duration: expect.closeTo(3, 0) as number })
  expect(await readdir(directory)).not.toContain('small.mp4.part')
  expect(stderr).toMatch(/^upload {2}/)
  expect(stderr).toMatch(/^completed in \d+:\d\d$/m)
  const { total_logs } = await newestJob(client)
  expect(toolLines(stderr)).toHaveLength(total_logs)
})

test('run sanjuuni makes a video for ComputerCraft, and of all that the job made fetches what was asked for', async () => {
  const out = join(directory, 'video.32vid')
  const { code, stderr } = await cli.run(['run', 'sanjuuni', '-i', clip, '-o', out, '--', '--width=102', '--height=57', '-d'])
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^completed in/m)])
  expect((await readFile(out)).subarray(0, 8)).toEqual(Buffer.from([...Buffer.from('32VD'), 51, 0, 19, 0]))
  const refused = await cli.run(['run', 'sanjuuni', '-i', clip, '-o', out, '--', '--heigth=57'])
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/--height/)])
})

test('run --json is every event of the log, one on each line, and nothing else', async () => {
  const { code, stdout, stderr } = await cli.run(['run', 'ffmpeg', '-i', clip, '-f', 'wav', '--json', '--', '-t', '1'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const events = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as JobEvent)
  const logged: JobEvent[] = []
  for await (const event of client.job((await newestJob(client)).id).history()) logged.push(event)
  expect(events.flatMap(({ offset }) => offset ?? [])).toEqual(logged.map(({ offset }) => offset))
  expect(events.at(-1)).toMatchObject({ type: 'end', data: { status: 'completed' } })
})

test('what is read from stdin goes to stdout', async () => {
  const child = cli.start(['run', 'ffmpeg', '-i', '-', '-o', '-', '-f', 'wav', '-q', '--', '-t', '1', '-ar', '8000', '-ac', '1'])
  child.stdin?.end(await readFile(clip))
  const [bytes, code] = await Promise.all([buffer(child.stdout!), closeOf(child)])
  expect(code).toBe(0)
  expect(bytes.subarray(0, 4).toString()).toBe('RIFF')
  expect(bytes.length).toBeGreaterThan(15_000)
})

test('a job that fails ends run with 1 and says why', async () => {
  const { source } = await client.upload('noise.mp4', new TextEncoder().encode('no media at all'))
  const { code, stderr } = await cli.run(['run', 'ffmpeg', '-i', source, '-o', join(directory, 'never.mp4')])
  expect(code).toBe(1)
  const { id, error } = await newestJob(client)
  expect(stderr).toContain(`failed: ${error?.message}`)
  expect(stderr).toContain(`reeltime logs ${id}`)
  expect(await readdir(directory)).not.toContain('never.mp4')
})

test('arguments that the hub refuses end run with 2 before anything runs', async () => {
  const { code, stderr } = await cli.run(['run', 'ffmpeg', '-i', clip, '-o', join(directory, 'x.mp4'), '--', '-i', '/etc/passwd'])
  expect(code).toBe(2)
  expect(stderr).toMatch(/args\[0\]: /)
})

test('a detached job is watched, shown, listed, read, fetched and removed by its id', async () => {
  const { stdout } = await cli.run(['run', 'ffmpeg', '-i', clip, '-f', 'mp3', '--detach'])
  const id = stdout.trim()
  expect(await cli.run(['watch', id])).toMatchObject({ code: 0, stdout: '' })
  expect((await cli.run(['show', id])).stdout).toMatch(/^status {6}completed$/m)
  expect(JSON.parse((await cli.run(['show', '--json', id])).stdout)).toMatchObject({ id, status: 'completed' })
  const listed = (await cli.run(['jobs', '--status', 'completed', '-n', '1'])).stdout.split('\n')[1]
  expect(listed).toMatch(new RegExp(`^${id} +ffmpeg +completed +100%`))
  const all = (await cli.run(['logs', id])).stdout
  expect(all.trimEnd().split('\n')).toHaveLength((await client.job(id).refresh()).total_logs)
  expect((await cli.run(['logs', '-f', '-n', '4', id])).stdout).toBe(`${all.trimEnd().split('\n').slice(-4).join('\n')}\n`)
  const { code } = await cli.run(['get', id, '-o', directory])
  expect(code).toBe(0)
  const [artifact] = (await client.job(id).refresh()).artifacts
  expect((await stat(join(directory, artifact?.name ?? ''))).size).toBe(artifact?.size)
  expect((await cli.run(['get', id, 'other.mp3'])).stderr).toContain(`it has ${artifact?.name}`)
  expect((await cli.run(['retry', id])).stdout).toBe(`${id}  queued\n`)
  expect((await cli.run(['watch', id])).code).toBe(0)
  expect((await cli.run(['rm', id])).stdout).toBe(`${id}  removed\n`)
  expect(await cli.run(['show', id])).toMatchObject({ code: 2, stdout: '' })
})

test.skipIf(!existsSync(SCRIPT))('on a terminal a bar is painted over, and gone at the end', async () => {
  const out = join(directory, 'tty.mp4')
  const words = [process.execPath, CLI, 'run', 'ffmpeg', '-i', clip, '-o', out, '--', '-vf', 'scale=64:-2']
  const command = words.map((word) => `'${word}'`).join(' ')
  const { stdout } = await promisify(execFile)(SCRIPT, ['-qec', `stty cols 100; ${command}`, '/dev/null'], {
    env: cli.environment({ TERM: 'xterm', LANG: 'C.UTF-8' }),
  })
  expect(stdout).toMatch(/\r\x1b\[2Krunning {5}\x1b\[36m█[█▏▎▍▌▋▊▉]*░*\x1b\[0m +\d+\.\d%/)
  expect(stdout).toMatch(/\r\x1b\[2Kcompleted in 0:\d\d\r\n/)
  expect(stdout.split(/[\r\n]+/).every((line) => line.replace(/\x1b\[[\d;]*[mK]/g, '').length < 100)).toBe(true)
  expect(probe(out).width).toBe(64)
})

test('doctor finds what is needed here', async () => {
  const { code, stdout } = await cli.run(['doctor'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^ok +ffmpeg +\d/m)
  expect(stdout).toContain(`${hub.url} runs`)
  const without = await cli.run(['doctor'], { REELTIME_FFMPEG: '/nowhere/ffmpeg', REELTIME_DATA_DIR: '/proc/none' })
  expect(without.code).toBe(1)
  expect(without.stdout).toMatch(/^BAD {3}ffmpeg .*REELTIME_FFMPEG/m)
})

test('a webhook is added, its secret rotated while the old one signs, and removed from the command line', async () => {
  const added = await cli.run(['webhooks', 'add', 'https://example.org/hook', '--events', 'job.failed', '--json'])
  const { id, secret } = JSON.parse(added.stdout) as { readonly id: string; readonly secret: string }
  const rotated = await cli.run(['webhooks', 'rotate', id, '--keep', '600'])
  expect(rotated.stdout).toMatch(/^whsec_[A-Za-z0-9+/]{43}=\n$/)
  expect(rotated.stdout).not.toContain(secret)
  expect(rotated.stderr).toMatch(new RegExp(`webhook ${id}; it is shown this once. The one before signs too until 20`))
  expect((await cli.run(['webhooks', 'list'])).stdout).toMatch(new RegExp(`^${id} +20[\\d-]+ +2 secrets +https://example.org/hook$`, 'm'))
  expect((await cli.run(['webhooks', 'remove', id])).code).toBe(0)
  expect(await cli.run(['webhooks', 'rotate', id])).toMatchObject({ code: 2, stderr: expect.stringContaining(`There is no webhook "${id}"`) as string })
})

test('serve is the server', async () => {
  const child = cli.start(['serve', '--port', '0', '--data-dir', join(directory, 'data')])
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const first = await lines.next()
  const [, url = ''] = /^reeltime is listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(String(first.value)) ?? []
  expect(await new HubClient({ url }).health()).toMatchObject({ status: 'ok' })
  child.kill('SIGTERM')
  expect(await closeOf(child)).toBe(0)
})

test('run takes a tool\'s fields as options, a preset, and files without -i', async () => {
  const out = join(directory, 'small.webm')
  const small = await cli.run(['run', 'transcode', clip, '-o', out, '--codec', 'vp9', '--max-width', '48', '--no-sound', '--quality', 'low'])
  expect([small.code, small.stderr]).toEqual([0, expect.stringMatching(/^completed in/m)])
  expect(probe(out)).toMatchObject({ width: 48 })
  const joined = join(directory, 'joined.mp4')
  const { code } = await cli.run(['run', 'concat', out, clip, '-o', joined, '--preset', 'crossfade', '--width', '64'])
  expect([code, probe(joined)]).toEqual([0, expect.objectContaining({ width: 64, duration: expect.closeTo(19, 0) as number })])
  const pictures = join(directory, 'pictures')
  await mkdir(pictures)
  expect((await cli.run(['run', 'thumbnails', clip, '-o', pictures, '--count', '2', '--width', '32'])).code).toBe(0)
  expect(await readdir(pictures)).toEqual(['thumbnail_001.jpg', 'thumbnail_002.jpg'])
})
