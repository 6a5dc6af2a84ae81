import { once } from 'node:events'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'
import { WebSocket } from 'ws'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from '../running-hub.ts'

let scratch: string
let hub: InnerHub
const complaints: string[] = []

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data') }, {
    info: () => undefined, error: (event, fields) => complaints.push(`${event} ${JSON.stringify(fields)}`),
  })
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '../../etc/passwd', 'a'.repeat(5000), '\0', '', 'AAAAAAAAAAAAAAAAAAAAA']
const name = fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: 'binary' }))
const value = fc.oneof(name, fc.anything({ withNullPrototype: true }), fc.integer(), fc.constantFrom('start', 'now', '0.1', '9999999999.1', '-1.0', 'sub', 'unsub'))

test('whatever is sent to the socket for many jobs, each message is answered or does nothing, and the socket stays', async () => {
  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/api/ws`)
  await once(socket, 'open')
  const answers: { type: string; job?: string }[] = []
  socket.on('message', (text) => answers.push(JSON.parse(String(text))))
  const operation = fc.record({ op: fc.oneof(fc.constantFrom('sub', 'unsub', 'SUB', '__proto__'), value), job: value, after: value, types: value, tail: value }, { requiredKeys: [] })
  const message = fc.oneof(
    operation.map((fields) => JSON.stringify(fields) ?? 'undefined'), fc.json(), fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 200 }), fc.constant('['.repeat(20_000)), fc.constant('{"op":"sub","job":{"__proto__":1},"__proto__":{"op":"sub"}}'),
  )
  const seed = fc.readConfigureGlobal().seed ?? Math.trunc(Math.random() * 2 ** 31)
  onTestFailed(() => console.log({ seed }))
  for (const each of fc.sample(message, { seed, numRuns: 1500 })) socket.send(each)
  const last = once(socket, 'pong')
  socket.ping()
  await last
  expect(socket.readyState).toBe(WebSocket.OPEN)
  socket.send('{"op":"sub","job":"the-last-one"}')
  while (!answers.some(({ job }) => job === 'the-last-one')) await once(socket, 'message')
  expect(new Set(answers.map(({ type }) => type))).toEqual(new Set(['error']))
  expect(complaints).toEqual([])
  socket.close()
  await once(socket, 'close')
})

test('a message that is too long ends its own socket and nothing else', async () => {
  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/api/ws`)
  await once(socket, 'open')
  socket.send('x'.repeat(65 * 1024))
  const [code] = await once(socket, 'close')
  expect(code).toBe(1009)
  expect((await hub.api.request('/health')).status).toBe(200)
})

test.each([
  ['a tool', (odd: string) => ({ tool: odd, input: {} })],
  ['a format', (odd: string) => ({ tool: 'ffmpeg', input: { input_url: 'http://public.example/', output_format: odd } })],
  ['an option', (odd: string) => ({ tool: 'ffmpeg', input: { input_url: 'http://public.example/', args: [`-${odd}`, '1'] } })],
  ['a filter', (odd: string) => ({ tool: 'ffmpeg', input: { input_url: 'http://public.example/', args: ['-vf', `${odd}=1`] } })],
  ['an option of a filter', (odd: string) => ({ tool: 'ffmpeg', input: { input_url: 'http://public.example/', args: ['-vf', `scale=${odd}=1`] } })],
  ['an encoder', (odd: string) => ({ tool: 'ffmpeg', input: { input_url: 'http://public.example/', args: ['-x264-params', `${odd}=1`] } })],
  ['a palette', (odd: string) => ({ tool: 'sanjuuni', input: { source: 'http://public.example/', palette: odd } })],
  ['a frame format', (odd: string) => ({ tool: 'video_frame', input: { source: 'http://public.example/', format: odd } })],
])('what every object has is not taken for %s', async (_, body) => {
  for (const odd of ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'prototype']) {
    const answer = await hub.api.post('/api/jobs', body(odd))
    expect([odd, [400, 403, 404].includes(answer.status)]).toEqual([odd, true])
  }
})

test('bodies of odd types are refused as what they are, and change nothing for those after them', async () => {
  const source = 'http://public.example/'
  const odd: readonly string[] = [
    '{"tool":"ffmpeg","input":{"__proto__":{"input_url":"http://public.example/"}}}',
    '{"__proto__":{"tool":"ffmpeg"},"input":{}}',
    '{"constructor":{"prototype":{"polluted":1}},"tool":"ffmpeg","input":{}}',
    ...[{ input_url: [source] }, { input_url: { toString: 'x' } }, { input_url: 1 }, { input_url: null }, { input_url: source, args: { 0: '-vn', length: 1 } },
      { input_url: source, args: [['-vn']] }, { input_url: source, args: [null] }, { input_url: source, args: [1] }, { input_url: source, args: 'abc' },
      { input_url: source, output_format: ['mp3'] }, { inputs: [] }, { inputs: Array.from({ length: 9 }, () => ({ source })), outputs: [] },
      { inputs: [{ source, loop: 'yes' }], outputs: [{ format: 'mp3' }] }, { inputs: [{ source, seek_seconds: -1 }] }, { inputs: [{ source, frame_rate: 1e9 }] },
      { inputs: [{ source }], outputs: [{ format: 'mp3', name: '../x.mp3' }] }, { inputs: [{ source }], outputs: [{ format: 'mp3', name: '%d.mp3' }] },
      { input_url: source, status: 'completed', id: 'mine' }].map((input) => JSON.stringify({ tool: 'ffmpeg', input })),
  ]
  for (const body of odd) {
    const { status, body: said } = await hub.api.request('/api/jobs', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    expect([body, status, said.code]).toEqual([body, 400, 'invalid_input'])
  }
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  expect((await hub.api.list()).jobs).toEqual([])
  expect(complaints).toEqual([])
})
