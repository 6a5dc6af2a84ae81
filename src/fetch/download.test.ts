import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createRawServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseAddressPolicy } from './address-policy.ts'
import { download, type DownloadOptions } from './download.ts'

let directory: string
let file: string
let servers: { server: Server; sockets: Set<Socket> }[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'download-'))
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

describe('a file that comes', () => {
  test('is there whole, with its type and where it came from', async () => {
    const { url } = await serve((_, response) => response.writeHead(200, { 'content-type': 'audio/mpeg' }).end('hello'))
    expect(await fetchTo(`${url}/a.mp3?sig=1`)).toEqual({ bytes: 5, contentType: 'audio/mpeg', finalUrl: `${url}/a.mp3?sig=1` })
    expect(await readFile(file, 'utf8')).toBe('hello')
    expect(await readdir(directory)).toEqual(['input'])
  })

  test('may be empty, and may come without type and length', async () => {
    const { url } = await serveRaw((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\n'))
    expect(await fetchTo(url)).toMatchObject({ bytes: 0, contentType: null })
  })

  test('is asked for as it is, by one connection for one request', async () => {
    const { url, requests } = await serve((_, response) => response.end())
    await fetchTo(url)
    expect(requests[0]?.headers).toMatchObject({ 'accept-encoding': 'identity', 'connection': 'close' })
    expect(requests[0]?.headers).not.toHaveProperty('range')
  })

  test('is found under a name with raw spaces and other letters', async () => {
    const { url, requests } = await serve((_, response) => response.end())
    await fetchTo(`${url}/Für Elise.mp3?q=ä b`)
    expect(requests[0]?.url).toBe('/F%C3%BCr%20Elise.mp3?q=%C3%A4%20b')
  })

  test('tells its progress, which ends with all of it', async () => {
    const { url } = await serve((_, response) => response.writeHead(200, { 'content-length': 300_000 }).end(Buffer.alloc(300_000)))
    const seen: number[] = []
    await fetchTo(url, { onProgress: ({ bytes, totalBytes }) => {
      expect(totalBytes).toBe(300_000)
      seen.push(bytes)
    } })
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(seen.at(-1)).toBe(300_000)
  })

  test('has no total where the server tells none', async () => {
    const { url } = await serve((_, response) => void response.write('he', () => response.end('llo')))
    const totals = new Set<number | null>()
    await fetchTo(url, { onProgress: ({ totalBytes }) => totals.add(totalBytes) })
    expect([...totals]).toEqual([null])
  })

  test('is found behind five redirects, relative ones too, and not behind six', async () => {
    const STATUSES = [301, 302, 303, 307, 308]
    const { url } = await serve((request, response) => {
      const left = Number(request.url?.slice(1))
      if (left === 0) response.end('hello')
      else response.writeHead(STATUSES[left % 5] ?? 0, { location: left % 2 ? `${left - 1}` : `${url}/${left - 1}` }).end()
    })
    expect(await fetchTo(`${url}/5`)).toMatchObject({ bytes: 5, finalUrl: `${url}/0` })
    await rm(file)
    expect(await failure(`${url}/6`)).toMatchObject({ code: 'source_unavailable', message: `${url}/6 redirected more than 5 times` })
  })

  test('is found behind a redirect that is not encoded', async () => {
    const { url } = await serveRaw((socket, request) => {
      if (request.startsWith('GET /F%C3%BCr%20Elise')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')
      else socket.end('HTTP/1.1 302 Found\r\nLocation: /Für Elise\r\n\r\n')
    })
    expect(await fetchTo(url)).toMatchObject({ bytes: 5 })
  })

  test('comes after the server was busy, with another request for each answer', async () => {
    const answers = [503, 500, 429, 200]
    const { url, requests } = await serve((_, response) => response.writeHead(answers.shift() ?? 200, { 'retry-after': '0' }).end('hello'))
    expect(await fetchTo(url, { maxRetries: 3 })).toMatchObject({ bytes: 5 })
    expect(requests).toHaveLength(4)
  })

  test('ends where its declared length ends, whatever comes behind', async () => {
    const { url } = await serveRaw((socket) => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n${'x'.repeat(1000)}`))
    expect(await fetchTo(url)).toMatchObject({ bytes: 10 })
    expect(await readFile(file, 'utf8')).toBe('xxxxxxxxxx')
  })
})

describe('an end that comes from here', () => {
  test.each(['the look-up', 'the answer', 'the body', 'a retry'])('rejects with the reason of the signal during %s', async (stage) => {
    const reason = new Error('cancelled')
    const abort = new AbortController()
    const stop = () => void setImmediate(() => abort.abort(reason))
    const { url } = await serve((_, response) => {
      if (stage === 'the body') response.writeHead(200, { 'content-length': 1000 }).write('x'.repeat(10))
      else if (stage === 'a retry') response.writeHead(503).end(stop)
      else stop()
    })
    const options: Partial<DownloadOptions> = { signal: abort.signal, retryPauseMs: 30_000, onProgress: stop }
    if (stage !== 'the look-up') return expect(await failure(url, options)).toBe(reason)
    const lookup = () => {
      stop()
      return new Promise<never>(() => {})
    }
    expect(await failure('http://slow.example/', { ...options, lookup })).toBe(reason)
  })

  test('rejects at once when the signal was aborted before', async () => {
    const { url, requests } = await serve((_, response) => response.end())
    expect(await failure(url, { signal: AbortSignal.abort('cancelled') })).toBe('cancelled')
    expect(requests).toEqual([])
  })

  test('is the deadline, over all that it waits for', async () => {
    const { url } = await serve((_, response) => void response.writeHead(200, { 'content-length': 1000 }).write('x'.repeat(10)))
    expect(await failure(url, { timeoutMs: 1000 })).toMatchObject({
      code: 'source_unavailable', message: `${url}/ was not here within 1 s; 10 of 1000 bytes were`,
    })
  })

  test('is the deadline during the pause of a retry too', async () => {
    const { url } = await serve((_, response) => response.writeHead(503, { 'retry-after': '50' }).end())
    expect(await failure(url, { timeoutMs: 300 })).toMatchObject({ message: expect.stringContaining('within 0.3 s') })
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
