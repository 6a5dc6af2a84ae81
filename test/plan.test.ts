import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encode, H264, picture, tone } from './frame-media.ts'
import { startKeyedHub, type KeyedHub } from './keyed-hub.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let scratch: string
let hub: InnerHub
let film: string
let filmFile: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data') })
  filmFile = encode(join(scratch, 'film.mov'), [...picture('320x180', 25, 2), ...tone(2), ...H264, '-c:a', 'aac', '-shortest'])
  film = await hub.api.upload(filmFile)
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

function plan(tool: string, input: unknown) {
  return hub.api.post(`/api/tools/${tool}/plan`, { input })
}

test('of a source that the hub holds, the commands are those that the job then runs, and do the same in a terminal', async () => {
  const input = { source: film, codec: 'h264', max_height: 90 }
  const { status, body } = await plan('transcode', input)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    tool: 'transcode', assumed: false, sources: [{ file: expect.stringMatching(/^input\./) }], artifacts: [{ name: 'video.mp4', content_type: 'video/mp4' }],
    commands: [{ program: 'ffmpeg', args: expect.arrayContaining(['-protocol_whitelist', 'scale=160:90,format=yuv420p']) }],
  })
  expect(JSON.stringify(body)).not.toContain(scratch)

  const { body: job } = await hub.api.post('/api/jobs', { tool: 'transcode', input })
  expect((await hub.api.ends(job.id)).status).toBe('completed')
  const [line] = (await hub.api.lines(job.id)).filter(({ source, level }) => source === 'hub' && level === 'debug')
  expect(line?.text).toBe(`$ ${body.commands[0].shell.replace(body.sources[0].file, 'input')}`)

  const directory = join(scratch, 'terminal')
  await mkdir(directory)
  copyFileSync(filmFile, join(directory, body.sources[0].file))
  execFileSync('sh', ['-c', body.commands[0].shell], { cwd: directory, stdio: 'ignore' })
  expect(execFileSync('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'stream=width,height', '-of', 'csv=p=0', join(directory, 'video.mp4')], { encoding: 'utf8' }).trim()).toBe('160,90')
})

test.each([
  ['ffmpeg', { input_url: 'assumed:film', output_format: 'webm' }, 'film', 'mp4', 1],
  ['transcode', { source: 'assumed:film', target_mb: 8 }, 'film', 'mp4', 2],
  ['trim', { source: 'assumed:film' }, 'film', 'mp4', 1],
  ['audio', { source: 'assumed:sound' }, 'sound', 'mp3', 1],
  ['waveform', { source: 'assumed:sound' }, 'sound', 'mp3', 1],
  ['video_frame', { source: 'assumed:film' }, 'film', 'mp4', 2],
  ['sanjuuni', { source: 'assumed:film', output_format: '32vid' }, 'film', 'mp4', 2],
  ['sanjuuni', { source: 'assumed:picture' }, 'picture', 'png', 1],
])('what %s would run of %j is told before a source is chosen, and says what it assumes', async (tool, input, kind, extension, count) => {
  const { status, body } = await plan(tool, input)
  expect([status, body.detail]).toEqual([200, undefined])
  expect(body).toMatchObject({ assumed: true, sources: [{ file: `input.${extension}`, assumed: kind }] })
  expect(body.commands.map(({ shell }: { shell: string }) => /^(ffmpeg|node) /.test(shell))).toEqual(Array.from({ length: count }, () => true))
})

test('a link is not fetched, its secrets are not told, and it is taken for what it is called', async () => {
  const { status, body } = await plan('transcode', { source: 'https://example.com/talk.webm?token=hush' })
  expect([status, body.sources]).toEqual([200, [{ file: 'input.webm', assumed: 'film' }]])
  expect(JSON.stringify(body)).not.toMatch(/hush|example/)
  expect((await plan('waveform', { source: 'https://example.com/song.ogg' })).body.sources).toEqual([{ file: 'input.ogg', assumed: 'sound' }])
})

test('what was only assumed refuses nothing: a length that does not fit is tried longer, and then said', async () => {
  const late = await plan('trim', { source: 'assumed:film', start_seconds: 600, end_seconds: 660 })
  expect([late.status, late.body.commands?.length]).toEqual([200, 1])
  const soundless = await plan('transcode', { source: 'https://example.com/song.mp3' })
  expect(soundless).toMatchObject({ status: 200, body: { commands: [], reason: expect.stringContaining('has no video') } })
})

describe('is refused as a job is, by field', () => {
  test.each([
    ['transcode', { source: 'assumed:film', fps: 1000 }, 400, 'fps'],
    ['transcode', { source: 'assumed:film', crf: 20, target_mb: 3 }, 400, 'target_mb'],
    ['transcode', {}, 400, 'source'],
    ['ffmpeg', { input_url: 'assumed:film', args: ['-i', '/etc/passwd'], output_format: 'mp4' }, 403, 'args[0]'],
    ['transcode', { source: 'http://127.0.0.1/x.mp4' }, 403, 'source'],
    ['transcode', { source: 'upload:nothinghere' }, 404, undefined],
  ])('%s with %j', async (tool, input, expected, path) => {
    const { status, body } = await plan(tool, input)
    const submitted = await hub.api.post('/api/jobs', { tool, input: JSON.parse(JSON.stringify(input).replace('assumed:film', film)) })
    expect([status, body.code, body.errors?.[0]?.path]).toEqual([expected, submitted.body.code, path])
    expect(submitted.status).toBe(expected)
    expect(submitted.body.errors).toEqual(body.errors)
  })

  test('a file that is no media is named, which a job finds out later', async () => {
    writeFileSync(join(scratch, 'note.mp4'), 'not much of a film')
    const source = await hub.api.upload(join(scratch, 'note.mp4'))
    expect(await plan('transcode', { source })).toMatchObject({ status: 400, body: { errors: [{ path: 'source', message: expect.stringContaining('no media file') }] } })
  })

  test('a body of another shape, and a tool that is not there', async () => {
    expect((await hub.api.post('/api/tools/transcode/plan', { inputs: {} })).body).toMatchObject({ code: 'invalid_input' })
    expect((await plan('transcod', {})).body).toMatchObject({ code: 'tool_not_found', detail: expect.stringContaining('did you mean transcode') })
  })
})

test('nothing of a plan stays', async () => {
  const before = readdirSync(join(hub.directory, 'jobs'))
  await plan('transcode', { source: film })
  expect(readdirSync(join(hub.directory, 'jobs'))).toEqual(before)
  expect((await hub.api.list()).jobs.every(({ status }) => status !== 'queued')).toBe(true)
  expect(existsSync('/job-to-be')).toBe(false)
})

describe('with keys', () => {
  let keyed: KeyedHub
  beforeAll(async () => {
    keyed = await startKeyedHub(join(scratch, 'keyed'), { REELTIME_ANONYMOUS: 'none', REELTIME_SUBMITS_PER_MINUTE: '2', REELTIME_REQUESTS_PER_MINUTE: '30' })
  })
  afterAll(() => keyed.stop())

  test('those may ask who may submit, for what their key may do, as often as they may read', async () => {
    const body = { input: { source: 'assumed:film' } }
    expect((await keyed.api.post('/api/tools/transcode/plan', body)).status).toBe(401)
    const [reader, user] = [await keyed.holder({ scopes: ['read'] }), await keyed.holder({ tools: ['transcode'] })]
    expect((await reader.api.post('/api/tools/transcode/plan', body)).status).toBe(403)
    expect((await user.api.post('/api/tools/trim/plan', body)).status).toBe(403)
    const statuses: number[] = []
    for (let asked = 0; asked < 40; asked++) statuses.push((await user.api.post('/api/tools/transcode/plan', body)).status)
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 200))
    expect(statuses.at(-1)).toBe(429)
  })
})
