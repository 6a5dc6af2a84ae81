import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HubClient, type Job, type JobEvent } from '../src/client/index.ts'
import { makeClip, RestartableHub } from './restartable-hub.ts'

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
/** A few seconds of work on a clip of ten. */
const SLOW = ['-c:v', 'libx264', '-preset', 'slower', '-c:a', 'aac']
let hub: RestartableHub
let client: HubClient
let directory: string
let clip: string

beforeAll(async () => {
  hub = await RestartableHub.start()
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
  const { code, stdout, stderr } = await reeltime('run', 'ffmpeg', '-i', clip, '-o', out, '-v', '--', '-vf', 'scale=160:-2', '-t', '3')
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  expect(await probe(out)).toMatchObject({ width: 160, duration: expect.closeTo(3, 0) as number })
  expect(await readdir(directory)).not.toContain('small.mp4.part')
  expect(stderr).toMatch(/^upload {2}/)
  expect(stderr).toMatch(/^completed in \d+:\d\d$/m)
  const { total_logs } = (await newestJob())
  expect(linesIn(stderr)).toHaveLength(total_logs)
})

test('run --json is every event of the log, one on each line, and nothing else', async () => {
  const { code, stdout, stderr } = await reeltime('run', 'ffmpeg', '-i', clip, '-f', 'wav', '--json', '--', '-t', '1')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const events = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as JobEvent)
  const logged: JobEvent[] = []
  for await (const event of client.job((await newestJob()).id).history()) logged.push(event)
  expect(events.flatMap(({ offset }) => offset ?? [])).toEqual(logged.map(({ offset }) => offset))
  expect(events.at(-1)).toMatchObject({ type: 'end', data: { status: 'completed' } })
})

test('what is read from stdin goes to stdout', async () => {
  const child = start('run', 'ffmpeg', '-i', '-', '-o', '-', '-f', 'wav', '-q', '--', '-t', '1', '-ar', '8000', '-ac', '1')
  child.stdin?.end(await readFile(clip))
  const [bytes, [code]] = await Promise.all([collect(child.stdout), once(child, 'close') as Promise<[number]>])
  expect(code).toBe(0)
  expect(bytes.subarray(0, 4).toString()).toBe('RIFF')
  expect(bytes.length).toBeGreaterThan(15_000)
})

test('a job that fails ends run with 1 and says why', async () => {
  const { source } = await client.upload('noise.mp4', new TextEncoder().encode('no media at all'))
  const { code, stderr } = await reeltime('run', 'ffmpeg', '-i', source, '-o', join(directory, 'never.mp4'))
  expect(code).toBe(1)
  const { id, error } = await newestJob()
  expect(stderr).toContain(`failed: ${error?.message}`)
  expect(stderr).toContain(`reeltime logs ${id}`)
  expect(await readdir(directory)).not.toContain('never.mp4')
})

test('arguments that the hub refuses end run with 2 before anything runs', async () => {
  const { code, stderr } = await reeltime('run', 'ffmpeg', '-i', clip, '-o', join(directory, 'x.mp4'), '--', '-i', '/etc/passwd')
  expect(code).toBe(2)
  expect(stderr).toMatch(/args\[0\]: /)
})

test('a detached job is watched, shown, listed, read, fetched and removed by its id', async () => {
  const { stdout } = await reeltime('run', 'ffmpeg', '-i', clip, '-f', 'mp3', '--detach')
  const id = stdout.trim()
  expect(await reeltime('watch', id)).toMatchObject({ code: 0, stdout: '' })
  expect((await reeltime('show', id)).stdout).toMatch(/^status {6}completed$/m)
  expect(JSON.parse((await reeltime('show', '--json', id)).stdout)).toMatchObject({ id, status: 'completed' })
  expect((await reeltime('jobs', '--status', 'completed', '-n', '1')).stdout.split('\n')[1]).toMatch(new RegExp(`^${id} +ffmpeg +completed +100%`))
  const all = (await reeltime('logs', id)).stdout
  expect(all.trimEnd().split('\n')).toHaveLength((await client.job(id).refresh()).total_logs)
  expect((await reeltime('logs', '-f', '-n', '4', id)).stdout).toBe(`${all.trimEnd().split('\n').slice(-4).join('\n')}\n`)
  const { code } = await reeltime('get', id, '-o', directory)
  expect(code).toBe(0)
  const [artifact] = (await client.job(id).refresh()).artifacts
  expect((await stat(join(directory, artifact?.name ?? ''))).size).toBe(artifact?.size)
  expect((await reeltime('get', id, 'other.mp3')).stderr).toContain(`it has ${artifact?.name}`)
  expect((await reeltime('retry', id)).stdout).toBe(`${id}  queued\n`)
  expect((await reeltime('watch', id)).code).toBe(0)
  expect((await reeltime('rm', id)).stdout).toBe(`${id}  removed\n`)
  expect(await reeltime('show', id)).toMatchObject({ code: 2, stdout: '' })
})

test('on a terminal a bar is painted over, and gone at the end', async () => {
  const out = join(directory, 'tty.mp4')
  const command = [process.execPath, CLI, 'run', 'ffmpeg', '-i', clip, '-o', out, '--', '-vf', 'scale=64:-2'].map((word) => `'${word}'`).join(' ')
  const { stdout } = await promisify(execFile)('script', ['-qec', `stty cols 100; ${command}`, '/dev/null'], { env: environment({ TERM: 'xterm', LANG: 'C.UTF-8' }) })
  expect(stdout).toMatch(/\r\x1b\[2Krunning {5}\x1b\[36m█[█▏▎▍▌▋▊▉]*░*\x1b\[0m +\d+\.\d%/)
  expect(stdout).toMatch(/\r\x1b\[2Kcompleted in 0:\d\d\r\n/)
  expect(stdout.split(/[\r\n]+/).every((line) => line.replace(/\x1b\[[\d;]*[mK]/g, '').length < 100)).toBe(true)
  expect((await probe(out)).width).toBe(64)
})

test('Ctrl-C cancels the job, waits for that, and ends with 130', async () => {
  const child = start('run', 'ffmpeg', '-i', clip, '-o', join(directory, 'cancelled.mp4'), '--', ...SLOW)
  const closed = once(child, 'close') as Promise<[number]>
  const stderr = await until(child, /^running {2}[1-9]/m)
  child.kill('SIGINT')
  expect((await closed)[0]).toBe(130)
  expect(stderr()).toContain('cancelling')
  expect((await newestJob()).status).toBe('cancelled')
  expect(await readdir(directory)).not.toContain('cancelled.mp4')
})

test('a second Ctrl-C leaves at once, though the hub does not answer', async () => {
  const child = start('run', 'ffmpeg', '-i', clip, '-o', join(directory, 'left.mp4'), '--', ...SLOW)
  const closed = once(child, 'close') as Promise<[number]>
  const stderr = await until(child, /^running {2}[1-9]/m)
  process.kill(hub.pid, 'SIGSTOP')
  try {
    child.kill('SIGINT')
    await until(child, /cancelling/, stderr)
    child.kill('SIGINT')
    expect((await closed)[0]).toBe(130)
  } finally {
    process.kill(hub.pid, 'SIGCONT')
  }
  await reeltime('cancel', (await newestJob()).id)
})

test('with --keep Ctrl-C leaves the job running', async () => {
  const child = start('run', 'ffmpeg', '-i', clip, '-o', join(directory, 'kept.mp4'), '--keep', '--', ...SLOW)
  const closed = once(child, 'close') as Promise<[number]>
  const stderr = await until(child, /^running {2}[1-9]/m)
  child.kill('SIGINT')
  expect((await closed)[0]).toBe(130)
  const { id, status } = await newestJob()
  expect(stderr()).toContain(`reeltime watch ${id}`)
  expect(status).toBe('running')
  expect((await reeltime('cancel', id)).stdout).toMatch(new RegExp(`^${id}  `))
  expect((await reeltime('watch', id)).code).toBe(130)
})

test('doctor finds what is needed here', async () => {
  const { code, stdout } = await reeltime('doctor')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^ok {4}ffmpeg {4}\d/m)
  expect(stdout).toContain(`${hub.url} runs`)
  const without = await reeltime('doctor', { REELTIME_FFMPEG: '/nowhere/ffmpeg', REELTIME_DATA_DIR: '/proc/none' })
  expect(without.code).toBe(1)
  expect(without.stdout).toMatch(/^BAD {3}ffmpeg .*REELTIME_FFMPEG/m)
})

test('serve is the server', async () => {
  const child = start('serve', '--port', '0', '--data-dir', join(directory, 'data'))
  expect(await firstLine(child)).toMatch(/^reeltime is listening on http:\/\/127\.0\.0\.1:\d+$/)
  child.kill('SIGTERM')
  expect((await once(child, 'close') as [number])[0]).toBe(0)
})

describe('over kill -9 of the server', () => {
  test('run goes on and tells every line once', async () => {
    const out = join(directory, 'survivor.mp4')
    const child = start('run', 'ffmpeg', '-i', clip, '-o', out, '-v', '--', ...SLOW)
    const closed = once(child, 'close') as Promise<[number]>
    const stderr = await until(child, /^running {2}[1-9]/m)
    for (const attempt of [2, 3]) {
      await hub.kill()
      await until(child, /connection lost/, stderr)
      await hub.startAgain()
      await until(child, new RegExp(`^running {2}[1-9].*attempt ${attempt}$`, 'm'), stderr)
    }
    expect((await closed)[0]).toBe(0)
    expect((await probe(out)).duration).toBeCloseTo(10, 0)
    const { id, attempt, total_logs } = await newestJob()
    expect(attempt).toBe(3)
    const told = linesIn(stderr())
    expect(told).toHaveLength(total_logs)
    expect(told).toEqual((await reeltime('logs', id)).stdout.trimEnd().split('\n'))
  }, 120_000)

  test('a hub that stays away ends run with 3 when the patience has ended', async () => {
    const child = start('run', 'ffmpeg', '-i', clip, '-o', join(directory, 'lost.mp4'), '--wait', '1', '--', ...SLOW)
    const closed = once(child, 'close') as Promise<[number]>
    const stderr = await until(child, /^running {2}[1-9]/m)
    await hub.kill()
    expect((await closed)[0]).toBe(3)
    expect(stderr()).toMatch(/does not answer/)
    await hub.startAgain()
    await reeltime('cancel', (await newestJob()).id)
  })
})

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function reeltime(...words: readonly (string | Record<string, string>)[]): Promise<Ended> {
  const child = start(...words)
  child.stdin?.end()
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'close') as Promise<[number]>])
  return { code, stdout, stderr }
}

function start(...words: readonly (string | Record<string, string>)[]): ChildProcess {
  const argv = words.filter((word) => typeof word === 'string')
  const env = Object.assign({}, ...words.filter((word) => typeof word === 'object')) as Record<string, string>
  return spawn(process.execPath, [CLI, ...argv], { env: environment(env), stdio: 'pipe' })
}

function environment(more: Readonly<Record<string, string>>): Record<string, string> {
  return { PATH: process.env.PATH ?? '', REELTIME_URL: hub.url, ...more }
}

/** Resolves as soon as stderr holds it, with what stderr holds from then on. */
function until(child: ChildProcess, pattern: RegExp, so: () => string = gather(child)): Promise<() => string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (!pattern.test(so())) return
      child.stderr?.off('data', look)
      resolve(so)
    }
    child.stderr?.on('data', look)
    child.once('close', () => reject(new Error(`ended without ${pattern}: ${so()}`)))
    look()
  })
}

function gather(child: ChildProcess): () => string {
  let seen = ''
  child.stderr?.setEncoding('utf8').on('data', (part: string) => { seen += part })
  return () => seen
}

async function firstLine(child: ChildProcess): Promise<string> {
  let seen = ''
  for await (const part of child.stdout!.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    seen += String(part)
    if (seen.includes('\n')) break
  }
  return seen.split('\n')[0] ?? ''
}

async function collect(stream: ChildProcess['stdout']): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream!) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

/** What the tool said, out of what else stands on stderr. */
function linesIn(stderr: string): string[] {
  const ours = /^(upload|download|queued|starting|fetching|probing|running|publishing|connection lost|connected again|completed in)\b|^\/.* {2}[\d.]+ [kM]?B$/
  return stderr.trimEnd().split('\n').filter((line) => !ours.test(line))
}

async function newestJob(): Promise<Job> {
  const { jobs: [job] } = await client.jobs({ limit: 1 })
  return client.job(job?.id ?? '').refresh()
}

function probe(file: string): { readonly width: number; readonly duration: number } {
  const json = execFileSync('ffprobe', ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', file], { encoding: 'utf8' })
  const { streams, format } = JSON.parse(json) as { streams: { codec_type: string; width: number }[]; format: { duration: string } }
  return { width: streams.find(({ codec_type }) => codec_type === 'video')?.width ?? 0, duration: Number(format.duration) }
}
