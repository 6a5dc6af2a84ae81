import { expect, test, vi } from 'vitest'
import { openMemoryStream } from '../../test/open-stream.ts'
import { parseEntries, parseOffset, type Entry } from './entry.ts'
import { StaleAttemptError, StreamClosedError, type Stream } from './stream.ts'

async function readAll(stream: Stream): Promise<Entry[]> {
  const entries: Entry[] = []
  for (let at = stream.start; at < stream.head; ) {
    const { lines, to } = await stream.read(at)
    entries.push(...parseEntries(lines))
    at = to
  }
  return entries
}

const numbered = (n: number) => ({ type: 'n', data: n })
const numbersOf = (entries: readonly Entry[]) => entries.map(({ data }) => data)

test('what is appended is read back in order, and each offset leads to the next event', async () => {
  const { stream } = await openMemoryStream()
  for (let n = 0; n < 40; n++) await stream.append([numbered(n), { type: 'half', data: n + 0.5 }])
  const entries = await readAll(stream)
  expect(entries.map(({ data }) => data)).toEqual(Array.from({ length: 80 }, (_, index) => index / 2))
  for (const [index, { offset }] of entries.entries()) {
    const at = await stream.locate(parseOffset(offset)!)
    const { lines } = await stream.read(at!)
    expect(parseEntries(lines)[0]).toEqual(entries[index + 1])
  }
})

test('one write is in flight; what comes meanwhile is the next one, in order', async () => {
  const { stream, storage } = await openMemoryStream()
  storage.isHolding = true
  const appends = Array.from({ length: 50 }, (_, n) => stream.append([numbered(n)]))
  await storage.arrival()
  storage.isHolding = false
  storage.release()
  await Promise.all(appends)
  expect(storage.appends.length).toBe(2)
  expect(numbersOf(await readAll(stream))).toEqual(Array.from({ length: 50 }, (_, n) => n))
})

test('an append made in the moment in which the one before it is told is written too', async () => {
  const { stream } = await openMemoryStream()
  for (let n = 0; n < 5; n++) await stream.append([numbered(n)]).then(() => stream.append([numbered(n + 0.5)]))
  expect(stream.fold.told.length).toBe(10)
})

test('nobody is told of what is not yet written: not by head, fold, read, watch or news', async () => {
  const { stream, storage } = await openMemoryStream()
  await stream.append([numbered(0)])
  const { head } = stream
  const news: number[] = []
  stream.onNews = () => news.push(stream.head)
  const watch = stream.watch()
  const aborted = new AbortController()
  let isWoken = false
  const woken = watch.changed(aborted.signal).then(() => (isWoken = true))
  storage.isHolding = true
  const append = stream.append([numbered(1)])
  await storage.arrival()
  expect([stream.head, stream.fold.told.length, (await stream.read(head)).lines.length, isWoken, news]).toEqual([head, 1, 0, false, []])
  expect(stream.backlogBytes).toBeGreaterThan(0)
  storage.release()
  await Promise.all([append, woken])
  expect(news).toEqual([stream.head])
  expect([stream.backlogBytes, numbersOf(await readAll(stream))]).toEqual([0, [0, 1]])
  watch.stop()
})

test('a disk that refuses for a while costs nothing but time: all is there, once and in order', async () => {
  const { stream, storage } = await openMemoryStream()
  await stream.append([numbered(0)])
  storage.refusals = 4
  await Promise.all([1, 2, 3, 4, 5].map((n) => stream.append([numbered(n)])))
  expect(storage.refused).toBe(4)
  expect(numbersOf(await readAll(stream))).toEqual([0, 1, 2, 3, 4, 5])
})

test('closing writes what waits, and gives up only what the disk still refuses', async () => {
  const { stream, storage } = await openMemoryStream()
  storage.isHolding = true
  const appends = [stream.append([numbered(0)]), stream.append([numbered(1)])]
  const closing = stream.close()
  await storage.arrival()
  storage.isHolding = false
  storage.release()
  await Promise.all([...appends, closing])
  expect(storage.appends.length).toBe(2)
  expect(() => stream.append([numbered(2)])).toThrow(StreamClosedError)

  // The pause before the next try never ends here: closing does not wait for it.
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const full = await openMemoryStream()
  full.storage.refusals = Number.POSITIVE_INFINITY
  const refused = [0, 1].map((n) => full.stream.append([numbered(n)]).catch((error: unknown) => error))
  // The first refusal has been heard, and the pause has begun.
  await new Promise(setImmediate)
  await full.stream.close()
  expect(await Promise.all(refused)).toEqual([expect.objectContaining({ code: 'ENOSPC' }), expect.objectContaining({ code: 'ENOSPC' })])
  vi.useRealTimers()
})

test('an ended stream takes no more, unless it is reopened; then it goes on where it ended', async () => {
  const { stream } = await openMemoryStream()
  const ended = stream.append([numbered(1), { type: 'end', data: {} }])
  expect(() => stream.append([numbered(2)])).toThrow(StreamClosedError)
  expect(stream.isClosed).toBe(false)
  await ended
  expect(stream.isClosed).toBe(true)
  const { head } = stream
  await stream.append([numbered(2)], { reopen: true })
  expect(stream.isClosed).toBe(false)
  await stream.append([numbered(3)])
  expect(numbersOf(parseEntries((await stream.read(head)).lines))).toEqual([2, 3])
})

test('an attempt that has been superseded cannot write any more', async () => {
  const { stream } = await openMemoryStream()
  await stream.append([numbered(1)], { attempt: 1 })
  await stream.append([numbered(2)], { attempt: 2 })
  expect(() => stream.append([numbered(9)], { attempt: 1 })).toThrow(StaleAttemptError)
  await stream.append([numbered(3)])
  expect(numbersOf(await readAll(stream))).toEqual([1, 2, 3])
})

test('an append that holds no event, or one that is no JSON, leaves the stream as it was', async () => {
  const { stream } = await openMemoryStream()
  await stream.append([])
  await stream.append([numbered(1)])
  expect(() => stream.append([numbered(2), { type: 'n', data: 1n }])).toThrow(TypeError)
  await stream.append([numbered(3)])
  expect(numbersOf(await readAll(stream))).toEqual([1, 3])
})

test('durable appends reach the disk as such, and so does the first, on which the epoch rests', async () => {
  const { stream, storage } = await openMemoryStream()
  await stream.append([numbered(1)])
  await stream.append([numbered(2)])
  await stream.append([numbered(3)], { durable: true })
  expect(storage.appends.map(({ durable }) => durable)).toEqual([true, false, true])
})

test('the value beside the log belongs to what is told before it, and an ended stream has none', async () => {
  const { stream, storage } = await openMemoryStream()
  await stream.append([numbered(1)])
  stream.setLast('progress', { progress: 1 })
  expect(stream.last).toMatchObject({ rev: 1, data: { rev: 1, progress: 1 }, floor: 0 })
  storage.isHolding = true
  const append = stream.append([numbered(2)])
  await storage.arrival()
  stream.clearLast()
  stream.setLast('progress', { progress: 2 })
  expect(stream.last?.floor).toBeGreaterThan(stream.head)
  storage.isHolding = false
  storage.release()
  await append
  expect(stream.last?.floor).toBe(stream.head)
  const ended = stream.append([{ type: 'end', data: {} }])
  stream.setLast('progress', { progress: 3 })
  await ended
  expect(stream.last).toBeUndefined()
})

test('what memory has forgotten can be read no more, and its offsets mean nothing', async () => {
  const { stream } = await openMemoryStream({ keepBytes: 2000 })
  await stream.append([numbered(0)])
  const { offset } = (await readAll(stream))[0]!
  for (let n = 1; n < 40; n++) await stream.append([{ type: 'n', data: 'x'.repeat(40_000) }])
  await expect(stream.read(0)).rejects.toMatchObject({ name: 'OffsetGoneError' })
  expect(await stream.locate(parseOffset(offset)!)).toBeUndefined()
  expect(await stream.locate(parseOffset(stream.offsetAt(stream.start))!)).toBe(stream.start)
})

test('the value beside the log stays until what is newer can be read, so that nobody sees neither', async () => {
  const { stream, storage } = await openMemoryStream()
  await stream.append([numbered(1)])
  stream.setLast('progress', { progress: 99 })
  storage.isHolding = true
  const ended = stream.append([numbered(2), { type: 'end', data: {} }])
  await storage.arrival()
  expect([stream.last?.data, stream.isClosed]).toEqual([{ rev: 1, progress: 99 }, false])
  storage.isHolding = false
  storage.release()
  await ended
  expect([stream.last, stream.isClosed]).toEqual([undefined, true])
})
