import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Upload as TusUpload } from 'tus-js-client'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { BreakingUplink } from './breaking-uplink.ts'
import { askRaw, startKeyedHub } from './keyed-hub.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

const TUS = { 'tus-resumable': '1.0.0' }
const BYTES = { ...TUS, 'content-type': 'application/offset+octet-stream' }

let directory: string
let hub: InnerHub
const others: { stop(): Promise<void> }[] = []

beforeAll(async () => {
  directory = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(directory, 'data'), REELTIME_MAX_INPUT_BYTES: '20000000', REELTIME_MAX_UPLOADS_BYTES: '60000000', REELTIME_SUBMITS_PER_MINUTE: '1000' })
})
afterEach(async () => {
  for (const other of others.splice(0)) await other.stop()
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(directory)
})

async function another(settings: Record<string, string>): Promise<InnerHub> {
  const started = await startInnerHub({ REELTIME_DATA_DIR: join(directory, `data-${others.length}-${Date.now()}`), ...settings })
  others.push(started)
  return started
}

async function create(size: number, { headers = {}, url = hub.url }: { headers?: Record<string, string>; url?: string } = {}): Promise<string> {
  const answer = await fetch(`${url}/files`, { method: 'POST', headers: { ...TUS, 'upload-length': String(size), ...headers } })
  expect(answer.status).toBe(201)
  return answer.headers.get('location') ?? ''
}

function patch(address: string, offset: number, body: Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(hub.url + address, { method: 'PATCH', headers: { ...BYTES, 'upload-offset': String(offset), ...headers }, body: new Uint8Array(body) })
}

async function head(address: string, url = hub.url): Promise<Headers> {
  const answer = await fetch(url + address, { method: 'HEAD', headers: TUS })
  expect(answer.status).toBe(200)
  return answer.headers
}

async function shown(address: string): Promise<{ status: number; body: any }> {
  return hub.api.request(address.replace('/files/', '/api/uploads/'))
}

/** A PATCH that has sent some of what it promised and stands still. */
async function hangingPatch(address: string, { offset, promised, sent }: { offset: number; promised: number; sent: Uint8Array }): Promise<Socket> {
  const socket = connect(Number(new URL(hub.url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  const lines = [`PATCH ${address} HTTP/1.1`, 'Host: 127.0.0.1', 'Tus-Resumable: 1.0.0', 'Content-Type: application/offset+octet-stream', `Upload-Offset: ${offset}`, `Content-Length: ${promised}`]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  socket.write(sent)
  await vi.waitFor(async () => expect((await shown(address)).body.received).toBe(offset + sent.length), { timeout: 30_000, interval: 10 })
  return socket
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('what is sent in pieces is whole with the last of them, and an upload like any other', async () => {
  const bytes = randomBytes(300_000)
  const address = await create(bytes.length, { headers: { 'upload-metadata': `filename ${Buffer.from('視頻 1.mp4').toString('base64')},private` } })
  expect(address).toMatch(/^\/files\/[\w-]{21}$/)
  const first = await patch(address, 0, bytes.subarray(0, 100_000))
  expect([first.status, first.headers.get('upload-offset'), first.headers.get('tus-resumable')]).toEqual([204, '100000', '1.0.0'])
  const id = address.slice('/files/'.length)
  expect((await shown(address)).body).toEqual({ id, name: '視頻 1.mp4', size: 300_000, received: 100_000, source: `upload:${id}`, expires_at: expect.any(Number) as number })
  const headers = await head(address)
  expect(Object.fromEntries(['upload-offset', 'upload-length', 'cache-control', 'upload-metadata'].map((name) => [name, headers.get(name)]))).toEqual({
    'upload-offset': '100000', 'upload-length': '300000', 'cache-control': 'no-store', 'upload-metadata': `filename ${Buffer.from('視頻 1.mp4').toString('base64')},private`,
  })
  expect(Date.parse(headers.get('upload-expires') ?? '')).toBeGreaterThan(Date.now() + 7_000_000)
  expect((await patch(address, 100_000, bytes.subarray(100_000))).headers.get('upload-offset')).toBe('300000')
  expect((await shown(address)).body).toEqual({ id, name: '視頻 1.mp4', size: 300_000, sha256: sha256(bytes), source: `upload:${id}`, expires_at: expect.any(Number) as number })
  expect((await head(address)).get('upload-metadata')).toContain('private')
  expect((await readFile(join(directory, 'data/uploads', id, 'data'))).equals(bytes)).toBe(true)
  expect(await readdir(join(directory, 'data/unfinished'))).toEqual([])
  // The answer to the last piece may have been lost.
  expect((await patch(address, 300_000, new Uint8Array())).status).toBe(204)
  expect((await patch(address, 0, bytes)).status).toBe(409)
})

test('a small file is sent with its announcement', async () => {
  const answer = await fetch(`${hub.url}/files`, { method: 'POST', headers: { ...BYTES, 'upload-length': '5' }, body: 'hello' })
  expect([answer.status, answer.headers.get('upload-offset'), await answer.json()]).toMatchObject([201, '5', { name: 'upload', size: 5, sha256: sha256(Buffer.from('hello')) }])
})

test('a length that is not known yet comes with the last piece', async () => {
  const answer = await fetch(`${hub.url}/files`, { method: 'POST', headers: { ...TUS, 'upload-defer-length': '1' } })
  const address = answer.headers.get('location') ?? ''
  await patch(address, 0, Buffer.from('hello '))
  const headers = await head(address)
  expect([headers.get('upload-defer-length'), headers.get('upload-length'), headers.get('upload-offset')]).toEqual(['1', null, '6'])
  expect((await patch(address, 6, Buffer.from('world'), { 'upload-length': '3' })).status).toBe(400)
  expect((await patch(address, 6, Buffer.from('world'), { 'upload-length': '11' })).status).toBe(204)
  expect((await shown(address)).body).toMatchObject({ size: 11, sha256: sha256(Buffer.from('hello world')) })
})

test('OPTIONS tells what there is, and another version is refused with the one that is spoken', async () => {
  const { status, headers } = await fetch(`${hub.url}/files`, { method: 'OPTIONS' })
  expect([status, headers.get('tus-version'), headers.get('tus-max-size'), headers.get('tus-extension')]).toEqual([
    204, '1.0.0', '20000000', 'creation,creation-with-upload,creation-defer-length,expiration,termination',
  ])
  const answer = await fetch(`${hub.url}/files`, { method: 'POST', headers: { 'tus-resumable': '0.2.2', 'upload-length': '5' } })
  expect([answer.status, answer.headers.get('tus-version'), await answer.json()]).toMatchObject([412, '1.0.0', { code: 'version_unsupported', hint: expect.stringContaining('PUT') as string }])
})

test.each([
  ['no length', {}, 400, 'Upload-Length'],
  ['a length that is none', { 'upload-length': '-1' }, 400, 'Upload-Length'],
  ['no bytes', { 'upload-length': '0' }, 400, 'body'],
  ['more bytes than a file may have', { 'upload-length': '20000001' }, 413, 'body'],
  ['metadata that is none', { 'upload-length': '5', 'upload-metadata': 'filename ***' }, 400, 'Upload-Metadata'],
  ['a name that is too long', { 'upload-length': '5', 'upload-metadata': `filename ${Buffer.from('x'.repeat(300)).toString('base64')}` }, 400, 'name'],
])('an upload with %s is refused with the field', async (_, headers, status, path) => {
  const answer = await fetch(`${hub.url}/files`, { method: 'POST', headers: { ...TUS, ...headers } as Record<string, string> })
  expect([answer.status, await answer.json()]).toMatchObject([status, { errors: [{ path }] }])
})

test('bytes at another offset, beyond the length or of another type are refused and harm nothing', async () => {
  const address = await create(10)
  await patch(address, 0, Buffer.from('hello'))
  expect(await (await patch(address, 4, Buffer.from('x'))).json()).toMatchObject({ status: 409, code: 'upload_conflict', errors: [{ path: 'Upload-Offset', message: 'must be 5' }] })
  expect((await patch(address, 5, Buffer.from('worlds'))).status).toBe(413)
  expect((await patch(address, 5, Buffer.from('world'), { 'content-type': 'text/plain' })).status).toBe(415)
  expect((await patch(address, 5, Buffer.from('world'))).status).toBe(204)
  expect((await shown(address)).body.sha256).toBe(sha256(Buffer.from('helloworld')))
})

test('a request that breaks off leaves what came, and HEAD tells where to go on', async () => {
  const bytes = randomBytes(200_000)
  const address = await create(bytes.length)
  const socket = await hangingPatch(address, { offset: 0, promised: bytes.length, sent: bytes.subarray(0, 70_000) })
  socket.resetAndDestroy()
  expect((await head(address)).get('upload-offset')).toBe('70000')
  await patch(address, 70_000, bytes.subarray(70_000))
  expect((await shown(address)).body.sha256).toBe(sha256(bytes))
})

test('the next request takes an upload over from one that hangs, which is told', async () => {
  const bytes = randomBytes(100_000)
  const address = await create(bytes.length)
  const hanging = await hangingPatch(address, { offset: 0, promised: bytes.length, sent: bytes.subarray(0, 40_000) })
  const second = patch(address, 40_000, bytes.subarray(40_000))
  expect((await once(hanging, 'data')).toString()).toMatch(/^HTTP\/1.1 409 [^]*upload_conflict/)
  expect((await second).status).toBe(204)
  expect((await shown(address)).body.sha256).toBe(sha256(bytes))
  hanging.destroy()
})

test('of many who send the same bytes at the same time one wins, and the file is whole', async () => {
  const bytes = randomBytes(2_000_000)
  const address = await create(bytes.length)
  const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await patch(address, 0, bytes)).status))
  expect(statuses.every((status) => status === 204 || status === 409)).toBe(true)
  const offset = Number((await head(address)).get('upload-offset'))
  if (offset < bytes.length) await patch(address, offset, bytes.subarray(offset))
  expect((await shown(address)).body.sha256).toBe(sha256(bytes))
})

test('what is deleted is gone, whole or not, for the request too that still sends', async () => {
  const address = await create(100)
  const hanging = await hangingPatch(address, { offset: 0, promised: 100, sent: Buffer.from('hello') })
  const told = text(hanging)
  expect((await fetch(hub.url + address, { method: 'DELETE', headers: TUS })).status).toBe(204)
  hanging.end()
  expect(await told).toContain('409')
  expect((await fetch(hub.url + address, { method: 'HEAD', headers: TUS })).status).toBe(404)
  expect((await patch(address, 5, Buffer.from('x'))).status).toBe(404)
  const whole = (await (await fetch(`${hub.url}/files`, { method: 'POST', headers: { ...BYTES, 'upload-length': '5' }, body: 'hello' })).json() as { id: string }).id
  expect((await fetch(`${hub.url}/files/${whole}`, { method: 'POST', headers: { ...TUS, 'x-http-method-override': 'DELETE' } })).status).toBe(204)
  expect((await shown(`/files/${whole}`)).status).toBe(404)
})

test('uploads that no job has used take no more together than is set, until one is used, removed or expired', async () => {
  const small = await another({ REELTIME_MAX_INPUT_BYTES: '1000', REELTIME_MAX_UPLOADS_BYTES: '2000' })
  const announce = async (size: number) => (await fetch(`${small.url}/files`, { method: 'POST', headers: { ...TUS, 'upload-length': String(size) } }))
  const first = (await announce(1000)).headers.get('location') ?? ''
  expect((await small.api.request('/api/uploads/a', { method: 'PUT', body: 'x'.repeat(900) })).status).toBe(201)
  expect(await (await announce(101)).json()).toMatchObject({ status: 507, code: 'uploads_full', errors: [{ message: 'at most 100 bytes at present' }], hint: expect.stringContaining('REELTIME_MAX_UPLOADS_BYTES') as string })
  const undeclared = await fetch(`${small.url}/api/uploads/b`, { method: 'PUT', body: new Blob(['x'.repeat(101)]).stream(), duplex: 'half' } as RequestInit)
  expect(undeclared.status).toBe(507)
  expect((await announce(100)).status).toBe(201)
  await fetch(small.url + first, { method: 'DELETE', headers: TUS })
  expect((await announce(1000)).status).toBe(201)
})

test('the sum is counted again after a restart, without what jobs have used', async () => {
  const data = join(directory, 'restarted')
  const settings = { REELTIME_DATA_DIR: data, REELTIME_MAX_INPUT_BYTES: '1000', REELTIME_MAX_UPLOADS_BYTES: '1000' }
  const put = (to: InnerHub, size: number) => to.api.request('/api/uploads/a', { method: 'PUT', body: 'x'.repeat(size) })
  const before = await startInnerHub(settings)
  await create(300, { url: before.url })
  const { body } = await put(before, 600)
  expect((await put(before, 101)).status).toBe(507)
  await before.api.accepted({ input_url: body.source, args: [], output_format: 'mp3' })
  await put(before, 500)
  await before.stop()
  const after = await startInnerHub(settings)
  others.push(after)
  expect([(await put(after, 201)).status, (await put(after, 200)).status]).toEqual([507, 201])
})

test('a full disk refuses an announcement', async () => {
  const full = await another({ REELTIME_DISK_FLOOR: String(2 ** 53 - 1) })
  const answer = await fetch(`${full.url}/files`, { method: 'POST', headers: { ...TUS, 'upload-length': '10' } })
  expect([answer.status, await answer.json()]).toMatchObject([507, { code: 'disk_full' }])
})

test('keys, rates, byte quotas and origins hold as for other uploads', async () => {
  const keyed = await startKeyedHub(join(directory, 'keyed'), { REELTIME_ANONYMOUS: 'none', REELTIME_SUBMITS_PER_MINUTE: '3', REELTIME_ALLOWED_ORIGINS: 'https://named.example' })
  others.push(keyed)
  const { secret } = await keyed.holder({ bytesPerDay: 1000 })
  const reader = await keyed.holder({ scopes: ['read'] })
  const key = { authorization: `Bearer ${secret}` }
  const announce = (headers: Record<string, string>, size = 2000) =>
    askRaw(keyed.url, '/files', { method: 'POST', headers: { ...TUS, 'upload-length': String(size), ...headers } })
  expect((await announce({})).status).toBe(401)
  expect((await askRaw(keyed.url, '/files', { method: 'OPTIONS' })).headers['tus-version']).toBe('1.0.0')
  expect((await announce({ authorization: `Bearer ${reader.secret}` })).status).toBe(403)
  expect((await announce({ ...key, origin: 'https://other.example' })).status).toBe(403)
  const created = await announce(key)
  const address = String(created.headers.location)
  expect((await askRaw(keyed.url, address, { method: 'HEAD', headers: TUS })).status).toBe(401)
  const send = (offset: number, body: string) => askRaw(keyed.url, address, { method: 'PATCH', headers: { ...BYTES, ...key, 'upload-offset': String(offset) }, body })
  expect((await send(0, 'x'.repeat(900))).status).toBe(204)
  expect(JSON.parse((await send(900, 'x'.repeat(200))).body)).toMatchObject({ status: 429, code: 'quota_exceeded' })
  expect((await askRaw(keyed.url, address, { method: 'HEAD', headers: { ...TUS, ...key } })).headers['upload-offset']).toBe('900')
  const asked = { origin: 'https://named.example', 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'tus-resumable,upload-offset' }
  const preflight = await askRaw(keyed.url, address, { method: 'OPTIONS', headers: asked })
  expect(preflight.headers).toMatchObject({ 'access-control-allow-methods': expect.stringContaining('PATCH') as string, 'access-control-allow-headers': expect.stringContaining('Upload-Offset') as string })
  expect((await askRaw(keyed.url, address, { method: 'OPTIONS', headers: { ...asked, origin: 'https://other.example' } })).status).toBe(403)
  const named = await askRaw(keyed.url, address, { method: 'HEAD', headers: { ...TUS, ...key, origin: 'https://named.example' } })
  expect(named.headers['access-control-expose-headers']).toContain('Upload-Offset')
  expect([(await announce(key)).status, (await announce(key)).status, (await announce(key)).status]).toEqual([201, 201, 429])
})

test('tus-js-client goes on after broken connections', async () => {
  const bytes = randomBytes(8_000_000)
  const proxy = await BreakingUplink.start(() => Number(new URL(hub.url).port), { breakAfter: [1_500_000, 3_000_000, 6_000_000] })
  others.push(proxy)
  const upload = await new Promise<TusUpload>((resolve, reject) => {
    const sending: TusUpload = new TusUpload(bytes, {
      endpoint: `${proxy.url}/files`, retryDelays: [10, 10, 10, 10], metadata: { filename: 'clip.mp4' }, onError: reject, onSuccess: () => resolve(sending),
    })
    sending.start()
  })
  expect(proxy.breaks).toBe(3)
  const address = new URL(upload.url ?? '').pathname
  expect((await shown(address)).body).toMatchObject({ name: 'clip.mp4', size: bytes.length, sha256: sha256(bytes) })
})

test('tus-js-client sends in pieces, of unknown length, and with the announcement', async () => {
  const bytes = randomBytes(1_000_000)
  for (const options of [{ chunkSize: 300_000 }, { uploadLengthDeferred: true, chunkSize: 300_000 }, { uploadDataDuringCreation: true }, { overridePatchMethod: true }]) {
    const upload = await new Promise<TusUpload>((resolve, reject) => {
      const sending: TusUpload = new TusUpload(bytes, { endpoint: `${hub.url}/files`, onError: reject, onSuccess: () => resolve(sending), ...options })
      sending.start()
    })
    expect((await shown(new URL(upload.url ?? '').pathname)).body, JSON.stringify(options)).toMatchObject({ sha256: sha256(bytes) })
  }
})
