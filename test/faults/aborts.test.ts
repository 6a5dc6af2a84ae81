import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { brief, makeTone, talk } from '../media.ts'
import { removeDirectory, startHubProcess, temporaryDirectory, type HubProcess } from '../running-hub.ts'
import { faultDirectory } from './fault-directory.ts'
import { assertInvariants, measure, type Measured } from './oracle.ts'
import { randomOf, rounds } from './rounds.ts'

let scratch: string
let tone: string
let dataDirectory: string
let hub: HubProcess
let source: string
let id: string
let before: Measured

beforeAll(async () => {
  scratch = await temporaryDirectory()
  tone = makeTone(scratch)
})
beforeEach(async () => {
  dataDirectory = await faultDirectory()
  hub = await startHubProcess(dataDirectory)
  source = await hub.api.upload(tone)
  id = await hub.api.accepted(talk(source, 30))
  await hub.api.ends(id)
  before = await measure(hub.child.pid!)
})
afterEach(() => hub.end('SIGKILL'))
afterAll(() => removeDirectory(scratch))

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(hub.api.url)
  const socket = connect(Number(port), hostname).on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

function withBody(head: string, body: Buffer | string): Buffer {
  return Buffer.concat([Buffer.from(`${head} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`), Buffer.from(body)])
}

const get = (path: string, header: string) => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: h\r\n${header}\r\n\r\n`)

/** One of each kind of request: a cut may hit it in its head, in its body, or while it is being answered. */
function requests(): Buffer[] {
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
  const dialect = JSON.stringify({ input_url: 'http://127.0.0.1:9/none.mp4', args: [], output_format: 'mp3' })
  return [
    withBody('POST /api/jobs', JSON.stringify({ tool: 'ffmpeg', input: brief(source, 0.05) })), withBody('POST /api/ffmpeg', dialect),
    withBody('PUT /api/uploads/tone.wav', readFileSync(tone)), get(`/api/jobs/${id}/artifacts/output.mp3`, 'Accept: */*'),
    get(`/api/jobs/${id}/events`, 'Accept: text/event-stream'), get(`/api/jobs/${id}/events`, upgrade), get('/api/jobs/events', upgrade),
    get(`/video_feed?job=${id}`, 'Accept: */*'), get(`/api/jobs/${id}/events?after=now&wait=30`, 'Accept: */*'),
  ]
}

test('connections that are reset anywhere in any request or answer leave the hub as it was, with whole uploads and jobs (FT-21)', async () => {
  const random = randomOf('resets')
  const kinds = requests()
  const count = rounds({ fast: 100, all: 1000 })
  for (let first = 0; first < count; first += 20) {
    await Promise.all(Array.from({ length: 20 }, async (_, index) => {
      const request = kinds[(first + index) % kinds.length]!
      const socket = await open()
      // Every fiftieth of what is asked, or a moment of what is answered.
      const part = Math.floor(random() * 75)
      const closed = once(socket, 'close')
      await new Promise((sent) => socket.write(request.subarray(0, Math.ceil((request.length * part) / 50)), sent))
      if (part > 50) await pause(random() * 20)
      socket.resetAndDestroy()
      await closed
    }))
  }
  await vi.waitFor(async () => expect((await hub.api.request('/health')).body).toMatchObject({ status: 'ok', readers: 0 }), 10_000)
  // A submission whose sender has gone may still be on its way in.
  const jobs = await vi.waitFor(async () => {
    const listed = (await hub.api.list('limit=500')).jobs
    expect(readdirSync(join(dataDirectory, 'jobs')).sort()).toEqual(listed.map((job) => job.id).sort())
    return listed
  }, 10_000)
  expect(hub.complaints.filter((line) => /internal_error|unhandled|broke_down/.test(line))).toEqual([])
  await assertInvariants({ hub, accepted: jobs.map((job) => job.id), dataDirectory, before })
})

test.skipIf(rounds({ fast: 1, all: 0 }) > 0)('a request whose head or JSON comes byte by byte is cut, and others go on meanwhile (FT-22)', async () => {
  const [submit] = requests()
  const trickle = async (bytes: Buffer): Promise<number> => {
    const socket = await open()
    const began = performance.now()
    const closed = once(socket.resume(), 'close').then(() => (performance.now() - began) / 1000)
    const head = bytes.indexOf('\r\n\r\n') + 4
    if (bytes === submit) socket.write(bytes.subarray(0, head))
    for (let at = bytes === submit ? head : 0; at < bytes.length && !socket.destroyed; at++) {
      socket.write(bytes.subarray(at, at + 1))
      await Promise.race([closed, pause(1000)])
    }
    return closed
  }
  const cut = Promise.all([trickle(submit!), trickle(Buffer.from(submit!))])
  const [uploaded] = await Promise.all([hub.api.upload(tone), hub.api.request('/health')])
  const accepted = [id, await hub.api.accepted(brief(uploaded, 0.1))]
  for (const seconds of await cut) expect(seconds).toBeLessThan(60)
  await assertInvariants({ hub, accepted, dataDirectory, before })
})
