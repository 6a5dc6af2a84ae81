import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const MAIN = new URL('../../../dist/tools/ffmpeg-wasm/main.js', import.meta.url).pathname
const SAMPLES = ['-f', 'u8', '-ar', '48000', '-ac', '1']
let directory: string
let clip: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reeltime-wasm-'))
  await mkdir(join(directory, 'in'))
  await mkdir(join(directory, 'out'))
  clip = join(directory, 'in', 'clip.mp4')
  run('ffmpeg', ['-f', 'lavfi', '-i', 'testsrc=s=160x120:d=1', '-f', 'lavfi', '-i', 'sine=d=1', '-movflags', '+faststart', clip])
})
afterAll(() => rm(directory, { recursive: true }))

function run(program: string, args: readonly string[], { input = '' }: { input?: string | Buffer } = {}) {
  const argv = [MAIN, program, '-v', 'error', ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd: directory, input, maxBuffer: 2 ** 26 })
  return { status, stdout, stderr: stderr.toString() }
}

test('ffprobe writes its JSON and nothing else to stdout', () => {
  const { status, stdout, stderr } = run('ffprobe', ['-show_streams', '-of', 'json', clip])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(JSON.parse(stdout.toString()).streams.map(({ codec_name }: { codec_name: string }) => codec_name)).toEqual(['h264', 'aac'])
})

test.each(['ffmpeg', 'ffprobe'])('%s says that a file is not there, and fails', (program) => {
  const { status, stderr } = run(program, ['-i', 'nowhere.mp4'])
  expect(status).toBe(1)
  expect(stderr).toContain('nowhere.mp4: No such file or directory')
})

test('a file that is there already is overwritten only when that is said', async () => {
  const existing = join(directory, 'out', 'existing.wav')
  await writeFile(existing, Buffer.alloc(1_000_000))
  expect(run('ffmpeg', ['-i', clip, existing]).status).toBe(1)
  expect((await stat(existing)).size).toBe(1_000_000)
  expect(run('ffmpeg', ['-i', clip, '-y', existing]).status).toBe(0)
  expect((await stat(existing)).size).toBeLessThan(100_000)
})

test('bytes go through standard input and output unchanged', async () => {
  const samples = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 37) % 256))
  const args = [...SAMPLES, '-i', 'pipe:0', '-f', 'u8', 'pipe:1']
  const { status, stdout } = run('ffmpeg', args, { input: samples })
  expect(status).toBe(0)
  expect(stdout.equals(samples)).toBe(true)
})

test.each([['-c:v', 'mjpeg', '-f', 'mjpeg', '-q:v', '5', 'pipe:1'], ['-q:v', '5', '-y', 'many.mjpeg']])('each of 200 pictures becomes a JPEG', async (...args) => {
  const { status, stdout, stderr } = run('ffmpeg', ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25', '-frames:v', '200', '-pix_fmt', 'yuvj420p', ...args])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const jpegs = stdout.length > 0 ? stdout : await readFile(join(directory, 'many.mjpeg'))
  expect(jpegs.toString('latin1').split('\xff\xd8\xff').length - 1).toBe(200)
})

test('many files are written and read by one pattern, and renamed when whole', async () => {
  const out = join(directory, 'out', 'many')
  await mkdir(out)
  expect(run('ffmpeg', ['-i', clip, join(out, '%03d.png')]).status).toBe(0)
  expect(await readdir(out)).toHaveLength(25)
  expect(run('ffmpeg', ['-i', join(out, '%03d.png'), '-hls_time', '1', join(out, 'list.m3u8')]).status).toBe(0)
  expect((await readdir(out)).filter((name) => !name.endsWith('.png'))).toEqual(['list.m3u8', 'list0.ts'])
})

test('a file of more than 2 GiB costs no memory', async () => {
  const big = join(directory, 'in', 'big.u8')
  await writeFile(big, '')
  await truncate(big, 3 * 2 ** 30)
  await appendFile(big, 'the end')
  const { status, stdout } = run('ffmpeg', [...SAMPLES, '-ss', '67108', '-i', big, '-f', 'u8', 'pipe:1'])
  expect(status).toBe(0)
  expect(stdout.length).toBe(3 * 2 ** 30 + 7 - 67_108 * 48_000)
  expect(stdout.subarray(-8).toString()).toBe('\0the end')
})

test('it can be started in the root directory', () => {
  expect(spawnSync(process.execPath, [MAIN, 'ffprobe', '-v', 'error', clip], { cwd: '/' }).status).toBe(0)
})

test('a pipe that another program has made non-blocking loses nothing', () => {
  const args = [process.execPath, MAIN, 'ffmpeg', '-v', 'error', '-f', 'lavfi', '-i', 'anullsrc=d=60', '-f', 's16le', 'pipe:1']
  // Node makes the pipe non-blocking as it opens it, and undoes that for children only where they get it as 0, 1 or 2.
  const parent = `
    new (require('net').Socket)({ fd: 1, readable: false, writable: true })
    const argv = ['-c', 'exec "$@" >&3', 'sh', ...${JSON.stringify(args)}]
    require('child_process').spawn('sh', argv, { stdio: ['ignore', 'ignore', 'inherit', 1] }).on('exit', process.exit)`
  expect(spawnSync(process.execPath, ['-e', parent], { maxBuffer: 2 ** 26, timeout: 30_000 }).stdout.length).toBe(60 * 44_100 * 2 * 2)
})

test('what is named only inside a filter is not there', async () => {
  const secret = await mkdtemp(join(tmpdir(), 'reeltime-secret-'))
  await writeFile(join(secret, 'clip.mp4'), await readFile(clip))
  const { status, stderr } = run('ffmpeg', ['-f', 'lavfi', '-i', `movie=${join(secret, 'clip.mp4')}`, '-f', 'null', '-'])
  await rm(secret, { recursive: true })
  expect(status).toBe(1)
  expect(stderr).toContain('No such file or directory')
})

test('a filter graph that is longer than a name can be is no path', () => {
  const graph = Array.from({ length: 60 }, () => 'null').join(',')
  expect(run('ffmpeg', ['-f', 'lavfi', '-i', 'testsrc=d=1', '-filter_complex', graph, '-f', 'null', '-'])).toMatchObject({ status: 0 })
})

test('it has no network', async () => {
  expect(run('ffmpeg', ['-i', 'http://127.0.0.1:9/', '-f', 'null', '-']).status).toBe(1)
})

test('progress and output are there while it still works, and a signal ends it at once', async () => {
  const output = join(directory, 'out', 'endless.ts')
  const args = ['-progress', 'pipe:3', '-stats_period', '0.05', '-f', 'lavfi', '-i', 'testsrc', '-c:v', 'mpeg2video', output]
  const child = spawn(process.execPath, [MAIN, 'ffmpeg', ...args], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const exited = once(child, 'exit')
  try {
    await once(child.stdio[3]!, 'data')
    await expect.poll(async () => (await stat(output)).size, { timeout: 20_000 }).toBeGreaterThan(0)
  } finally {
    child.kill('SIGTERM')
  }
  expect(await exited).toEqual([null, 'SIGTERM'])
})
