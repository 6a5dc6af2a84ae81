import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { httpFetch } from './http-fetch.ts'

let server: Server | undefined
const sockets = new Set<Socket>()

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => server ? server.close(resolve) : resolve(undefined))
  server = undefined
})

test('an answer has its status, headers and body', async () => {
  const url = await serve((_, response) => {
    response.writeHead(201, 'Made', { 'content-type': 'application/json', etag: '"x"' }).end('{"a":"größer"}')
  })
  const response = await httpFetch(url)
  expect(response).toMatchObject({ ok: true, status: 201, statusText: 'Made', url: `${url}/` })
  expect(response.headers.get('etag')).toBe('"x"')
  expect(await response.json()).toEqual({ a: 'größer' })
})

test('method, headers and body are sent, also a body that is a stream', async () => {
  const seen: unknown[] = []
  const url = await serve((request, response) => void text(request).then((body) => {
    seen.push([request.method, request.url, request.headers['x-a'], body])
    response.writeHead(204).end()
  }))
  const response = await httpFetch(`${url}/p?q=1`, { method: 'POST', headers: { 'x-a': '1' }, body: 'größer' })
  expect([response.status, response.body]).toEqual([204, null])
  const bytes = new Uint8Array(3_000_000).fill(97)
  await httpFetch(url, { method: 'PUT', body: new Blob([bytes]).stream(), ...{ duplex: 'half' } })
  expect(seen).toEqual([['POST', '/p?q=1', '1', 'größer'], ['PUT', '/', undefined, 'a'.repeat(3_000_000)]])
})

test('an answer that comes before the body has gone is heard, and ends the sending', async () => {
  const url = await serve((_, response) => response.writeHead(413, { connection: 'close' }).end('too large'))
  for (let round = 0; round < 5; round++) {
    let onCancel: () => void
    const cancelled = new Promise<void>((resolve) => { onCancel = resolve })
    const endless = new ReadableStream<Uint8Array>({
      cancel: () => onCancel(),
      async pull(controller) {
        await new Promise((resolve) => setImmediate(resolve))
        controller.enqueue(new Uint8Array(65_536))
      },
    })
    const response = await httpFetch(url, { method: 'PUT', body: endless, ...{ duplex: 'half' } })
    expect([response.status, await response.text()]).toEqual([413, 'too large'])
    await cancelled
  }
})

for (const framing of [
  'Content-Length: 900000', 'Transfer-Encoding: chunked',
  'Content-Length: 900000\r\nConnection: close', 'Transfer-Encoding: chunked\r\nConnection: close',
]) {
  test(`a server that hangs up on a reader that is behind is an error of the body (${framing.replace('\r\n', ', ')})`, async () => {
    const url = await listen((socket) => socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${framing.startsWith('T') ? `${(800_000).toString(16)}\r\n` : ''}`)
      socket.end(Buffer.alloc(800_000, 97))
    }))
    const { body } = await httpFetch(url)
    const reader = body!.getReader()
    let count = 0
    const reading = (async () => {
      for (let step = await reader.read(); !step.done; step = await reader.read()) {
        count += step.value.byteLength
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    await expect(reading).rejects.toThrow()
    expect(count).toBeLessThanOrEqual(800_000)
  })
}

test('nobody there is an error with its code', async () => {
  const url = await serve(() => undefined)
  await new Promise((resolve) => server?.close(resolve))
  server = undefined
  await expect(httpFetch(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('an abort ends the waiting and the reading, with its reason', async () => {
  const reason = new Error('enough')
  const url = await serve((request, response) => { if (request.url === '/begun') response.write('x') })
  const waiting = new AbortController()
  const asked = httpFetch(url, { signal: waiting.signal })
  waiting.abort(reason)
  await expect(asked).rejects.toBe(reason)
  await expect(httpFetch(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  const reading = new AbortController()
  const response = await httpFetch(`${url}/begun`, { signal: reading.signal })
  const body = response.text()
  reading.abort(reason)
  await expect(body).rejects.toThrow()
})

function serve(listener: RequestListener): Promise<string> {
  return start(createHttpServer(listener))
}

function listen(onSocket: (socket: Socket) => void): Promise<string> {
  return start(createServer(onSocket))
}

async function start(started: Server): Promise<string> {
  server = started
  started.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`
}
