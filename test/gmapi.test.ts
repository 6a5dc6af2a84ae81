import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromLuaBytes } from '../src/compat/gmapi-requests.ts'
import { createLogger } from '../src/logger.ts'
import { startHub, type Hub } from '../src/server.ts'

const SECONDS = 4
let directory: string
let media: Server
let hub: Hub
let mediaUrl: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reeltime-gmapi-'))
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=44100:duration=${SECONDS}`, '-ac', '2', join(directory, 'song.mp3')])
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=1', '-frames:v', '1', join(directory, 'cover.jpg')])
  media = createServer((incoming, outgoing) => {
    const name = incoming.url?.startsWith('/cover') ? 'cover.jpg' : 'song.mp3'
    if (incoming.url === '/missing') outgoing.writeHead(404).end()
    else if (incoming.url === '/page') outgoing.end('<!doctype html><title>no media</title>')
    else if (incoming.url === '/slow') setTimeout(() => createReadStream(join(directory, name)).pipe(outgoing), 9000)
    else createReadStream(join(directory, name)).pipe(outgoing)
  })
  media.listen(0, '127.0.0.1')
  await once(media, 'listening')
  const { port } = media.address() as AddressInfo
  mediaUrl = `http://127.0.0.1:${port}`
  hub = await startHub({
    PATH: process.env['PATH'], PORT: '0', REELTIME_DATA_DIR: join(directory, 'data'), REELTIME_FETCH_ALLOW: `127.0.0.1:${port}`,
  }, createLogger((line) => process.stderr.write(line)))
})

afterAll(async () => {
  await hub.stop()
  media.closeAllConnections()
  media.close()
  await rm(directory, { recursive: true, force: true })
})

interface Reply {
  readonly status: number
  readonly reason: string
  readonly headers: IncomingMessage['headers']
  readonly bytes: Buffer
  readonly firstByteMs: number
}

/** As CC:Tweaked sends it: its own connection, no Accept-Encoding, and it sees nothing of an error but the phrase. */
async function call(method: string, pathOrUrl: string, { body, headers = {} }: { body?: string | undefined; headers?: Record<string, string> } = {}): Promise<Reply> {
  const started = performance.now()
  const outgoing = request(new URL(pathOrUrl, hub.url), {
    method, agent: false, headers: { connection: 'close', 'user-agent': 'computercraft/1.109.0', 'accept-charset': 'UTF-8', ...headers },
  })
  outgoing.end(body)
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  let firstByteMs = Number.POSITIVE_INFINITY
  for await (const chunk of incoming) {
    firstByteMs = Math.min(firstByteMs, performance.now() - started)
    chunks.push(chunk as Buffer)
  }
  return { status: incoming.statusCode!, reason: incoming.statusMessage!, headers: incoming.headers, bytes: Buffer.concat(chunks), firstByteMs }
}

const post = (path: string, body: unknown) =>
  call('POST', path, { body: typeof body === 'string' ? body : JSON.stringify(body), headers: { 'content-type': 'application/json' } })
const json = ({ bytes }: Reply) => JSON.parse(bytes.toString()) as Record<string, any>

async function untilStatus(id: string, status: string): Promise<Record<string, any>> {
  await fetch(`${hub.url}/api/jobs/${id}/events`, { headers: { accept: 'text/event-stream' } }).then((response) => response.text())
  const task = json(await call('GET', `/api/task/${id}`, { headers: { 'content-type': 'application/json' } }))
  expect(task['status']).toBe(status)
  return task
}

describe('a speaker asks for its song', () => {
  const ask = (args: unknown = ['-vn', '-ar', '48000', '-ac', '1'], format = 'dfpwm') =>
    post('/api/ffmpeg', { input_url: `${mediaUrl}/song.mp3`, args, output_format: format })

  test('and gets an absolute link to 6,000 bytes a second, which works twice and without the client being known', async () => {
    const reply = await ask()
    expect(reply.status).toBe(200)
    const { status, download_url: link, file_id: id } = json(reply)
    expect(status).toBe('success')
    expect(link).toBe(`${hub.url}/download/${id}/${id}.dfpwm`)
    expect(link).not.toMatch(/[\s'"]/)
    const [first, second] = [await call('GET', link), await call('GET', link, { headers: { 'content-type': 'application/json' } })]
    expect(Math.abs(first!.bytes.length - 6000 * SECONDS)).toBeLessThan(6000 * SECONDS * 0.03)
    expect(second!.bytes.equals(first!.bytes)).toBe(true)
    expect(first!.headers['content-type']).toBe('application/octet-stream; charset=ISO-8859-1')
    expect(first!.headers['content-encoding']).toBeUndefined()
    expect(first!.headers['content-length']).toBe(String(first!.bytes.length))
  })

  test('again, and the file made before serves', async () => {
    const [first, second] = [json(await ask()), json(await ask())]
    expect(second['file_id']).toBe(first['file_id'])
  })

  test('in stereo: left and right are conversions of their own', async () => {
    const left = json(await ask(['-vn', '-ar', '48000', '-filter_complex', 'pan=mono|c0=FL']))
    const right = json(await ask(['-vn', '-ar', '48000', '-filter_complex', 'pan=mono|c0=FR']))
    expect([left['status'], right['status']]).toEqual(['success', 'success'])
    expect(left['file_id']).not.toBe(right['file_id'])
    expect((await call('GET', left['download_url'])).bytes.length).toBeGreaterThan(6000 * SECONDS * 0.97)
  })

  test('in 15 MiB pieces, by Range', async () => {
    const { download_url: link } = json(await ask())
    const whole = (await call('GET', link)).bytes
    const piece = await call('GET', link, { headers: { range: 'bytes=100-199' } })
    expect(piece.status).toBe(206)
    expect(piece.headers['content-range']).toBe(`bytes 100-199/${whole.length}`)
    expect(piece.bytes.equals(whole.subarray(100, 200))).toBe(true)
  })

  test('with an empty Lua table for args, which arrives as {}, and no format, which means mp3', async () => {
    const reply = await post('/api/ffmpeg', { input_url: `${mediaUrl}/song.mp3`, args: {} })
    expect(json(reply)['download_url']).toMatch(/\.mp3$/)
  })

  test('whose link has Chinese characters, which ComputerCraft sends byte by byte', async () => {
    const bytes = '\\u00E4\\u00B8\\u00AD'
    const reply = await post('/api/ffmpeg', `{"input_url":"${mediaUrl}/song-${bytes}.mp3","args":["-vn","-ac","1"],"output_format":"wav"}`)
    expect(json(reply)['status']).toBe('success')
  })

  test('that takes longer than 30 s without a byte would: white space comes first, then the answer', async () => {
    const reply = await post('/api/ffmpeg', { input_url: `${mediaUrl}/slow`, args: ['-vn', '-ac', '2'], output_format: 'wav' })
    expect(reply.status).toBe(200)
    expect(reply.bytes.toString()).toMatch(/^ +\{/)
    expect(json(reply)['status']).toBe('success')
  })
})

test('a cover becomes a small bitmap', async () => {
  const reply = json(await post('/api/ffmpeg', { input_url: `${mediaUrl}/cover.jpg`, args: ['-vf', 'scale=10:10', '-q:v', '100'], output_format: 'bmp' }))
  const { bytes } = await call('GET', reply['download_url'])
  expect(bytes.toString('latin1', 0, 2)).toBe('BM')
  expect([bytes.readInt32LE(18), Math.abs(bytes.readInt32LE(22))]).toEqual([10, 10])
})

describe('a task that is polled', () => {
  test('has an object for its result from the first poll on, and every field of the documented answer', async () => {
    const created = json(await post('/api/ffmpeg/async', { input_url: `${mediaUrl}/song.mp3`, args: ['-vn', '-ar', '32000'], output_format: 'ogg' }))
    expect(created).toMatchObject({ status: 'success', status_url: `${hub.url}/api/task/${created['task_id']}` })
    const first = json(await call('GET', created['status_url']))
    expect(first['result']).toBeTypeOf('object')
    expect(first['new_logs']).toBeInstanceOf(Array)
    expect(['pending', 'running', 'completed']).toContain(first['status'])
    const done = await untilStatus(created['task_id'], 'completed')
    expect(done).toMatchObject({ task_id: created['task_id'], type: 'ffmpeg', progress: 100, result: { status: 'success', file_id: created['task_id'] } })
    expect(done['end_time']).toBeGreaterThan(done['start_time'])
    expect(done['create_time']).toBeLessThan(Date.now() / 1000)
    expect((await call('GET', done['result']['download_url'])).bytes.toString('latin1', 0, 4)).toBe('OggS')
  })

  test('tells each line once to a client that says nothing, and all of them to one that keeps its place', async () => {
    const { task_id: id } = json(await post('/api/ffmpeg/async', { input_url: `${mediaUrl}/song.mp3`, args: ['-vn', '-ar', '22050'], output_format: 'wav' }))
    await fetch(`${hub.url}/api/jobs/${id}/events`, { headers: { accept: 'text/event-stream' } }).then((response) => response.text())
    const first = json(await call('GET', `/api/task/${id}`))
    const again = json(await call('GET', `/api/task/${id}`))
    expect((json(await call('GET', `/api/jobs/${id}`)))['offset']).toBe(first['offset'])
    expect(first['new_logs']).toHaveLength(first['total_logs'])
    expect(first['total_logs']).toBeGreaterThan(5)
    expect(again['new_logs']).toEqual([])
    const placed = json(await call('GET', `/api/task/${id}?after=start`))
    expect(placed['new_logs']).toEqual(first['new_logs'])
    expect(json(await call('GET', `/api/task/${id}?after=${placed['offset']}`))['new_logs']).toEqual([])
  })

  test('that failed says why in message and in error', async () => {
    const { task_id: id } = json(await post('/api/ffmpeg/async', { input_url: `${mediaUrl}/page`, args: ['-vn'], output_format: 'mp3' }))
    const task = await untilStatus(id, 'error')
    expect(task['message']).toMatch(/no media file/)
    expect(task['error']).toBe(task['message'])
    expect(task['result']).toEqual({})
  })

  test('is in the list', async () => {
    const { task_id: id } = json(await post('/api/ffmpeg/async', { input_url: `${mediaUrl}/song.mp3`, args: ['-vn', '-ar', '16000'], output_format: 'wav' }))
    const { tasks } = json(await call('GET', '/api/tasks'))
    expect(tasks.map((task: { task_id: string }) => task.task_id)).toContain(id)
  })
})

describe('what cannot be is said in the reason phrase, in error and in message', () => {
  test.each([
    ['no body', '', 400, /no body/],
    ['no JSON', '{"input_url":', 400, /not JSON/],
    ['no input_url, as when a look-up failed', { args: [] }, 400, /input_url is missing/],
    ['args that are no list', { input_url: 'http://example.com/a.mp3', args: 'x' }, 400, /args/],
    ['an argument that reads a file', { input_url: 'http://example.com/a.mp3', args: ['-i', '/etc/passwd'] }, 403, /-i/],
    ['an output path', { input_url: 'http://example.com/a.mp3', args: ['/tmp/x.mp3'] }, 403, /args\[0\]/],
    ['a file', { input_url: 'file:///etc/passwd' }, 403, /file/],
    ['this machine', { input_url: 'http://127.0.0.1:1/a.mp3' }, 403, /source address not allowed/],
    ['this machine in IPv6', { input_url: 'http://[::ffff:127.0.0.1]/a.mp3' }, 403, /source address not allowed/],
    ['a format that there is not', { input_url: 'http://example.com/a.mp3', output_format: 'mp5' }, 400, /mp5/],
  ])('%s', async (_, body, status, text) => {
    const reply = await post('/api/ffmpeg', body)
    expect(reply.status).toBe(status)
    expect(reply.reason).toMatch(text)
    expect(json(reply)).toMatchObject({ status: 'error', error: expect.stringMatching(text), message: expect.stringMatching(text) })
  })

  test('a source that is not there', async () => {
    const reply = await post('/api/ffmpeg', { input_url: `${mediaUrl}/missing`, args: [], output_format: 'mp3' })
    expect(reply.status).toBe(500)
    expect(reply.reason).toMatch(/404/)
  })

  test('a task and a file that are not there', async () => {
    const [task, file] = [await call('GET', '/api/task/nothing'), await call('GET', '/download/nothing/nothing.mp3')]
    expect([task.status, file.status]).toEqual([404, 404])
    expect(task.reason).toMatch(/no job/)
    expect(json(file)).toMatchObject({ status: 'error' })
  })
})

describe('text as ComputerCraft writes it', () => {
  test('one character for each byte is put together again', () => expect(fromLuaBytes('\u00e4\u00b8\u00ad.mp3')).toBe('中.mp3'))
  test('real text stays as it is', () => expect(['café', '中.mp3', 'plain'].map(fromLuaBytes)).toEqual(['café', '中.mp3', 'plain']))
})
