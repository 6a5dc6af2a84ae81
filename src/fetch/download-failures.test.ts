import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createRawServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseAddressPolicy } from './address-policy.ts'
import { download, type DownloadOptions } from './download.ts'

let directory: string
let file: string
let servers: { server: Server; sockets: Set<Socket> }[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'failure-'))
  file = join(directory, 'input')
  servers = []
})

afterEach(async () => {
  for (const { server, sockets } of servers) {
    for (const socket of sockets) socket.destroy()
    await new Promise((closed) => server.close(closed))
  }
  await rm(directory, { recursive: true })
})

describe('fails at once and leaves nothing', () => {
  test.each([400, 401, 403, 404, 410, 204, 206, 304, 302])('when the answer is %i', async (status) => {
    const { url, requests } = await serve((_, response) => response.writeHead(status).end())
    const error = await failure(`${url}/a.mp4?token=s3cret#x`)
    expect(error).toMatchObject({ code: 'source_unavailable', status: 502 })
    expect(String(error)).toContain(`${url}/a.mp4?… answered ${status} `)
    expect(String(error)).not.toContain('s3cret')
    expect(requests).toHaveLength(1)
  })

  test('when the server asks to come back much later', async () => {
    const { url, requests } = await serve((_, response) => response.writeHead(429, { 'retry-after': '3600' }).end())
    expect(await failure(url)).toMatchObject({ message: `${url}/ answered 429 Too Many Requests and asks to come back in 3600 s` })
    expect(requests).toHaveLength(1)
  })

  test.each(['gzip', 'br', 'gzip, identity'])('when the body is encoded with %s', async (encoding) => {
    const { url, requests } = await serve((_, response) => response.writeHead(200, { 'content-encoding': encoding }).end('x'))
    expect(await failure(url)).toMatchObject({ code: 'source_unavailable', message: expect.stringContaining('compressed') })
    expect(requests).toHaveLength(1)
  })

  test('when the declared length is over the cap, before a byte of the body', async () => {
    const { url } = await serve((_, response) => response.writeHead(200, { 'content-length': 1001 }).flushHeaders())
    expect(await failure(url, { maxBytes: 1000 })).toMatchObject({ code: 'payload_too_large', status: 413 })
  })

  test('when the body passes the cap without having told its length', async () => {
    const { url } = await serve((_, response) => {
      const more = () => void response.write(Buffer.alloc(1000), (error) => error ?? more())
      more()
    })
    let most = 0
    const error = await failure(url, { maxBytes: 50_000, onProgress: ({ bytes }) => (most = bytes) })
    expect(error).toMatchObject({ code: 'payload_too_large' })
    expect(most).toBeLessThanOrEqual(50_000)
  })

  test('when the host takes the request and does not answer', async () => {
    const { url, requests } = await serve(() => {})
    expect(await failure(url, { headersTimeoutMs: 100 })).toMatchObject({
      code: 'source_unavailable', message: `${url}/ took the request and did not answer in time`,
    })
    expect(requests).toHaveLength(1)
  })

  test('when the resolver hangs', async () => {
    const error = await failure('http://slow.example/', { connectTimeoutMs: 100, lookup: () => new Promise(() => {}) })
    expect(error).toMatchObject({ message: 'http://slow.example/ did not accept a connection in time' })
  })

  test('when nobody listens, the name is unknown, or the answer is not HTTP', async () => {
    const { url, server } = await serve(() => {})
    await new Promise((closed) => server.close(closed))
    expect(await failure(url)).toMatchObject({ message: `${url}/ refused the connection`, hint: expect.stringContaining('port') })

    const unknown = Object.assign(new Error(), { code: 'ENOTFOUND' })
    const error = await failure('http://nowhere.example/', { lookup: () => Promise.reject(unknown) })
    expect(error).toMatchObject({ message: 'http://nowhere.example/ has a host name that does not exist' })

    const raw = await serveRaw((socket) => socket.end('SSH-2.0-OpenSSH\r\n'))
    expect(await failure(raw.url)).toMatchObject({ message: expect.stringContaining('does not speak HTTP') })
  })

  test('when the certificate is nobody\'s, or there is no TLS', async () => {
    const secure = await listen(createTlsServer({ key: KEY, cert: CERTIFICATE }, (socket) => socket.on('error', () => {})))
    expect(await failure(`https://127.0.0.1:${secure.port}/`)).toMatchObject({ message: expect.stringContaining('not trusted') })

    const { url } = await serve((_, response) => response.end())
    expect(await failure(url.replace('http:', 'https:'))).toMatchObject({ message: expect.stringContaining('does not speak TLS') })
  })

  test('when a redirect leads to what is not a URL', async () => {
    const { url } = await serve((_, response) => response.writeHead(302, { location: 'http://[/' }).end())
    expect(await failure(url)).toMatchObject({ code: 'source_unavailable', message: expect.stringContaining('not a URL') })
  })

  test('when the disk is full', async () => {
    await symlink('/dev/full', `${file}.part`)
    const { url } = await serve((_, response) => response.end('hello'))
    expect(await failure(url)).toMatchObject({ code: 'disk_full', status: 507 })
  })

  test('when the URL is refused, before there is a file', async () => {
    expect(await failure('file:///etc/passwd')).toMatchObject({ code: 'source_refused' })
    expect(await failure('http://user:pass@127.0.0.1/')).toMatchObject({ code: 'source_refused' })
    expect(await failure('clip.mp4')).toMatchObject({ code: 'invalid_input' })
  })
})

describe('fails after its retries and leaves nothing', () => {
  test('when the server sends less than it declared', async () => {
    const { url, connections } = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789'))
    expect(await failure(url)).toMatchObject({ code: 'source_unavailable', message: `${url}/ sent 10 of 1000 bytes (tried 3 times)` })
    expect(connections()).toBe(3)
  })

  test('when a chunked body has no end', async () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n'
    const { url } = await serveRaw((socket) => socket.end(`${head}5\r\nhello\r\n`))
    expect(await failure(url)).toMatchObject({ message: `${url}/ broke off after 5 bytes (tried 3 times)` })
  })

  test('when the server is broken', async () => {
    const { url, requests } = await serve((_, response) => response.writeHead(500).end())
    expect(await failure(url)).toMatchObject({ message: `${url}/ answered 500 Internal Server Error (tried 3 times)` })
    expect(requests).toHaveLength(3)
  })

  test('when the connection breaks before each answer', async () => {
    const { url, connections } = await serveRaw((socket) => socket.destroy())
    expect(await failure(url)).toMatchObject({ message: `${url}/ broke the connection before it answered (tried 3 times)` })
    expect(connections()).toBe(3)
  })

  test('when the body only drips', async () => {
    const { url, requests } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 1_000_000 })
      const drip = setInterval(() => response.write('x'), 10)
      response.on('close', () => clearInterval(drip))
    })
    const error = await failure(url, { minBytesPerSecond: 1000, rateWindowMs: 200, maxRetries: 1 })
    expect(error).toMatchObject({ message: `${url}/ sent less than 1000 bytes a second (tried 2 times)` })
    expect(requests).toHaveLength(2)
  })
})

async function failure(url: string, options: Partial<DownloadOptions> = {}): Promise<unknown> {
  const error: unknown = await fetchTo(url, options).then(() => 'nothing', (reason: unknown) => reason)
  expect(await readdir(directory)).toEqual([])
  return error
}

function fetchTo(url: string, options: Partial<DownloadOptions> = {}) {
  return download(url, {
    policy: parseAddressPolicy('127.0.0.1,slow.example,nowhere.example'), file, maxBytes: 1e9, timeoutMs: 30_000,
    maxRetries: 2, retryPauseMs: 1, signal: new AbortController().signal, ...options,
  })
}

/** An HTTP server and what it was asked. */
async function serve(listener: RequestListener) {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    listener(request, response)
  })
  return { server, requests, ...await listen(server) }
}

/** A server that says what it likes, once it was asked something. */
async function serveRaw(answer: (socket: Socket, request: string) => void) {
  let count = 0
  const server = createRawServer((socket) => {
    count += 1
    socket.on('error', () => {}).once('data', (data) => answer(socket, String(data)))
  })
  return { connections: () => count, ...await listen(server) }
}

async function listen(server: Server) {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  servers.push({ server, sockets })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return { port, url: `http://127.0.0.1:${port}` }
}

// Made for this test, signed by itself, and of use nowhere else.
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYnOC/HFzxJp2OcQD
mJPewyHRwFdBbhlxsHLvLXYCl+ahRANCAAS2Qe63V/Nd8U+qH/h5tJsZMtqPeAue
m2hd8jI6sBw+QyHJA6xXKVjK+etSEQH+kt0XZFP5SCJcrMuJJNMhzGlj
-----END PRIVATE KEY-----`
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBhjCCASygAwIBAgIUUAm505tx7KIvkCee19/Jhuw38B4wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIxNDM1MzJaGA8yMTI2MTAyOTE0MzUz
MlowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLZB
7rdX813xT6of+Hm0mxky2o94C56baF3yMjqwHD5DIckDrFcpWMr561IRAf6S3Rdk
U/lIIlysy4kk0yHMaWOjZDBiMB0GA1UdDgQWBBQLz0bd5wfzEAweizNrT1JZlS6z
1DAfBgNVHSMEGDAWgBQLz0bd5wfzEAweizNrT1JZlS6z1DAPBgNVHRMBAf8EBTAD
AQH/MA8GA1UdEQQIMAaHBH8AAAEwCgYIKoZIzj0EAwIDSAAwRQIhANLCCRnXSEBR
i0cRU2lu3QlC1BHcXwe8r9zUfdUTWrnyAiAb28++mUclPzJWr/Gf+5/bHawhgAF9
mnTAK1Oc/5UnCg==
-----END CERTIFICATE-----`
