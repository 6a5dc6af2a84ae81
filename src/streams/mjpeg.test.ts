import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NewestPicture, sendPictures } from './mjpeg.ts'

const NEVER = new AbortController().signal

let server: Server
let picture: NewestPicture
let sending: { response: ServerResponse; sent: Promise<void> }[]
let stallMs = 30_000

beforeEach(async () => {
  picture = new NewestPicture()
  sending = []
  stallMs = 30_000
  server = createServer((_, response) => {
    sending.push({ response, sent: sendPictures(response, picture, { signal: NEVER, stallMs }).then(() => void response.end()) })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
})

afterEach(async () => {
  picture.end()
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
})

async function view(): Promise<IncomingMessage> {
  const [response] = (await once(get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' }), 'response')) as [IncomingMessage]
  return response
}

const withoutTimes = (body: string) => body.replaceAll(/X-Timestamp: \d+(?:\.\d+)?\r\n/g, '')

test('a part tells its type and length, and the boundary stands right behind it', async () => {
  picture.show(Buffer.from('first'))
  picture.end()
  const body = withoutTimes(await text(await view()))
  expect(body).toBe('--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 5\r\n\r\nfirst\r\n--frame\r\n--frame--\r\n')
})

test('the boundary behind a picture comes without the next picture', async () => {
  picture.show(Buffer.from('only'))
  const viewer = await view()
  let seen = ''
  for await (const chunk of viewer) if (/only\r\n--frame\r\n$/.test((seen += String(chunk)))) break
  expect(seen).toContain('only')
})

test('who joins gets the last picture at once, and those that come', async () => {
  picture.show(Buffer.from('old'))
  picture.show(Buffer.from('last'))
  const viewer = await view()
  await once(viewer, 'readable')
  picture.show(Buffer.from('next'))
  picture.end()
  const body = await text(viewer)
  expect(body.match(/\b(old|last|next)\b/g)).toEqual(['last', 'next'])
})

test('a viewer that takes nothing skips pictures, holds up nobody, and sees the newest when it looks again', async () => {
  const slow = await view()
  const quick = await view()
  let taken = 0
  let tail = ''
  quick.on('data', (chunk: Buffer) => {
    taken += chunk.length
    tail = (tail + chunk.toString('latin1')).slice(-4096)
  })
  const bytes = 1024 ** 2
  for (let number = 1; number <= 40; number++) {
    picture.show(Buffer.alloc(bytes, number))
    // The quick one has got this picture, whatever the slow one does.
    while (taken < number * bytes) await once(quick, 'data')
  }
  const [waiting] = sending
  expect(waiting!.response.writableLength).toBeLessThan(2 * bytes)
  picture.end()
  let slowBytes = 0
  let last = Buffer.alloc(0)
  for await (const chunk of slow) {
    slowBytes += (chunk as Buffer).length
    last = Buffer.concat([last, chunk as Buffer]).subarray(-100)
  }
  expect(slowBytes).toBeLessThan(30 * bytes)
  expect(last.subarray(0, 10)).toEqual(Buffer.alloc(10, 40))
  expect(tail.endsWith('--frame--\r\n')).toBe(true)
})

test('a viewer that takes nothing for too long is cut', async () => {
  stallMs = 20
  const viewer = await view()
  const cut = once(viewer, 'error')
  for (let number = 0; !sending[0]!.response.destroyed; number++) {
    picture.show(Buffer.alloc(1024 ** 2, number))
    await new Promise(setImmediate)
  }
  await sending[0]!.sent
  viewer.resume()
  expect((await cut)[0]).toMatchObject({ code: 'ECONNRESET' })
})

test('sending is over when the viewer goes away', async () => {
  const viewer = await view()
  viewer.destroy()
  await sending[0]!.sent
  expect(picture.isEnded).toBe(false)
})

test('who waits for a first picture is told why there will be none', async () => {
  const waiting = picture.untilThere(NEVER)
  const cause = new Error('no video')
  picture.end(cause)
  await expect(waiting).rejects.toBe(cause)
})
