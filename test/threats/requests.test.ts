import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from '../running-hub.ts'

let scratch: string
let hub: InnerHub

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data') })
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

/** The status of each answer to what is sent over one connection, until the hub ends it. */
async function answersTo(sent: string): Promise<readonly number[]> {
  const { hostname, port } = new URL(hub.url)
  const socket = connect(Number(port), hostname)
  socket.write(sent)
  const said = await text(socket)
  return [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
}

/** What somebody would slip in behind a request that a proxy takes for longer than the hub does. */
const HIDDEN = 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n'
const POST = 'POST /api/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n'

test('without anything odd two requests on one connection have two answers', async () => {
  expect(await answersTo(`${POST}Content-Length: 2\r\n\r\n{}${HIDDEN}`)).toEqual([400, 200])
})

test.each([
  ['a length and chunks', `Content-Length: ${HIDDEN.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['chunks and a length', `Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`],
  ['two lengths', 'Content-Length: 2\r\nContent-Length: 200\r\n\r\n{}'],
  ['a length with a sign', 'Content-Length: +2\r\n\r\n{}'],
  ['a length in hexadecimal', 'Content-Length: 0x2\r\n\r\n{}'],
  ['an encoding that only looks chunked', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
  ['an encoding behind chunked', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
  ['a space before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
  ['a line that goes on in the next', 'Transfer-Encoding:\r\n chunked\r\nContent-Length: 2\r\n\r\n{}'],
  ['a line end that is none', 'X: a\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}'],
  ['a chunk of a length that is none', 'Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n'],
  ['a chunk of a length beyond all', 'Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n'],
])('a request with %s ends its connection, and what is hidden behind it is not heard', async (_, head) => {
  expect(await answersTo(`${POST}${head}${HIDDEN}`)).toEqual([400])
})

test('no hub is told apart by two hosts, or by a whole address for a path', async () => {
  expect(await answersTo('GET /api/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n')).toEqual([400])
  expect(await answersTo('GET http://evil.example/api/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')).toEqual([400])
})
