import { createHash, randomBytes, type Hash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { HubClient, type StartedUpload } from '../../src/client/index.ts'
import { BreakingUplink } from '../breaking-uplink.ts'
import { Cli } from '../cli-process.ts'
import { HubProcess } from '../hub-process.ts'
import { rounds } from './rounds.ts'

const MEBIBYTE = 1024 * 1024
const SIZE = rounds({ fast: 64, all: 2048 }) * MEBIBYTE
const MOST_RESIDENT_BYTES = 150_000_000

let hub: HubProcess
let proxy: BreakingUplink

beforeAll(async () => {
  // As `npm start` has it.
  hub = await HubProcess.start({ REELTIME_LOG: 'errors', NODE_OPTIONS: '--max-semi-space-size=4' })
})
afterEach(() => proxy.stop())
afterAll(() => hub.dispose())

async function clientThrough(breakAfter: readonly number[]): Promise<HubClient> {
  proxy = await BreakingUplink.start(() => hub.port, { breakAfter })
  return new HubClient({ url: proxy.url, patienceMs: 120_000 })
}

/** Bytes of which no two mebibytes are the same, and their hash once they have been read. */
function bytesOf(size: number): { readonly stream: ReadableStream<Uint8Array>; readonly hash: Hash } {
  const hash = createHash('sha256')
  const chunk = randomBytes(MEBIBYTE)
  let made = 0
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      chunk.writeUInt32LE(made / MEBIBYTE)
      hash.update(chunk)
      controller.enqueue(Uint8Array.from(chunk))
      made += chunk.length
      if (made >= size) controller.close()
    },
  })
  return { stream, hash }
}

/** The most memory that the hub has had since it was started. */
function mostResidentBytes(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${hub.pid}/status`, 'utf8'))?.[1]) * 1024
}

test('an upload that is broken off three times, and whose hub is killed, ends whole, and costs the hub little memory', async () => {
  const client = await clientThrough([0.2, 0.4, 0.6].map((share) => share * SIZE))
  const { stream, hash } = bytesOf(SIZE)
  const most: number[] = []
  let restarted: Promise<void> | undefined
  const upload = await client.upload('large.bin', stream, {
    size: SIZE,
    onProgress(sent) {
      if (sent < 0.8 * SIZE || restarted) return
      most.push(mostResidentBytes())
      restarted = hub.kill().then(() => hub.start())
    },
  })
  most.push(mostResidentBytes())
  console.log(`${SIZE / MEBIBYTE} MiB; the hub before it was killed and after had at most ${most.map((bytes) => `${(bytes / 1e6).toFixed(0)} MB`).join(' and ')}`)
  expect([proxy.breaks, most.length]).toEqual([3, 2])
  expect(upload).toMatchObject({ size: SIZE, sha256: hash.digest('hex') })
  for (const bytes of most) expect(bytes).toBeLessThan(MOST_RESIDENT_BYTES)
})

test('a stream of no known length goes on too', async () => {
  const size = 20 * MEBIBYTE
  const client = await clientThrough([5, 12, 21].map((mebibytes) => mebibytes * MEBIBYTE))
  const { stream, hash } = bytesOf(size)
  expect(await client.upload('stream.bin', stream)).toMatchObject({ size, sha256: hash.digest('hex') })
  expect(proxy.breaks).toBe(3)
})

test('an upload that is given up, or ends before its time, is taken back', async () => {
  const client = await clientThrough([])
  const stop = new AbortController()
  let started: StartedUpload | undefined
  const { stream } = bytesOf(20 * MEBIBYTE)
  const sending = client.upload('a', stream, {
    signal: stop.signal, onStarted: (upload) => (started = upload), onProgress: (sent) => void (sent > 3 * MEBIBYTE && stop.abort(new Error('enough'))),
  })
  await expect(sending).rejects.toThrow('enough')
  expect((await fetch(`${hub.url}/api/uploads/${started?.id}`)).status).toBe(404)
  const short = client.upload('a', bytesOf(3 * MEBIBYTE).stream, { size: 4 * MEBIBYTE, onStarted: (upload) => (started = upload) })
  await expect(short).rejects.toThrow('3145728 bytes')
  expect((await fetch(`${hub.url}/api/uploads/${started?.id}`)).status).toBe(404)
})

test('the command line goes on with a file whose connection breaks', async () => {
  const file = join(hub.directory, 'tone.wav')
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=60', '-ac', '2', file])
  await clientThrough([3_000_000, 7_000_000])
  const out = join(hub.directory, 'out.mp3')
  const { code, stderr } = await new Cli(proxy.url).run(['run', 'ffmpeg', '-i', file, '-o', out, '--', '-t', '1'])
  expect([code, proxy.breaks, stderr]).toEqual([0, 2, expect.stringMatching(/trying again in 1 s[^]*completed in/)])
})
