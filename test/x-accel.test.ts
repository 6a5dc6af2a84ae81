import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { copyFile, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { request, type IncomingMessage, type RequestOptions } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Job } from '../src/jobs/job.ts'
import { encode, H264, picture } from './frame-media.ts'
import { brief, makeTone } from './media.ts'
import { isNginxInstalled, startNginx, type Nginx } from './nginx.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

const RECIPE = /```nginx\n(  location \/reeltime-data\/[\s\S]*?)```/.exec(readFileSync('docs/behind-a-proxy.md', 'utf8'))![1]!

let scratch: string
let hub: InnerHub
let nginx: Nginx
let job: Job
let path: string
let downloadPath: string

beforeAll(async () => {
  if (!isNginxInstalled) return
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_TRUSTED_PROXIES: '127.0.0.1', REELTIME_X_ACCEL: '/reeltime-data' })
  nginx = await startNginx(join(scratch, 'nginx'), `
    location / {
      proxy_pass ${hub.url};
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
    ${RECIPE.replace('/srv/reeltime/', `${scratch}/data/`)}`)
  const id = await hub.api.accepted({ ...brief(await hub.api.upload(makeTone(scratch)), 20), output_format: 'wav' })
  job = await hub.api.ends(id)
  path = job.artifacts[0]!.url
  downloadPath = `/download/${id}/${id}.wav`
})
afterAll(async () => {
  await nginx?.stop()
  await hub?.stop()
  if (scratch) await removeDirectory(scratch)
})

interface Answer {
  readonly status: number | undefined
  readonly headers: Record<string, string[] | undefined>
  readonly bytes: Buffer
}

async function open(base: string, options: RequestOptions & { path: string }): Promise<IncomingMessage> {
  const { hostname, port } = new URL(base)
  const outgoing = request({ hostname, port, agent: false, ...options })
  outgoing.end()
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  return incoming
}

async function ask(base: string, options: RequestOptions & { path: string }): Promise<Answer> {
  const incoming = await open(base, options)
  return { status: incoming.statusCode, headers: incoming.headersDistinct as Answer['headers'], bytes: await buffer(incoming) }
}

const throughNginx = (options: RequestOptions & { path: string }) => ask(`http://127.0.0.1:${nginx.port}`, options)
const directly = (options: RequestOptions & { path: string }) => ask(hub.url, options)

/** What differs from server to server, or from second to second. */
const OWN = ['date', 'server', 'connection', 'keep-alive', 'transfer-encoding']
/** nginx does not say of a part what its Content-Range says already. */
const OWN_OF_PARTS = [...OWN, 'accept-ranges']

function seen({ status, headers, bytes }: Answer): object {
  const own = status === 206 ? OWN_OF_PARTS : OWN
  return { status, headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !own.includes(name))), sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** What the hub says to nginx. */
const asNginx = (options: RequestOptions & { path: string }) =>
  directly({ ...options, headers: { ...options.headers, 'x-forwarded-for': '192.0.2.1' } })

describe.skipIf(!isNginxInstalled)('behind nginx that sends the files', () => {
  test('the hub answers with the place of the file and none of its bytes', async () => {
    for (const each of [path, downloadPath]) {
      const { status, headers, bytes } = await asNginx({ path: each })
      expect([status, bytes.length, headers['x-accel-redirect']]).toEqual([200, 0, [`/reeltime-data/jobs/${job.id}/artifacts/output.wav`]])
    }
  })

  test.each<[string, () => RequestOptions & { path: string }, number]>([
    ['a whole file', () => ({ path }), 200],
    ['the link of the dialect', () => ({ path: downloadPath }), 200],
    ['HEAD', () => ({ path, method: 'HEAD' }), 200],
    ['a range', () => ({ path, headers: { range: 'bytes=1000-4999' } }), 206],
    ['all from a byte on', () => ({ path, headers: { range: 'bytes=1000-' } }), 206],
    ['the last bytes', () => ({ path, headers: { range: 'bytes=-10' } }), 206],
    ['a range longer than the file', () => ({ path, headers: { range: 'bytes=10-99999999999' } }), 206],
    ['a range of the file that is known', () => ({ path, headers: { range: 'bytes=0-9', 'if-range': etag() } }), 206],
    ['a range of another file', () => ({ path, headers: { range: 'bytes=0-9', 'if-range': '"other"' } }), 200],
    ['several ranges', () => ({ path, headers: { range: 'bytes=0-9,20-29' } }), 200],
    ['a range backwards', () => ({ path, headers: { range: 'bytes=9-5' } }), 200],
    ['a range beyond the end', () => ({ path, headers: { range: 'bytes=99999999999-' } }), 416],
    ['a file that is known', () => ({ path, headers: { 'if-none-match': etag() } }), 304],
    ['a file that is known by its date', () => ({ path, headers: { 'if-modified-since': new Date().toUTCString() } }), 304],
    ['another file that is known', () => ({ path, headers: { 'if-none-match': '"other"' } }), 200],
    ['another file that is known, of the same date', () => ({ path, headers: { 'if-none-match': '"other"', 'if-modified-since': new Date().toUTCString() } }), 200],
    ['the file of an ETag', () => ({ path, headers: { 'if-match': etag() } }), 200],
    ['a file that there is not', () => ({ path: `${path}x` }), 404],
  ])('%s is answered as without it', async (_, options, status) => {
    const answer = await throughNginx(options())
    expect(answer.status).toBe(status)
    expect(seen(answer)).toEqual(seen(await directly(options())))
  })

  test('an answer that nginx has made says nothing of where the file was', async () => {
    const { headers, bytes } = await throughNginx({ path })
    expect(bytes.length).toBe(job.artifacts[0]!.size)
    expect(JSON.stringify(headers)).not.toMatch(/reeltime-data|x-accel|\/jobs\//i)
  })

  test('a whole pack of frames is a file too; a part of one is not', async () => {
    const source = await hub.api.upload(encode(join(scratch, 'clip.mp4'), [...picture('64x36', 10, 2), ...H264]))
    const { body: { id } } = await hub.api.post('/api/jobs', { tool: 'video_frame', input: { source, width: 32, height: 18, fps: 10 } })
    await hub.api.ends(id)
    const pack = `/api/jobs/${id}/framepack`
    expect((await asNginx({ path: pack })).headers['x-accel-redirect']).toEqual([`/reeltime-data/jobs/${id}/frames/frames.pack`])
    const sent = await throughNginx({ path: pack })
    expect(sent.bytes.readUInt32BE(0)).toBe(20)
    expect(sent.bytes.equals((await directly({ path: pack })).bytes)).toBe(true)
    expect(sent.headers['content-type']).toEqual(['application/octet-stream'])
    for (const part of [`${pack}?from=2`, `${pack}?count=19`, `${pack}?follow=1`]) {
      expect((await asNginx({ path: part })).headers['x-accel-redirect']).toBeUndefined()
      expect((await throughNginx({ path: part })).bytes.equals((await directly({ path: part })).bytes)).toBe(true)
    }
  })

  test('forged headers get nobody anything', async () => {
    const forged = { 'x-forwarded-for': '127.0.0.1', 'x-accel-redirect': '/reeltime-data/hub.sqlite', 'x-forwarded-host': 'evil.example' }
    expect(seen(await throughNginx({ path, headers: forged }))).toEqual(seen(await directly({ path })))
    const stranger = await directly({ path, headers: forged, localAddress: '127.0.0.2' })
    expect(seen(stranger)).toEqual(seen(await directly({ path })))
    for (const inside of ['/reeltime-data/hub.sqlite', `/reeltime-data/jobs/${job.id}/artifacts/output.wav`]) {
      expect((await throughNginx({ path: inside })).status).toBe(404)
    }
  })

  test('a file that is not as it was recorded is not handed over', async () => {
    const id = await hub.api.accepted(brief(await hub.api.upload(join(scratch, 'tone.wav')), 1))
    const { artifacts: [artifact] } = await hub.api.ends(id)
    const file = join(hub.directory, 'jobs', id, 'artifacts', artifact!.name)
    await copyFile(file, join(scratch, 'same'))
    await rm(file)
    await symlink(join(scratch, 'same'), file)
    expect((await asNginx({ path: artifact!.url })).headers['x-accel-redirect']).toBeUndefined()
    await rm(file)
    await writeFile(file, 'another')
    expect((await throughNginx({ path: artifact!.url })).status).toBe(500)
  })

  test('a download that has begun goes on when its job is removed', async () => {
    const id = await hub.api.accepted({ ...brief(await hub.api.upload(join(scratch, 'tone.wav'))), args: ['-t', '30', '-ar', '192000', '-ac', '2'], output_format: 'wav' })
    const { artifacts: [artifact] } = await hub.api.ends(id)
    const expected = await readFile(join(hub.directory, 'jobs', id, 'artifacts', artifact!.name))
    const incoming = await open(`http://127.0.0.1:${nginx.port}`, { path: artifact!.url })
    await once(incoming, 'readable')
    expect((await hub.api.request(`/api/jobs/${id}`, { method: 'DELETE' })).status).toBe(204)
    await expect(stat(join(hub.directory, 'jobs', id))).rejects.toMatchObject({ code: 'ENOENT' })
    expect((await buffer(incoming)).equals(expected)).toBe(true)
    expect((await throughNginx({ path: artifact!.url })).status).toBe(410)
  })
})

function etag(): string {
  return `"${job.artifacts[0]!.sha256}"`
}
