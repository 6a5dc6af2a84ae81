import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLogger } from '../src/logger.ts'
import { brief, makeTone } from './media.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

const SECRET = 's3cret-0123456789'

let directory: string
let hub: InnerHub
let media: Server
let origin: string
const lines: string[] = []

beforeAll(async () => {
  directory = await temporaryDirectory()
  media = createServer(({ url = '' }, response) => {
    if (url.startsWith('/redirect')) response.writeHead(302, { location: `/missing?sig=${SECRET}` }).end()
    else if (url.startsWith('/away')) response.writeHead(302, { location: `http://169.254.169.254/latest?sig=${SECRET}` }).end()
    else if (url.startsWith('/broken')) response.writeHead(200, { 'content-length': '1000' }).write('ten bytes.', () => response.destroy())
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => media.listen(0, '127.0.0.1', resolve))
  const { port } = media.address() as AddressInfo
  origin = `http://127.0.0.1:${port}`
  hub = await startInnerHub({
    REELTIME_DATA_DIR: join(directory, 'data'), REELTIME_FETCH_ALLOW: `127.0.0.1:${port}`, REELTIME_FETCH_TIMEOUT_SECONDS: '2',
  }, createLogger((line) => lines.push(line)))
})
afterAll(async () => {
  await hub.stop()
  media.closeAllConnections()
  media.close()
  await removeDirectory(directory)
})

function told(event: string): Record<string, unknown>[] {
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((entry) => entry['event'] === event)
}

test('each line is one JSON object with its time, level and event', async () => {
  await hub.api.request('/api/jobs', { method: 'POST', body: '{' })
  for (const line of lines) {
    expect(line).toMatch(/^\{"ts":"\d{4}-\d\d-\d\dT[\d:.]+Z","level":"(?:info|error)","event":"[a-z_.]+".*\}\n$/)
    expect(line.indexOf('\n')).toBe(line.length - 1)
  }
  expect(told('hub.started')).toHaveLength(1)
})

test("a job's way is told in three lines, with the code where it failed", async () => {
  const id = await hub.api.accepted(brief(await hub.api.upload(makeTone(directory))))
  await hub.api.ends(id)
  const of = (event: string) => told(event).filter(({ job }) => job === id)
  expect([of('job.submitted'), of('job.started'), of('job.ended')]).toMatchObject([
    [{ tool: 'ffmpeg' }], [{ attempt: 1, waited_s: expect.any(Number) }], [{ status: 'completed', seconds: expect.any(Number) }],
  ])
  const failed = await hub.api.accepted(brief(`${origin}/missing`))
  await hub.api.ends(failed)
  expect(told('job.ended').find(({ job }) => job === failed)).toMatchObject({ status: 'failed', code: 'source_unavailable' })
})

test('of requests those are told that change something or are refused, by their pattern', async () => {
  lines.length = 0
  await hub.api.request('/api/jobs')
  await hub.api.request('/health')
  await hub.api.request('/api/jobs/nothing')
  await hub.api.post('/api/jobs/nothing/cancel')
  await hub.api.request('/nowhere/nothing')
  expect(told('http.request')).toMatchObject([
    { method: 'GET', route: '/api/jobs/:id', status: 404, code: 'job_not_found', ms: expect.any(Number) },
    { method: 'POST', route: '/api/jobs/:id/cancel', status: 404, code: 'job_not_found' },
    { method: 'GET', route: '(none)', status: 404, code: 'route_not_found' },
  ])
  expect(lines.join()).not.toContain('nothing')
})

test('a signature, a password or a key in a request is in no line, however the job ends', async () => {
  const signed = (path: string) => brief(`${origin}${path}?sig=${SECRET}`)
  const ids = [await hub.api.accepted(signed('/missing'), { 'idempotency-key': SECRET })]
  for (const path of ['/redirect', '/away', '/broken']) ids.push(await hub.api.accepted(signed(path)))
  for (const id of ids) await hub.api.ends(id)
  for (const headers of [{ authorization: `Bearer ${SECRET}` }, { 'x-api-key': SECRET }]) {
    expect((await hub.api.submit(signed('/missing'), headers)).status).toBe(401)
  }
  await hub.api.submit(brief(`http://127.0.0.1:1/a?sig=${SECRET}`))
  await hub.api.submit(brief(`https://ann:${SECRET}@media.example/a.mp3`))
  await hub.api.post('/api/ffmpeg/async', { ...signed('/missing'), output_format: SECRET })
  await hub.api.request(`/api/jobs?cursor=${SECRET}&key=${SECRET}`)
  expect(told('job.ended').length).toBeGreaterThanOrEqual(ids.length)
  expect(told('http.request').filter(({ code }) => code === 'source_refused').length).toBeGreaterThanOrEqual(2)
  expect(lines.filter((line) => line.includes(SECRET))).toEqual([])
})

test('an error inside is told with its stack, and without the path that was asked for', async () => {
  lines.length = 0
  const id = await hub.api.accepted(brief(await hub.api.upload(makeTone(directory))))
  const { artifacts: [artifact] } = await hub.api.ends(id)
  const { truncate } = await import('node:fs/promises')
  await truncate(join(hub.directory, 'jobs', id, 'artifacts', artifact!.name), 1)
  expect((await hub.api.request(artifact!.url)).status).toBe(500)
  const [line] = told('http.internal_error')
  expect(line).toMatchObject({ level: 'error', error: expect.stringContaining('HubError') })
  expect(JSON.stringify(line)).not.toContain(artifact!.url)
})
