import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { HubClient, HubProblem, type FeedEvent } from '../src/client/index.ts'
import type { WebSocketConstructor } from '../src/client/transport.websocket.ts'
import { HubProcess, makeClip } from './hub-process.ts'

let hub: HubProcess

beforeEach(async () => {
  hub = await HubProcess.start({ REELTIME_CONCURRENCY: '1' })
  await makeClip(join(hub.directory, 'clip.mp4'), 1)
})

afterEach(() => hub.dispose())

for (const transport of ['sse', 'websocket', 'poll'] as const) {
  test(`by ${transport} the feed tells what there is, each job from its submission to its removal by the name of its file, and who is next`, async () => {
    const client = clientOf(hub)
    const source = await uploadClip(client)
    const before = await client.submit('ffmpeg', { inputs: [{ source }], outputs: [{ format: 'mp3' }] })
    await before.done()
    const seen: FeedEvent[] = []
    const stop = new AbortController()
    let jobs: readonly string[] = []
    for await (const event of client.feed({ transport, signal: stop.signal })) {
      seen.push(event)
      if (event.type === 'snapshot') {
        expect(event.data.jobs).toMatchObject([{ id: before.id, status: 'completed', name: 'holiday clip.mp4', tool: 'ffmpeg' }])
        const submitted = await Promise.all([1, 2, 3].map(() => client.submit('ffmpeg', slow(source))))
        jobs = submitted.map(({ id }) => id)
      }
      if (event.type === 'queue' && event.data.waiting.length === 2) {
        expect(jobs.filter((id) => event.data.waiting.includes(id))).toHaveLength(2)
        await Promise.all(jobs.map((id) => client.job(id).cancel()))
        await before.remove()
      }
      if (event.type === 'job_removed') break
    }
    const cancelled = seen.flatMap((event) => (event.type === 'job' && event.data.status === 'cancelled' ? [event.data.id] : []))
    expect(new Set(cancelled)).toEqual(new Set(jobs))
    expect(seen.at(-1)).toMatchObject({ type: 'job_removed', data: { id: before.id } })
  })

  test(`by ${transport} a feed that was cut off with its hub says so, comes back, and begins with the jobs as they are`, async () => {
    const client = clientOf(hub)
    const source = await uploadClip(client)
    const states: string[] = []
    let snapshots = 0
    const onConnection = (state: string) => {
      states.push(state)
      if (state === 'lost' && states.indexOf('lost') === states.length - 1) void hub.start()
    }
    for await (const event of client.feed({ transport, retryMs: 20, onConnection })) {
      if (event.type !== 'snapshot') continue
      snapshots++
      if (snapshots === 2) {
        expect(event.data.jobs).toHaveLength(1)
        break
      }
      await (await client.submit('ffmpeg', { inputs: [{ source }], outputs: [{ format: 'mp3' }] })).done()
      await hub.kill()
    }
    expect(states).toContain('lost')
    expect(states.at(-1)).toBe('live')
  })
}

test('who may not see all jobs is told so, whichever way is tried', async () => {
  await using closed = await closedHub()
  for (const transport of ['sse', 'websocket', 'poll'] as const) {
    const failure = await clientOf(closed.hub).feed({ transport }).next().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(HubProblem)
    expect(failure).toMatchObject({ status: 401, code: 'unauthenticated' })
  }
})

function slow(source: string) {
  return { inputs: [{ source, loop: true, duration_seconds: 600 }], outputs: [{ format: 'mp4', args: ['-c:v', 'libx264', '-preset', 'veryslow'] }] }
}

async function closedHub() {
  const hub = await HubProcess.start({ REELTIME_ANONYMOUS: 'submit' })
  return { hub, [Symbol.asyncDispose]: () => hub.dispose() }
}

function clientOf({ url }: HubProcess): HubClient {
  return new HubClient({ url, WebSocket: WebSocket as unknown as WebSocketConstructor })
}

async function uploadClip(client: HubClient): Promise<string> {
  return (await client.upload('holiday clip.mp4', new Uint8Array(await readFile(join(hub.directory, 'clip.mp4'))))).source
}
