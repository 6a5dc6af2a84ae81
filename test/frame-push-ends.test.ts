import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ScriptedJob } from './channel-hub.ts'
import { PushReader } from './push-reader.ts'
import { beginAttempt, pictures, PushingHub, until } from './pushing-hub.ts'

const SMALL = { width: 16, height: 9 }
/** 691,200 bytes. */
const LARGE = { width: 640, height: 360 }

let hub: PushingHub

afterEach(async () => {
  vi.useRealTimers()
  await hub.stop()
})

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

async function fail(job: ScriptedJob): Promise<void> {
  const error = { code: 'command_failed', message: 'The encoder gave up', hint: 'Give it a whole file', log_tail: [] }
  await job.write('error', { error })
  await job.write('status', { status: 'failed', ended_at: 3, expires_at: 4, progress: 50 })
  await job.write('end', { status: 'failed' })
}

async function retry(job: ScriptedJob): Promise<void> {
  await job.write('status', { status: 'queued', reason: 'retried' })
  await beginAttempt(job, 2)
}

describe('a reader who takes nothing for as long as the hub allows', () => {
  beforeEach(async () => {
    hub = await PushingHub.start({ stalledAfterMs: 300 })
  })

  test('is closed with 4408, and let go where it does not even take that', async () => {
    const job = await hub.job('a')
    await hub.make('a', LARGE, pictures(30, LARGE))
    const readers = [new PushReader(hub.url('a')), new PushReader(hub.url('a'))]
    for (const { socket } of readers) socket.on('open', () => socket.pause())
    await until(() => hub.sockets.length === 2 && hub.sockets.every(({ readyState, CLOSING }) => readyState >= CLOSING))
    readers[0]!.socket.resume()
    expect(await readers[0]!.closed).toEqual([4408, 'took nothing for 0.3 s; come back with from='])
    await until(() => hub.sockets.every(({ readyState, CLOSED }) => readyState === CLOSED) && job.open.stream.watchCount === 0)
    readers[1]!.socket.terminate()
  })
})

describe('a reader whom only its answers to pings tell from one who is gone', () => {
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    hub = await PushingHub.start()
  })

  test('gets everything, though each message takes it 10 s and all of them a quarter of an hour', async () => {
    const job = await hub.job('a')
    const made = pictures(20, LARGE)
    await hub.make('a', LARGE, made)
    await job.end()
    const reader = new PushReader(hub.url('a', 'batch=3'))
    let pings = 0
    reader.socket.on('ping', () => {
      pings++
      reader.socket.pause()
    })
    let isClosed = false
    void reader.closed.then(() => (isClosed = true))
    let seconds = 0
    for (let read = 0; !isClosed; read = pings) {
      await until(() => isClosed || (pings > read && hub.answered[0]! >= pings))
      vi.advanceTimersByTime(10_000)
      seconds += 10
      reader.socket.resume()
    }
    expect(await reader.closed).toEqual([1000, 'end'])
    expect(reader.numbers).toEqual(upTo(20))
    expect(seconds).toBeGreaterThan(900)
    expect(made.every((picture, index) => reader.frames.get(index + 1)?.equals(picture))).toBe(true)
  })

  test('is pinged each 15 s and stays while it waits; one who is gone is ended, and nothing of it is left', async () => {
    const job = await hub.job('a')
    await hub.make('a', SMALL, pictures(10, SMALL))
    const gone = new PushReader(hub.url('a', 'credit=5'))
    await gone.sees(5)
    const alive = new PushReader(hub.url('a', 'credit=5'))
    await alive.sees(5)
    await until(() => hub.answered.every((count) => count > 0))
    expect(job.open.stream.watchCount).toBe(2)
    gone.socket.pause()
    const ended = once(hub.sockets[0]!, 'close')
    for (let quarter = 0; quarter < 4; quarter++) {
      const answered = hub.answered[1]!
      const pinged = once(alive.socket, 'ping')
      vi.advanceTimersByTime(15_000)
      await pinged
      await until(() => hub.answered[1]! > answered)
    }
    expect((await ended)[0]).toBe(1006)
    await until(() => job.open.stream.watchCount === 1)
    alive.say({ op: 'credit', frames: 5 })
    await job.end()
    expect(await alive.closed).toEqual([1000, 'end'])
    expect(alive.numbers).toEqual(upTo(10))
    gone.socket.terminate()
  })
})

describe('a job that is tried again under its reader', () => {
  let job: ScriptedJob
  let reader: PushReader

  beforeEach(async () => {
    hub = await PushingHub.start()
    job = await hub.job('a')
    await hub.make('a', SMALL, pictures(20, SMALL))
    reader = new PushReader(hub.url('a', 'credit=5'))
    await reader.sees(5)
    await fail(job)
    await retry(job)
  })

  test.each([
    ['the same frames', pictures(20, SMALL)],
    ['others behind what has been sent', [...pictures(12, SMALL), ...pictures(20, SMALL, 2).slice(12)]],
  ])('and makes %s goes on as if nothing had been', async (_, again) => {
    await hub.make('a', SMALL, again)
    reader.say({ op: 'credit', frames: 15 })
    await job.end()
    expect(await reader.closed).toEqual([1000, 'end'])
    expect([reader.numbers, reader.said]).toEqual([upTo(20), [{ type: 'end', frames: 20 }]])
    expect(again.every((picture, index) => reader.frames.get(index + 1)?.equals(picture))).toBe(true)
  })

  test.each([
    ['other frames of the same size', pictures(20, SMALL, 2), SMALL],
    ['larger frames', pictures(20, { width: 20, height: 9 }), { width: 20, height: 9 }],
    ['fewer than have been sent', pictures(3, SMALL), SMALL],
  ])('and makes %s closes with 1011 and says so, with credit or without', async (_, again, size) => {
    const waiting = new PushReader(hub.url('a', 'from=6&credit=1'))
    await waiting.sees(1)
    await hub.make('a', size, again)
    await job.end()
    reader.say({ op: 'credit', frames: 15 })
    const changed = [1011, 'The frames are being made anew and come out differently; come back']
    expect(await Promise.all([reader.closed, waiting.closed])).toEqual([changed, changed])
    expect([reader.numbers, reader.said]).toEqual([upTo(5), []])
  })
})

describe('a job that comes to another end', () => {
  beforeEach(async () => {
    hub = await PushingHub.start()
  })

  test('by failing, is told with its failure behind the frames there are', async () => {
    const job = await hub.job('a')
    const reader = new PushReader(hub.url('a'))
    await hub.make('a', SMALL, pictures(7, SMALL))
    await reader.sees(7)
    await fail(job)
    expect(await reader.closed).toEqual([1000, 'end'])
    const data = { code: 'command_failed', message: 'The encoder gave up', hint: 'Give it a whole file' }
    expect([reader.numbers, reader.said]).toEqual([upTo(7), [{ type: 'error', status: 'failed', frames: 7, data }]])
  })

  test('by completing without frames, is closed with 4404', async () => {
    const job = await hub.job('a')
    const early = new PushReader(hub.url('a'))
    await until(() => job.open.stream.watchCount === 1)
    await job.end()
    const late = new PushReader(hub.url('a'))
    const none = [4404, 'The job has made no frames']
    expect(await Promise.all([early.closed, late.closed])).toEqual([none, none])
  })

  test('by being removed, is closed with 4404 for who waits and for who has not read yet', async () => {
    const job = await hub.job('a')
    await hub.make('a', LARGE, pictures(20, LARGE))
    const waiting = new PushReader(hub.url('a', 'credit=5'))
    const behind = new PushReader(hub.url('a'))
    await waiting.sees(5)
    behind.socket.pause()
    await until(() => job.open.stream.watchCount === 2)
    await hub.log.remove('a')
    behind.socket.resume()
    const removed = [4404, 'The job has been removed']
    expect(await Promise.all([waiting.closed, behind.closed])).toEqual([removed, removed])
    expect(waiting.numbers).toEqual(upTo(5))
    await until(() => job.open.stream.watchCount === 0)
  })
})

describe('a mistaken message', () => {
  beforeEach(async () => {
    hub = await PushingHub.start()
  })

  test.each([
    'no JSON', '[]', { op: 'dance' }, {}, { op: 'credit' },
    ...[-1, 0, 1.5, '5', null, 1_000_001, 1e300].map((frames) => ({ op: 'credit', frames })),
    ...[-1, 0, 1.5, '5', 1_000_000_000].map((frame) => ({ op: 'seek', frame })),
  ])('%j is answered with what is taken, and the frames go on as if it had not been sent', async (message) => {
    const job = await hub.job('a')
    await hub.make('a', SMALL, pictures(9, SMALL))
    await job.end()
    const reader = new PushReader(hub.url('a', 'credit=3&batch=1'))
    await reader.sees(3)
    reader.say(message)
    await reader.hears(1)
    const detail = typeof message === 'string' ? /one JSON object/ : /"credit","frames":1 to 1000000\b.*"seek","frame":1 to 999999999\b/
    expect(reader.said).toEqual([{ type: 'error', data: { code: 'invalid_message', message: expect.stringMatching(detail) } }])
    reader.say({ op: 'credit', frames: 6 })
    expect(await reader.closed).toEqual([1000, 'end'])
    expect(reader.numbers).toEqual(upTo(9))
  })

  test('is answered also to a reader who is behind and wants the largest messages there are', async () => {
    const job = await hub.job('a')
    await hub.make('a', LARGE, pictures(60, LARGE))
    await job.end()
    const reader = new PushReader(hub.url('a', 'max_message=1048576'))
    await once(reader.socket, 'open')
    reader.socket.pause()
    // Nothing more fits into what the system holds for it.
    let turns = 0
    await until(() => (turns = hub.sockets[0]!.bufferedAmount > 0 ? turns + 1 : 0) > 1000)
    const heard = once(hub.sockets[0]!, 'message')
    reader.say({ op: 'dance' })
    await heard
    reader.socket.resume()
    expect(await reader.closed).toEqual([1000, 'end'])
    expect([reader.numbers, reader.said.map(({ type }) => type)]).toEqual([upTo(60), ['error', 'end']])
  })

  test('in the query is named in the reason for closing', async () => {
    await hub.job('a')
    const reader = new PushReader(hub.url('a', 'max_message=1023'))
    expect(await reader.closed).toEqual([4400, 'max_message takes a whole number from 1024 to 1048576'])
  })
})
