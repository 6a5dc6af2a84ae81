import { execFileSync } from 'node:child_process'
import { openAsBlob } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type BatchEvent, type BatchHandle, HubClient, type WebSocketConstructor } from '../src/client/index.ts'
import { HubProcess, makeClip } from './hub-process.ts'

const TRANSPORTS = ['sse', 'websocket', 'poll'] as const
let hub: HubProcess
let client: HubClient
let source: string
let noise: string

beforeAll(async () => {
  hub = await HubProcess.start()
  client = clientOf(hub.url)
  const clip = join(hub.directory, 'clip.mp4')
  await makeClip(clip, 3)
  source = (await client.upload('clip.mp4', await openAsBlob(clip))).source
  noise = (await client.upload('noise.mp4', new TextEncoder().encode('no media at all'))).source
})

afterAll(() => hub.dispose())

test('a batch is handed in, followed by every transport to the same end, and each item has its result or its error', async () => {
  const batch = await client.submitBatch({ tool: 'audio', inputs: [source, { source, format: 'flac' }, noise], shared: { format: 'mp3' } })
  expect(batch.batch.items.map(({ name }) => name)).toEqual(['clip.mp4', 'clip.mp4', 'noise.mp4'])
  const readers = TRANSPORTS.map(() => clientOf(hub.url).batch(batch.id))
  const reading = readers.map((reader, index) => collect(reader, TRANSPORTS[index]!))
  const [done, ...logs] = await Promise.all([batch.done(), ...reading])
  expect(done).toMatchObject({ status: 'failed', progress: 100, counts: { completed: 2, failed: 1 } })
  expect(done.items.map(({ artifacts, error }) => artifacts?.[0]?.name ?? error?.code)).toEqual(['audio.mp3', 'audio.flac', 'invalid_input'])
  const offsets = logs.map((log) => log.flatMap(({ offset, type }) => (type === 'snapshot' || offset === undefined ? [] : [offset])))
  expect(offsets[0]!.length).toBeGreaterThan(4)
  for (const each of offsets) expect(each).toEqual(offsets[0])
  const shown = await client.batch(batch.id).refresh()
  expect(done).toEqual(shown)
  for (const reader of readers) expect(reader.batch).toEqual(shown)
})

test('all that a batch made is one stream of bytes, and what one item made can be had by itself', async () => {
  const batch = await client.submitBatch({ items: [{ tool: 'audio', input: { source, format: 'wav' } }, { tool: 'waveform', input: { source } }] })
  await batch.done()
  const response = await batch.zip()
  const parts: Uint8Array[] = []
  for (let reader = response.body!.getReader(), step = await reader.read(); step.value; step = await reader.read()) parts.push(step.value)
  const file = join(hub.directory, 'all.zip')
  await writeFile(file, Buffer.concat(parts))
  expect(execFileSync('unzip', ['-Z1', file], { encoding: 'utf8' }).trim().split('\n')).toEqual(['clip.wav', 'clip.png'])
  const rest = await batch.zip({ range: 'bytes=1000-', ifRange: response.headers.get('etag')! })
  expect([rest.status, (await rest.bytes?.())?.length ?? Buffer.concat(parts).length - 1000]).toEqual([206, Buffer.concat(parts).length - 1000])
  const png = Buffer.from(await (await (await client.batch(batch.id).job(1)).download()).arrayBuffer())
  expect(png).toEqual(execFileSync('unzip', ['-p', file, 'clip.png']))
  await expect(batch.job(2)).rejects.toThrow('has 2 items')
})

test('what failed is run again, and the handle follows into the second round', async () => {
  const late = await client.submit('audio', { source, format: 'wav' })
  const batch = await client.submitBatch({ items: [{ tool: 'waveform', input: { source } }, { tool: 'audio', input: { source: noise, format: 'mp3' }, after: [late.id] }] })
  expect(await batch.done()).toMatchObject({ status: 'failed', counts: { completed: 1, failed: 1 } })
  expect(await batch.retry()).toMatchObject({ counts: { completed: 1 } })
  expect((await batch.done()).items.map(({ status, attempt }) => [status, attempt])).toEqual([['completed', 1], ['failed', 2]])
  await batch.remove()
  await expect(batch.refresh()).rejects.toMatchObject({ status: 410 })
  await expect(collect(client.batch('1234567890123456789012'), 'sse')).rejects.toMatchObject({ code: 'batch_not_found' })
})

test('the same key is the same batch, and what is wrong is named by its place', async () => {
  const wanted = { tool: 'audio', inputs: [source, source], shared: { format: 'wav' } }
  const first = await client.submitBatch(wanted, { idempotencyKey: 'once' })
  expect((await client.submitBatch(wanted, { idempotencyKey: 'once' })).id).toBe(first.id)
  expect((await first.cancel()).counts.queued).toBe(0)
  const refused = client.submitBatch({ tool: 'audio', inputs: [source, { source, format: 'gif' }] })
  await expect(refused).rejects.toMatchObject({ status: 400, errors: [{ path: 'inputs[1].format' }] })
})

test('a batch is followed over kill -9 of the hub', async () => {
  const batch = await client.submitBatch({ tool: 'ffmpeg', inputs: [source, source, source], shared: { output_format: 'mp4', args: ['-c:v', 'libx264', '-preset', 'slower'] } })
  const events: BatchEvent[] = []
  let isKilled = false
  for await (const event of batch.events({ retryMs: 50 })) {
    events.push(event)
    if (isKilled || batch.batch.counts.completed === 0) continue
    isKilled = true
    await hub.kill()
    await hub.start()
  }
  expect(batch.batch).toMatchObject({ status: 'completed', counts: { completed: 3 } })
  expect(batch.batch).toEqual(await client.batch(batch.id).refresh())
  const offsets = events.flatMap(({ offset, type }) => (type === 'snapshot' || offset === undefined ? [] : [offset]))
  expect(new Set(offsets).size).toBe(offsets.length)
}, 90_000)

function clientOf(url: string): HubClient {
  return new HubClient({ url, WebSocket: WebSocket as unknown as WebSocketConstructor })
}

async function collect(batch: BatchHandle, transport: typeof TRANSPORTS[number]): Promise<BatchEvent[]> {
  const events: BatchEvent[] = []
  for await (const event of batch.events({ transport, retryMs: 50 })) events.push(event)
  return events
}
