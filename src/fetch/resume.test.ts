import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createRawServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseAddressPolicy } from './address-policy.ts'
import { download, type DownloadOptions } from './download.ts'

const FILE = randomBytes(500_000)
const CUT = 200_000
const NOW = new Date().toUTCString()
const OLD = { 'last-modified': 'Wed, 01 Jan 2025 00:00:00 GMT' }

let directory: string
let file: string
let server: Server | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'resume-'))
  file = join(directory, 'input')
})

afterEach(async () => {
  await new Promise((closed) => server?.close(closed))
  await rm(directory, { recursive: true })
})

test.each([
  ['a strong ETag', { etag: '"one"' }, '"one"'],
  ['an old Last-Modified', OLD, OLD['last-modified']],
  ['an old Last-Modified beside a weak ETag', { ...OLD, etag: 'W/"one"' }, OLD['last-modified']],
])('goes on where the connection broke, by %s', async (_, headers, validator) => {
  const { url, ranges } = await serve([
    (_, response) => cutOff(response, headers),
    (request, response) => part(request, response, headers),
  ])
  expect(await fetchTo(url)).toMatchObject({ bytes: FILE.length })
  expect((await readFile(file)).equals(FILE)).toBe(true)
  expect(ranges).toEqual([undefined, { range: expect.stringMatching(/^bytes=[1-9]\d*-$/), ifRange: validator }])
})

test.each([
  ['there is no validator', {}],
  ['the ETag is weak', { etag: 'W/"one"' }],
  ['the file was changed in the second of its answer', { 'last-modified': NOW, 'date': NOW }],
  ['the server takes no ranges', { 'etag': '"one"', 'accept-ranges': 'none' }],
])('starts over without a range when %s', async (_, headers) => {
  const { url, ranges } = await serve([(_, response) => cutOff(response, headers), (_, response) => response.end(FILE)])
  await fetchTo(url)
  expect((await readFile(file)).equals(FILE)).toBe(true)
  expect(ranges).toEqual([undefined, undefined])
})

test('starts over when the file has changed and the server says so with a 200', async () => {
  const { url } = await serve([
    (_, response) => cutOff(response, { etag: '"one"' }),
    (_, response) => response.writeHead(200, { etag: '"two"' }).end('short and new'),
  ])
  expect(await fetchTo(url)).toMatchObject({ bytes: 13 })
  expect(await readFile(file, 'utf8')).toBe('short and new')
})

const wrong = (headers: (request: IncomingMessage) => Record<string, string>) =>
  (request: IncomingMessage, response: ServerResponse) => void response.writeHead(206, headers(request)).end('wrong')

test.each([
  ['of another ETag', wrong((request) => ({ 'etag': '"two"', 'content-range': rangeOf(request) }))],
  ['of another place', wrong(() => ({ 'etag': '"one"', 'content-range': `bytes 7-${FILE.length - 1}/${FILE.length}` }))],
  ['of another length', wrong((request) => ({ 'etag': '"one"', 'content-range': rangeOf(request).replace(/\d+$/, '500001') }))],
  ['without a place', wrong(() => ({ etag: '"one"' }))],
  ['that is a 416', (_: IncomingMessage, response: ServerResponse) => void response.writeHead(416).end()],
])('starts over, with no range, after an answer %s', async (_, answer) => {
  const { url, ranges } = await serve([
    (_, response) => cutOff(response, { etag: '"one"' }), answer, (_, response) => response.end(FILE),
  ])
  await fetchTo(url)
  expect((await readFile(file)).equals(FILE)).toBe(true)
  expect(ranges).toEqual([undefined, expect.anything(), undefined])
})

test('goes on after a server error between the two', async () => {
  const { url, ranges } = await serve([
    (_, response) => cutOff(response, { etag: '"one"' }),
    (_, response) => response.writeHead(503).end(),
    (request, response) => part(request, response, { etag: '"one"' }),
  ])
  await fetchTo(url)
  expect((await readFile(file)).equals(FILE)).toBe(true)
  expect(ranges[2]).toEqual(ranges[1])
})

test('takes a reset for what it is where no length is told', async () => {
  let connection: Socket | undefined
  // To close a socket with something unread in it is a reset.
  const running = createRawServer({ pauseOnConnect: true }, (socket) => {
    connection = socket
    socket.write('HTTP/1.1 200 OK\r\n\r\nhello')
  })
  server = running
  await new Promise<void>((listening) => running.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(running.address() as AddressInfo).port}/`
  await expect(fetchTo(url, { maxRetries: 0, onProgress: () => connection?.destroy() })).rejects.toMatchObject({
    message: `${url} broke off after 5 bytes`,
  })
})

test('goes on after a silence', async () => {
  const { url } = await serve([
    (_, response) => void response.writeHead(200, { 'content-length': FILE.length, 'etag': '"one"' }).write(FILE.subarray(0, CUT)),
    (request, response) => part(request, response, { etag: '"one"' }),
  ])
  await fetchTo(url, { minBytesPerSecond: 1, rateWindowMs: 1000 })
  expect((await readFile(file)).equals(FILE)).toBe(true)
})

test('waits once more for a server that does not answer, if some of the file is there', async () => {
  const { url } = await serve([
    (_, response) => cutOff(response, { etag: '"one"' }),
    () => {},
    (request, response) => part(request, response, { etag: '"one"' }),
  ])
  await fetchTo(url, { headersTimeoutMs: 1000 })
  expect((await readFile(file)).equals(FILE)).toBe(true)
})

test('a part that is longer than the file is not taken', async () => {
  const { url, ranges } = await serve([
    (_, response) => cutOff(response, { etag: '"one"' }),
    (request, response) => {
      response.writeHead(206, { 'etag': '"one"', 'content-range': rangeOf(request) })
      response.end(Buffer.concat([FILE.subarray(startOf(request)), Buffer.from('more')]))
    },
    (_, response) => response.end(FILE),
  ])
  await fetchTo(url)
  expect((await readFile(file)).equals(FILE)).toBe(true)
  expect(ranges[2]).toBeUndefined()
})

test('learns the length from a part where the first answer did not tell it', async () => {
  const { url } = await serve([
    (_, response) => void response.writeHead(200, { etag: '"one"' }).write(FILE.subarray(0, CUT), () => response.destroy()),
    (request, response) => {
      response.writeHead(206, { 'etag': '"one"', 'content-range': rangeOf(request) })
      response.end(FILE.subarray(startOf(request), CUT + 100_000))
    },
    (request, response) => part(request, response, { etag: '"one"' }),
  ])
  expect(await fetchTo(url)).toMatchObject({ bytes: FILE.length })
  expect((await readFile(file)).equals(FILE)).toBe(true)
})

test('comes through on a line that breaks more often than it may retry, as long as it gets further', async () => {
  const large = Buffer.alloc(8 * 2 ** 20, 'large file ')
  const breaking = (request: IncomingMessage, response: ServerResponse) => {
    const from = startOf(request)
    response.writeHead(from === 0 ? 200 : 206, {
      'etag': '"one"', 'content-length': large.length - from,
      ...(from === 0 ? {} : { 'content-range': `bytes ${from}-${large.length - 1}/${large.length}` }),
    })
    const rest = large.subarray(from, from + 1.25 * 2 ** 20)
    response.write(rest, () => response.destroy())
  }
  const { url, ranges } = await serve(Array.from({ length: 20 }, () => breaking))
  await fetchTo(url, { maxRetries: 1 })
  expect((await readFile(file)).equals(large)).toBe(true)
  expect(ranges.length).toBeGreaterThan(4)
})

test('a part may make the file larger than allowed no more than the first answer may', async () => {
  const { url } = await serve([
    (_, response) => void response.writeHead(200, { etag: '"one"' }).write(FILE.subarray(0, CUT), () => response.destroy()),
    (request, response) => part(request, response, { etag: '"one"' }),
  ])
  await expect(fetchTo(url, { maxBytes: FILE.length - 1 })).rejects.toMatchObject({ code: 'payload_too_large' })
  expect(await readdir(directory)).toEqual([])
})

function cutOff(response: ServerResponse, headers: Record<string, string>) {
  response.writeHead(200, { 'content-length': FILE.length, ...headers })
  response.write(FILE.subarray(0, CUT), () => response.destroy())
}

function part(request: IncomingMessage, response: ServerResponse, headers: Record<string, string>) {
  response.writeHead(206, { ...headers, 'content-range': rangeOf(request) }).end(FILE.subarray(startOf(request)))
}

function rangeOf(request: IncomingMessage) {
  return `bytes ${startOf(request)}-${FILE.length - 1}/${FILE.length}`
}

function startOf(request: IncomingMessage) {
  return Number(/\d+/.exec(request.headers.range ?? '0')?.[0])
}

function fetchTo(url: string, options: Partial<DownloadOptions> = {}) {
  return download(url, {
    policy: parseAddressPolicy('127.0.0.1'), file, maxBytes: 1e9, timeoutMs: 30_000, retryPauseMs: 1, signal: new AbortController().signal,
    ...options,
  })
}

/** A server with one answer for each request in turn, and the ranges that it was asked for. */
async function serve(answers: ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  const ranges: ({ range: string; ifRange: string | undefined } | undefined)[] = []
  const running = createServer((request, response) => {
    const { range, 'if-range': ifRange } = request.headers
    ranges.push(range === undefined ? undefined : { range, ifRange: ifRange as string | undefined })
    answers.shift()?.(request, response)
  })
  server = running
  await new Promise<void>((listening) => running.listen(0, '127.0.0.1', listening))
  return { url: `http://127.0.0.1:${(running.address() as AddressInfo).port}/`, ranges }
}
