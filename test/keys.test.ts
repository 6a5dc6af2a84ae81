import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Cli, closeOf } from './cli-process.ts'
import { HubApi } from './hub-api.ts'
import { makeTone } from './media.ts'
import { HubNotStartedError, removeDirectory, startHubProcess, startInnerHub, temporaryDirectory } from './running-hub.ts'

const SECRET = /^rt_[A-Za-z0-9_-]{43}$/
let directory: string
let cli: Cli

beforeEach(async () => {
  directory = await temporaryDirectory()
  cli = new Cli('http://127.0.0.1:1')
})
afterEach(() => removeDirectory(directory))

function keys(...words: readonly string[]): ReturnType<Cli['run']> {
  return cli.run(['keys', ...words, '--data-dir', directory])
}

async function refusalOf(settings: Readonly<Record<string, string>>): Promise<HubNotStartedError> {
  const started = await startHubProcess(directory, settings).then(({ end }) => end('SIGKILL'), (error: unknown) => error)
  expect(started).toBeInstanceOf(HubNotStartedError)
  return started as HubNotStartedError
}

/** What the hub says as it starts, up to so many lines. */
async function saidAtStart(count: number, settings: Readonly<Record<string, string>>): Promise<string[]> {
  const child = cli.start(['serve', '--port', '0', '--data-dir', directory], settings)
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout! })) if (lines.push(line) === count) break
  child.kill()
  await closeOf(child)
  return lines
}

test('where others can reach it, a hub starts only when it is said what they may do, and names both ways', async () => {
  const { exitCode, message } = await refusalOf({ HOST: '0.0.0.0' })
  expect(exitCode).toBe(2)
  expect(message).toContain('reeltime keys add')
  expect(message).toContain('REELTIME_ANONYMOUS=submit')
})

test('a hub that others can reach says what they may do', async () => {
  expect(await saidAtStart(2, { HOST: '0.0.0.0', REELTIME_ANONYMOUS: 'submit' })).toEqual([
    expect.stringContaining('listening on http://0.0.0.0:'), 'Those without a key may submit jobs, and read those whose ids they know. 0 keys.',
  ])
  await keys('add', 'ann')
  expect((await saidAtStart(2, { HOST: '0.0.0.0' }))[1]).toBe('Those without a key may read the jobs whose ids they know, and nothing else. 1 key.')
})

test('keys are made, listed and revoked while the hub runs, which heeds them at once', async () => {
  const hub = await startInnerHub({ REELTIME_DATA_DIR: directory, REELTIME_ANONYMOUS: 'none' })
  const made = await keys('add', 'ann', '--scopes', 'read', '--tools', 'ffmpeg,video_frame', '--no-args', '--concurrency', '2', '--minutes-per-day', '60', '--bytes-per-day', '10G')
  const secret = made.stdout.trim()
  expect([made.code, secret]).toEqual([0, expect.stringMatching(SECRET)])
  const api = new HubApi(hub.url, { authorization: `Bearer ${secret}` })
  expect((await api.request('/api/jobs')).status).toBe(200)
  const [header, row] = (await keys('list')).stdout.trim().split('\n')
  expect(header).toMatch(/^ID +NAME +MADE +MAY$/)
  expect(row).toMatch(/^\w{10} +ann +\d{4}-\d\d-\d\d +read, only ffmpeg video_frame, no args, 2 at a time, 60 min a day, 10\.0 GB a day$/)
  expect(await keys('revoke', row!.slice(0, 10))).toMatchObject({ code: 0 })
  expect((await api.request('/api/jobs')).status).toBe(401)
  expect((await keys('list')).stdout.trim()).toBe(header)
  await hub.stop()
})

test('the file holds no key, and only its owner may read it', async () => {
  const { stdout, stderr } = await keys('add', 'ann')
  const text = await readFile(join(directory, 'keys.json'), 'utf8')
  expect(text).not.toContain(stdout.trim())
  expect(text).not.toContain(stdout.trim().slice(3))
  expect(stderr).not.toContain(stdout.trim())
  expect((await stat(join(directory, 'keys.json'))).mode & 0o777).toBe(0o600)
})

test('of keys that are made at the same time none is lost', async () => {
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => keys('add', name)))
  const { stdout } = await cli.run(['keys', 'list', '--json', '--data-dir', directory])
  expect(stdout.trim().split('\n').map((line) => (JSON.parse(line) as { name: string }).name).sort()).toEqual(['a', 'b', 'c', 'd'])
})

test.each([
  [['add'], 'NAME is missing'],
  [['add', 'a', '--scopes', 'write'], '--scopes takes submit, read, admin, not "write"'],
  [['add', 'a', '--tools', 'giff'], '--tools takes ffmpeg'],
  [['add', 'a', '--concurrency', '0'], '--concurrency takes'],
  [['add', 'a', '--concurrency', '1.5'], '--concurrency takes a whole number'],
  [['add', 'a', '--bytes-per-day', '10X'], '--bytes-per-day takes bytes'],
  [['add', '\u001b[31m'], 'NAME takes'],
  [['revoke', 'nothing'], 'there is no key nothing'],
  [['drop'], 'there is no "keys drop"'],
  [[], 'add, list or revoke is missing'],
])('keys %j ends with 2 and says what is wrong', async (words, message) => {
  const { code, stderr } = await keys(...words)
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
})

test('a file of keys that cannot be read keeps a hub from starting, and opens nothing in one that runs', async () => {
  const hub = await startInnerHub({ REELTIME_DATA_DIR: directory, REELTIME_ANONYMOUS: 'none' })
  const secret = (await keys('add', 'ann')).stdout.trim()
  const api = new HubApi(hub.url, { authorization: `Bearer ${secret}` })
  expect((await api.request('/api/jobs')).status).toBe(200)
  await writeFile(join(directory, 'keys.json'), '{"keys":')
  expect((await api.request('/api/jobs')).status).toBe(401)
  await hub.stop()
  expect((await refusalOf({})).message).toContain('keys.json')
})

test('the command line and the SDK send a key', async () => {
  const hub = await startInnerHub({ REELTIME_DATA_DIR: directory, REELTIME_ANONYMOUS: 'none' })
  const secret = (await keys('add', 'ann')).stdout.trim()
  const here = new Cli(hub.url)
  expect(await here.run(['jobs'])).toMatchObject({ code: 2, stderr: expect.stringContaining('takes a key with the scope read') })
  expect(await here.run(['jobs'], { REELTIME_KEY: secret })).toMatchObject({ code: 0 })
  expect(await here.run(['jobs', '--key', secret])).toMatchObject({ code: 0 })
  const tone = here.start(['run', 'ffmpeg', '-i', makeTone(directory), '-o', join(directory, 'out.mp3')], { REELTIME_KEY: secret })
  expect((await once(tone, 'close'))[0]).toBe(0)
  await hub.stop()
})
