import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { brief, makeTone } from '../media.ts'
import { removeDirectory, startHubProcess, temporaryDirectory, type HubProcess } from '../running-hub.ts'
import { faultDirectory } from './fault-directory.ts'
import { heldSource } from './held-source.ts'
import { assertInvariants, measure } from './oracle.ts'
import { ffmpegThatFloods } from './programs.ts'
import { rounds } from './rounds.ts'

const READERS = 500
const LINES = rounds({ fast: 20_000, all: 100_000 })
const FLOOD_S = 0.2
const MEBIBYTE = 1024 ** 2
/** Of the time that the job takes, how much later its end may be told: with the slow ones waited for it would be most of it. */
const MOST_LAG = 1 / 10
const KEY = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

let scratch: string
let dataDirectory: string
let hub: HubProcess
let tone: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
})
beforeEach(async () => {
  dataDirectory = await faultDirectory()
  const ffmpeg = ffmpegThatFloods(scratch, { lines: LINES, seconds: FLOOD_S })
  hub = await startHubProcess(dataDirectory, { REELTIME_FFMPEG: ffmpeg, REELTIME_FETCH_ALLOW: '127.0.0.1' })
  tone = makeTone(scratch)
})
afterEach(() => hub.end('SIGKILL'))
afterAll(() => removeDirectory(scratch))

/** A reader that has been answered and from then on reads nothing. */
async function silentReader(id: string, index: number): Promise<Socket> {
  const { hostname, port } = new URL(hub.api.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  socket.write(`GET /api/jobs/${id}/events HTTP/1.1\r\nHost: h\r\n${index % 2 ? 'Accept: text/event-stream\r\n' : KEY}\r\n`)
  await once(socket, 'readable')
  return socket
}

/** A job that says all at once while they read nothing; how late its end is told to one who reads. */
async function flood(): Promise<{ readonly id: string; readonly lag: number; readonly sockets: readonly Socket[] }> {
  const { url, letGo } = await heldSource(tone)
  const id = await hub.api.accepted(brief(url, FLOOD_S))
  const sockets = await Promise.all(Array.from({ length: READERS }, (_, index) => silentReader(id, index)))
  await vi.waitFor(async () => expect((await hub.api.request('/health')).body.readers).toBe(READERS), 10_000)
  letGo()
  const letGoAt = Date.now()
  const numbers: number[] = []
  let lag = Number.POSITIVE_INFINITY
  for await (const event of hub.api.events(id)) {
    if (event.type === 'new_logs') numbers.push(...event.data.lines.map(({ n }) => n))
    if (event.type === 'status' && event.data.ended_at !== undefined) lag = (Date.now() - event.data.ended_at) / (Date.now() - letGoAt)
  }
  const { total_logs } = await hub.api.job(id)
  expect(total_logs).toBeGreaterThanOrEqual(LINES)
  expect(numbers).toEqual(Array.from({ length: total_logs }, (_, index) => index + 1))
  return { id, lag, sockets }
}

test(`${READERS} readers that read nothing cost the hub no memory and the others no time, and are let go (FT-19)`, async () => {
  const first = await hub.api.accepted(brief(await hub.api.upload(tone), 0.1))
  await hub.api.ends(first)
  const before = await measure(hub.child.pid!)
  // On a busy machine the reader itself may be late; where the slow ones are waited for it is late each time.
  let told = await flood()
  for (let more = 2; told.lag >= MOST_LAG && more > 0; more--) {
    for (const socket of told.sockets) socket.destroy()
    told = await flood()
  }
  const { id, lag, sockets } = told
  expect(lag).toBeLessThan(MOST_LAG)
  expect(((await measure(hub.child.pid!)).rssBytes - before.rssBytes) / MEBIBYTE).toBeLessThan(100)
  if (rounds({ fast: 0, all: 1 })) {
    await vi.waitFor(async () => expect((await hub.api.request('/health')).body.readers).toBe(0), { timeout: 60_000, interval: 500 })
  }
  for (const socket of sockets) socket.destroy()
  await assertInvariants({ hub, accepted: [first, id], dataDirectory, before })
})
