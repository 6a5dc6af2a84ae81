import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { HeldSocket } from '../../test/held-socket.ts'
import { ListingFold } from '../../test/listing-fold.ts'
import { EventLog } from './event-log.ts'
import { Follower } from './follower.ts'
import { makeView } from './framing.ts'
import { FileLogStorage } from './log-storage.file.ts'
import type { LogStorage } from './log-storage.ts'
import { StreamClosedError } from './stream.ts'

let directory: string
let log: EventLog<ListingFold>
let opened: string[]

beforeEach(async () => {
  // Only the log's clock: it ticks when the test says so.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  directory = await mkdtemp(join(tmpdir(), 'event-log-'))
  opened = []
  log = new EventLog({ storage: counted(new FileLogStorage({ path: (name) => join(directory, name) })), fold: () => new ListingFold() })
})

afterEach(async () => {
  await log.close()
  vi.useRealTimers()
  await rm(directory, { recursive: true })
})

function counted(storage: LogStorage): LogStorage {
  return {
    open(name, options) {
      opened.push(name)
      return storage.open(name, options)
    },
    remove: (name) => storage.remove(name),
  }
}

const tickSeconds = (seconds: number) => vi.advanceTimersByTime(seconds * 1000)
const event = (data: unknown) => ({ type: 'n', data })

async function write(name: string, data: unknown): Promise<void> {
  const { stream, release } = await log.pin(name)
  await stream.append([event(data)])
  release()
}

test('however many ask for a stream at once, it is opened once', async () => {
  await write('a', 1)
  await log.close()
  opened.length = 0
  const open = await Promise.all([log.open('a'), log.open('a'), log.pin('a'), log.open('a', { create: true })])
  expect(opened).toEqual(['a'])
  expect(new Set(open.map((each) => each?.stream)).size).toBe(1)
})

test('who creates a stream gets one, even while somebody else finds none', async () => {
  const [found, created, pinned] = await Promise.all([log.open('a'), log.open('a', { create: true }), log.pin('a')])
  expect(found).toBeUndefined()
  expect(created?.stream).toBe(pinned.stream)
  await pinned.stream.append([event(1)])
  expect(log.peek('a')?.stream).toBe(pinned.stream)
})

test('a stream that nobody has use for is let go after 30 s, and opened again it is as it was', async () => {
  await write('a', 1)
  tickSeconds(29)
  const before = log.peek('a')
  expect(before).toBeDefined()
  tickSeconds(1)
  expect(log.peek('a')).toBeUndefined()
  const again = await log.open('a')
  expect(again?.stream).not.toBe(before?.stream)
  expect(again?.stream.fold.told.length).toBe(1)
  expect(() => before?.stream.append([event(2)])).toThrow(StreamClosedError)
})

test('of more than 256 that nobody has wanted for a second, the longest unwanted go first', async () => {
  for (let index = 0; index < 300; index++) await write(`old-${index}`, index)
  tickSeconds(1)
  await write('new', 1)
  tickSeconds(1)
  const held = Array.from({ length: 300 }, (_, index) => log.peek(`old-${index}`)).filter((open) => open !== undefined)
  expect(held.length).toBe(256)
  expect(log.peek('new')).toBeDefined()
})

test('who pins, watches or follows a stream keeps it, and each look at it begins the 30 s anew', async () => {
  const pinned = await log.pin('a')
  tickSeconds(100)
  expect(log.peek('a')?.stream).toBe(pinned.stream)
  const watch = pinned.stream.watch()
  pinned.release()
  tickSeconds(100)
  expect(log.peek('a')?.stream).toBe(pinned.stream)
  const socket = new HeldSocket()
  const ends = { onEnd: () => undefined, onCut: () => undefined, onStall: () => undefined }
  const follower = new Follower(pinned.broadcast, { view: makeView('sse'), socket: socket.readOn().asSocket, at: 0, ends })
  follower.start({ isReset: false })
  watch.stop()
  for (let round = 0; round < 5; round++) {
    // The follower's pings need a turn to be taken, or it would count as stalled.
    tickSeconds(20)
    await new Promise(setImmediate)
  }
  expect(log.peek('a')?.stream).toBe(pinned.stream)
  follower.stop()
  tickSeconds(29)
  await log.open('a')
  tickSeconds(29)
  expect(log.peek('a')?.stream).toBe(pinned.stream)
})

test('a stream that is let go while it is opened again is not in two hands', async () => {
  for (let round = 0; round < 20; round++) {
    await write('a', round)
    tickSeconds(30)
    const [one, two] = await Promise.all([log.pin('a'), log.pin('a')])
    expect(one.stream).toBe(two.stream)
    expect(one.stream.fold.told.length).toBe(round + 1)
    one.release()
    two.release()
  }
})

test('a removed stream is gone for who asks, cuts who follows, refuses who writes, and leaves no file', async () => {
  const writer = await log.pin('a')
  await writer.stream.append([event(1)])
  const fates: string[] = []
  const ends = { onEnd: () => void fates.push('end'), onCut: () => void fates.push('cut'), onStall: () => void fates.push('stall') }
  new Follower(writer.broadcast, { view: makeView('sse'), socket: new HeldSocket().asSocket, at: 0, ends }).start({ isReset: false })
  const removing = log.remove('a')
  const [found] = await Promise.all([log.open('a'), removing])
  expect([found, log.peek('a'), fates]).toEqual([undefined, undefined, ['cut']])
  expect(() => writer.stream.append([event(2)])).toThrow(StreamClosedError)
  expect(await readdir(directory)).toEqual([])
})

test('a stream that is created again while it is being removed is a new one', async () => {
  for (let round = 0; round < 20; round++) {
    await write('a', 'old')
    const [, pinned] = await Promise.all([log.remove('a'), log.pin('a')])
    await pinned.stream.append([event('new')])
    pinned.release()
    expect(pinned.stream.fold.told.length).toBe(1)
    expect(log.peek('a')?.stream).toBe(pinned.stream)
    await log.remove('a')
  }
})

test('a stream that is removed while it is being opened is held by nobody', async () => {
  for (let round = 0; round < 20; round++) {
    await write('a', 1)
    await log.close()
    const opening = log.open('a')
    await log.remove('a')
    const open = await opening
    expect([open, log.peek('a')]).toEqual([undefined, undefined])
  }
})

test('closing the log waits for what is being written', async () => {
  const { stream } = await log.pin('a')
  const appends = Array.from({ length: 20 }, (_, n) => stream.append([event(n)]))
  await log.close()
  await Promise.all(appends)
  expect((await log.open('a'))?.stream.fold.told.length).toBe(20)
})
