import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HubApi } from './hub-api.ts'
import { startKeyedHub, type KeyedHub } from './keyed-hub.ts'
import { removeDirectory, temporaryDirectory } from './running-hub.ts'

let scratch: string
let server: Server
let origin: string
let hub: KeyedHub
let api: HubApi
/** How many connections of the server have been closed. */
let closed = 0
const start = promisify(execFile)

beforeAll(async () => {
  scratch = await temporaryDirectory()
  const chapters = join(scratch, 'chapters.txt')
  writeFileSync(chapters, ';FFMETADATA1\ntitle=A \x1b[31mfilm\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=The beginning\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=The end\n')
  await start('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=25:d=2', '-f', 'lavfi', '-i', 'sine=d=2:r=48000', '-i', chapters, '-map', '0', '-map', '1', '-map_metadata', '2',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-ac', '2', '-metadata:s:a:0', 'language=deu', join(scratch, 'film.mp4')])
  await start('ffmpeg', ['-v', 'error', '-i', join(scratch, 'film.mp4'), '-map_metadata', '-1', '-map_chapters', '-1', '-c', 'copy', '-metadata:s:v:0', 'rotate=90', join(scratch, 'turned.mp4')])
  writeFileSync(join(scratch, 'page.html'), '<!doctype html><title>No film</title>')
  server = createServer((request, response) => {
    request.socket.once('close', () => closed++)
    if (request.url === '/never') response.writeHead(200).write('a')
    else createReadStream(join(scratch, request.url!.slice(1))).on('error', () => response.writeHead(404).end()).pipe(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  origin = `http://127.0.0.1:${port}`
  hub = await startKeyedHub(join(scratch, 'data'), { REELTIME_FETCH_ALLOW: `127.0.0.1:${port}` })
  api = (await hub.holder()).api
})
afterAll(async () => {
  await hub.stop()
  server.closeAllConnections()
  server.close()
  await removeDirectory(scratch)
})

const probe = (source: unknown, by = api) => by.post('/api/probe', { source })

test('an upload is described at once, with streams, chapters and tags that are only text', async () => {
  const { status, body, headers } = await probe(await api.upload(join(scratch, 'film.mp4')))
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
  expect(body).toMatchObject({
    format: 'mov,mp4,m4a,3gp,3g2,mj2', format_title: 'QuickTime / MOV', duration_seconds: 2, size: expect.any(Number), bits_per_second: expect.any(Number),
    chapters: [{ start_seconds: 0, end_seconds: 1, title: 'The beginning' }, { start_seconds: 1, end_seconds: 2, title: 'The end' }],
    tags: { title: 'A [31mfilm' },
  })
  expect(body.streams.slice(0, 2)).toMatchObject([
    { index: 0, kind: 'video', codec: 'h264', width: 160, height: 90, fps: 25, frames: 50, pixel_format: 'yuv420p', is_default: true },
    { index: 1, kind: 'audio', codec: 'aac', sample_rate: 48_000, channels: 2, channel_layout: 'stereo', language: 'deu' },
  ])
  expect(JSON.stringify(body)).not.toMatch(/handler|major_brand|"rotation"/)
})

test('a link is fetched, a clip that is stored lying has the size that is seen, and nothing is left behind', async () => {
  const { status, body } = await probe(`${origin}/turned.mp4`)
  expect([status, body.streams[0]]).toEqual([200, expect.objectContaining({ width: 90, height: 160 })])
  // Which way round `rotate` is meant depends on the version of ffmpeg.
  expect([90, 270]).toContain(body.streams[0].rotation)
  expect(readdirSync(join(scratch, 'data', 'probes'))).toEqual([])
})

test('what a job made is described, and a job describes the same as a file', async () => {
  const { body: { id } } = await api.post('/api/jobs', { tool: 'probe', input: { source: await api.upload(join(scratch, 'film.mp4')) } })
  expect(await api.ends(id)).toMatchObject({ status: 'completed', artifacts: [{ name: 'media.json', content_type: 'application/json' }] })
  expect(JSON.parse((await api.download(id, 'media.json')).bytes.toString()).streams).toMatchObject([{ codec: 'h264', fps: 25 }, { codec: 'aac' }, {}])
  const { body } = await api.post('/api/jobs', { tool: 'audio', input: { source: await api.upload(join(scratch, 'film.mp4')), format: 'flac' } })
  await api.ends(body.id)
  expect(await probe(`job:${body.id}/audio.flac`)).toMatchObject({ status: 200, body: { format: 'flac', streams: [{ codec: 'flac' }] } })
})

test.each([
  ['no media', () => `${origin}/page.html`, 400, 'source: is no media file that ffmpeg can read'],
  ['nothing there', () => `${origin}/nothing.mp4`, 502, /answered 404/],
  ['an address that is not public', () => 'http://127.0.0.2:1/x.mp4', 403, /./],
  ['no upload', () => 'upload:nothing', 404, /./],
  ['no string', () => 7, 400, /^source: /],
])('%s is answered with why', async (_, source, status, detail) => {
  const answer = await probe(source())
  expect([answer.status, answer.headers.get('content-type'), answer.body.detail]).toEqual([status, expect.stringContaining('application/problem+json'), typeof detail === 'string' ? detail : expect.stringMatching(detail)])
})

test('it counts as a job does: by what a key may use, and how often', async () => {
  const { api: audioOnly } = await hub.holder({ tools: ['audio'] })
  expect(await probe('upload:x', audioOnly)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  const { api: reader } = await hub.holder({ scopes: ['read'] })
  expect((await probe('upload:x', reader)).status).toBe(403)
  const limited = await startKeyedHub(join(scratch, 'limited'), { REELTIME_SUBMITS_PER_MINUTE: '1' })
  try {
    const { api: once } = await limited.holder()
    expect([(await probe('upload:x', once)).status, (await probe('upload:x', once)).status]).toEqual([404, 429])
  } finally {
    await limited.stop()
  }
})

test('only so many are fetched at the same time, and what nobody waits for any more is not fetched on', async () => {
  const waiting = new AbortController()
  const asked = Array.from({ length: 4 }, () => api.request('/api/probe', {
    method: 'POST', body: JSON.stringify({ source: `${origin}/never` }), headers: { 'content-type': 'application/json' }, signal: waiting.signal,
  }).catch(() => 'gone'))
  const directory = join(scratch, 'data', 'probes')
  await expect.poll(() => (existsSync(directory) ? readdirSync(directory) : [])).toHaveLength(4)
  expect(await probe(await api.upload(join(scratch, 'film.mp4')))).toMatchObject({ status: 429, body: { code: 'too_many_connections' } })
  closed = 0
  waiting.abort()
  expect(await Promise.all(asked)).toEqual(['gone', 'gone', 'gone', 'gone'])
  await expect.poll(() => [closed >= 4, readdirSync(directory).length]).toEqual([true, 0])
  expect((await probe(await api.upload(join(scratch, 'film.mp4')))).status).toBe(200)
})
