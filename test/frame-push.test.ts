import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import WebSocket from 'ws'
import { pacedFfmpeg } from './media.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let directory: string
let hub: InnerHub
let source: string

beforeAll(async () => {
  directory = await temporaryDirectory()
  const clip = join(directory, 'clip.mp4')
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=160x90:rate=20:duration=3', clip])
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(directory, 'data'), REELTIME_FFMPEG: pacedFfmpeg(directory) })
  source = await hub.api.upload(clip)
})

afterAll(async () => {
  await hub.stop()
  await removeDirectory(directory)
})

interface Batch { readonly type: string; readonly first: number; readonly count: number; readonly bytes: number; readonly parts: number }

interface Pushed {
  readonly code: number
  readonly numbers: readonly number[]
  readonly frames: ReadonlyMap<number, Buffer>
  readonly last: Record<string, unknown> | undefined
  readonly largest: number
}

/** Reads pushed frames until the hub closes; `onBatch` may answer. */
function readPushed(id: string, query: string, onBatch: (socket: WebSocket, batch: Batch) => void = () => undefined): Promise<Pushed> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/api/jobs/${id}/frames?${query}`)
    const numbers: number[] = []
    const frames = new Map<number, Buffer>()
    let parts: Buffer[] = []
    let batch: Batch | undefined
    let last: Record<string, unknown> | undefined
    let largest = 0
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) {
        last = JSON.parse(String(data))
        if (last?.['type'] === 'frames') batch = last as unknown as Batch
        return
      }
      largest = Math.max(largest, data.length)
      parts.push(data)
      if (parts.length < batch!.parts) return
      const pack = Buffer.concat(parts)
      parts = []
      expect([pack.length, pack.readUInt32BE(0)]).toEqual([batch!.bytes, batch!.count])
      for (let at = 4, number = batch!.first; at < pack.length; number++) {
        const size = pack.readUInt32BE(at)
        numbers.push(number)
        frames.set(number, pack.subarray(at + 4, at + 4 + size))
        at += 4 + size
      }
      onBatch(socket, batch!)
    })
    socket.on('close', (code) => resolve({ code, numbers, frames, last, largest }))
    socket.on('error', reject)
  })
}

async function submit(): Promise<string> {
  const { body } = await hub.api.post('/api/jobs', { tool: 'video_frame', input: { source, fps: 20 } })
  return body.id
}

const upTo = (count: number, from = 1) => Array.from({ length: count - from + 1 }, (_, index) => from + index)

test('who joins before the first frame gets each one in order, in messages smaller than a frame, with credit 20 granted late', async () => {
  const id = await submit()
  let unacknowledged = 0
  let most = 0
  const acknowledgeLate = (socket: WebSocket, { count }: Batch) => {
    unacknowledged += count
    most = Math.max(most, unacknowledged)
    if (unacknowledged < 20) return
    socket.send(JSON.stringify({ op: 'credit', frames: unacknowledged }))
    unacknowledged = 0
  }
  const query = 'batch=7&max_message=1024&credit=20'
  const pushed = await readPushed(id, query, acknowledgeLate)
  expect(pushed).toMatchObject({ code: 1000, numbers: upTo(60), largest: 1024, last: { type: 'end', frames: 60 } })
  // All are there, so that only the credit holds them back.
  expect((await readPushed(id, query, acknowledgeLate)).numbers).toEqual(upTo(60))
  expect(most).toBe(20)
  for (const number of [1, 33, 60]) {
    const bytes = Buffer.from(await (await fetch(`${hub.url}/frames/${id}/${number}.png`)).arrayBuffer())
    expect(pushed.frames.get(number)?.equals(bytes)).toBe(true)
  }
  expect((await readPushed(id, 'from=51')).numbers).toEqual(upTo(60, 51))
  // Forth, and then back, once.
  const seeks = new Map([[1, 50], [55, 46]])
  const sought = await readPushed(id, 'batch=5&credit=5', (socket, { first }) => {
    const frame = seeks.get(first)
    seeks.delete(first)
    if (frame !== undefined) socket.send(JSON.stringify({ op: 'seek', frame }))
    socket.send('{"op":"credit","frames":5}')
  })
  expect(sought.numbers).toEqual([...upTo(5), ...upTo(59, 50), ...upTo(60, 46)])
})

test('a job that is cancelled gives what exists and says so', async () => {
  const id = await submit()
  const pushed = await readPushed(id, '', () => void hub.api.post(`/api/jobs/${id}/cancel`))
  expect(pushed).toMatchObject({ code: 1000, last: { type: 'error', status: 'cancelled', frames: pushed.numbers.length } })
})

test.each(['batch=0', 'batch=101', 'max_message=1023', 'max_message=1048577', 'from=0', 'credit=x'])('%s is closed with 4400', async (query) => {
  expect((await readPushed(await submit(), query)).code).toBe(4400)
})

test('an unknown job is closed with 4404', async () => {
  expect((await readPushed('nothing', '')).code).toBe(4404)
})
