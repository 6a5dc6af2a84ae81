import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { brief, makeTone } from './media.ts'
import { leftovers, removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let scratch: string
let hub: InnerHub
let source: string
let media: Server
let origin: string
const complaints: string[] = []

beforeAll(async () => {
  scratch = await temporaryDirectory()
  media = createServer(({ url }, response) => {
    if (url === '/404') response.writeHead(404).end('gone')
    else if (url === '/redirect') response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end()
    else if (url === '/html') response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>'.repeat(100))
    else if (url === '/lies') response.writeHead(200, { 'content-length': '1000' }).write('ten bytes.', () => response.destroy())
    else if (url === '/huge') response.writeHead(200, { 'content-length': '99999999' }).write('x')
    // `/hang` is never answered.
  })
  await new Promise<void>((resolve) => media.listen(0, '127.0.0.1', resolve))
  const { port } = media.address() as AddressInfo
  origin = `http://127.0.0.1:${port}`
  hub = await startInnerHub({
    REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_FETCH_ALLOW: `127.0.0.1:${port}`, REELTIME_FETCH_TIMEOUT_SECONDS: '2', REELTIME_CONCURRENCY: '8',
    REELTIME_MAX_INPUT_BYTES: '9999999',
  }, { info: () => undefined, error: (event, fields) => complaints.push(JSON.stringify([event, fields])) })
  source = await hub.api.upload(makeTone(scratch))
})

afterAll(async () => {
  await hub.stop()
  media.closeAllConnections()
  media.close()
  await removeDirectory(scratch)
})

test.each([
  ['file:///etc/passwd', 403, 'source_refused'],
  ['ftp://example.org/a.mp3', 403, 'source_refused'],
  ['http://127.0.0.1/a.mp3', 403, 'source_refused'],
  ['http://[::ffff:127.0.0.1]/a.mp3', 403, 'source_refused'],
  ['/etc/passwd', 400, 'invalid_input'],
  ['upload:../../etc/passwd', 400, 'invalid_input'],
  ['job:../x/y', 400, 'invalid_input'],
])('the source %s is refused at once with %i %s', async (url, status, code) => {
  const { body } = await hub.api.submit(brief(url))
  expect(body).toMatchObject({ status, code })
  expect(body.detail + (body.hint ?? '')).not.toContain(scratch)
})

test('sources that turn out bad fail their jobs with the reason, and leave nothing but the record', async () => {
  const cases = [
    ['/404', 'source_unavailable', '404'], ['/redirect', 'source_refused', ''], ['/lies', 'source_unavailable', ''],
    ['/html', 'invalid_input', ''], ['/hang', 'source_unavailable', 'within 2 s'], ['/huge', 'payload_too_large', '9999999'],
  ] as const
  await Promise.all(cases.map(async ([path, code, text]) => {
    const job = await hub.api.ends(await hub.api.accepted(brief(origin + path)))
    expect([path, job.status, job.error?.code]).toEqual([path, 'failed', code])
    expect(job.error?.message).toContain(text)
    expect(JSON.stringify(job)).not.toContain(scratch)
    expect((await readdir(join(hub.directory, 'jobs', job.id))).sort()).toEqual(['events.ndjson', 'request.json'])
  }))
  expect(await leftovers(hub.directory)).toEqual([])
})

test.each([
  ['no body', {}, undefined, 400, 'invalid_json'],
  ['no JSON', {}, '{"tool":', 400, 'invalid_json'],
  ['a list', {}, '[]', 400, 'invalid_input'],
  ['a tool that is a number', {}, '{"tool":1,"input":{}}', 400, 'invalid_input'],
  ['unknown fields', {}, '{"tool":"ffmpeg","input":{},"priority":9}', 400, 'invalid_input'],
  ['unknown input', {}, '{"tool":"ffmpeg","input":{"input_url":"upload:AAAAAAAAAAAAAAAAAAAAA","shell":"rm"}}', 400, 'invalid_input'],
  ['args that are no list', {}, '{"tool":"ffmpeg","input":{"input_url":"http://example.org/","args":"-vn"}}', 400, 'invalid_input'],
  ['an unknown tool', {}, '{"tool":"giff","input":{}}', 404, 'tool_not_found'],
  ['2 MB', {}, JSON.stringify({ tool: 'ffmpeg', input: { args: ['x'.repeat(2_000_000)] } }), 413, 'payload_too_large'],
  ['text', { 'content-type': 'text/plain' }, '{"tool":"ffmpeg","input":{}}', 415, 'unsupported_media_type'],
])('a body with %s is refused', async (_, headers, body, status, code) => {
  const answer = await hub.api.request('/api/jobs', {
    method: 'POST', headers: { 'content-type': 'application/json', ...headers }, ...(body !== undefined && { body }),
  })
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect(answer.body).toMatchObject({ status, code, detail: expect.any(String) })
})

test('arguments that reach out of the job are refused by name', async () => {
  for (const args of [['-i', '/etc/passwd'], ['-filter_complex', 'movie=/etc/passwd'], ['-f', 'tee'], ['-report'], ['out.mp4']]) {
    const { status, body } = await hub.api.submit({ ...brief(source), args })
    expect([args, status]).toEqual([args, 403])
    expect(body.errors[0].path).toMatch(/^args\[\d\]$/)
  }
})

test('what goes wrong inside is told to the operator, and to the caller only that it did', async () => {
  const jobs = join(hub.directory, 'jobs')
  await rename(jobs, `${jobs}-away`)
  await writeFile(jobs, '')
  complaints.length = 0
  const { body } = await hub.api.submit(brief(source))
  await rm(jobs)
  await rename(`${jobs}-away`, jobs)
  expect(body).toMatchObject({ status: 500, code: 'internal', detail: 'Something went wrong in the hub' })
  expect(JSON.stringify(body)).not.toContain(scratch)
  expect(complaints.join()).toContain('ENOTDIR')
  expect((await hub.api.ends(await hub.api.accepted(brief(source, 0.1)))).status).toBe('completed')
})

test('an unknown job, and one whose id is a path, are simply not there', async () => {
  for (const id of ['nope', '..%2f..%2fetc', 'A'.repeat(22)]) {
    expect((await hub.api.request(`/api/jobs/${id}`)).body).toMatchObject({ status: 404, code: 'job_not_found' })
    expect((await hub.api.request(`/api/jobs/${id}/events`)).status).toBe(404)
    expect((await hub.api.post(`/api/jobs/${id}/cancel`)).status).toBe(404)
    expect((await hub.api.post(`/api/jobs/${id}/retry`)).status).toBe(404)
    expect((await hub.api.request(`/api/jobs/${id}`, { method: 'DELETE' })).status).toBe(404)
  }
})
