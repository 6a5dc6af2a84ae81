import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { openMemoryStream } from '../../test/open-stream.ts'
import { Broadcast } from './broadcast.ts'
import { readEventPage, type EventPage, type PageRequest } from './long-poll.ts'
import type { Stream } from './stream.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const event = (data: unknown) => ({ type: 'n', data })
const dataOf = ({ events }: EventPage) => events.map(({ data }) => data)

function page(
  stream: Stream, { at = 0, isReset = false, ...request }: Partial<PageRequest> & { at?: number; isReset?: boolean } = {},
): Promise<EventPage> {
  const rest = { types: undefined, waitSeconds: 0, rev: undefined, signal: new AbortController().signal }
  return readEventPage({ stream, broadcast: new Broadcast(stream) }, { ...rest, ...request, place: { at, isReset } })
}

test('pages follow one another to the end, each no larger than about 32 KiB', async () => {
  const { stream } = await openMemoryStream()
  for (let n = 0; n < 30; n++) await stream.append([event(`${n} ${'x'.repeat(9000)}`)])
  await stream.append([{ type: 'end', data: 'over' }])
  const pages: EventPage[] = []
  for (let at = 0; !pages.at(-1)?.closed; at = Number(pages.at(-1)!.offset.split('.')[1])) pages.push(await page(stream, { at }))
  expect(pages.flatMap(dataOf).map((text) => parseInt(String(text), 10))).toEqual([...Array.from({ length: 30 }, (_, n) => n), NaN])
  expect(pages.map(({ more }) => more)).toEqual([...pages.slice(1).map(() => true), false])
  expect(pages.length).toBeGreaterThan(3)
})

test('without a wait the answer is what there is, also where that is nothing', async () => {
  const { stream } = await openMemoryStream()
  expect(await page(stream)).toEqual({ events: [], offset: '0.0', more: false, closed: false, reset: false, progress: null })
  await stream.append([event(1)])
  expect(dataOf(await page(stream))).toEqual([1])
})

test('with a wait the answer comes with the next event, and only of the types asked for, or the end', async () => {
  const { stream } = await openMemoryStream()
  const waiting = page(stream, { waitSeconds: 50, types: new Set(['status']) })
  await stream.append([event(1)])
  await stream.append([{ type: 'status', data: 'running' }])
  expect(dataOf(await waiting)).toEqual(['running'])
  const last = page(stream, { at: stream.head, waitSeconds: 50, types: new Set(['status']) })
  await stream.append([event(2), { type: 'end', data: 'over' }])
  expect(await last).toMatchObject({ events: [{ data: 'over' }], closed: true, more: false })
  expect(stream.watchCount).toBe(0)
})

test('a wait ends in its time, although all that nobody holds is collected while it reads', async () => {
  const { stream } = await openMemoryStream()
  const read = stream.read.bind(stream)
  stream.read = async (...args) => {
    for (let round = 0; round < 3; round++) {
      await new Promise(setImmediate)
      collectGarbage()
    }
    return read(...args)
  }
  expect(dataOf(await page(stream, { waitSeconds: 0.2 }))).toEqual([])
})

test('with rev the answer comes with newer progress; without it, it does not', async () => {
  const { stream } = await openMemoryStream()
  stream.setLast('progress', { progress: 1 })
  const { progress } = await page(stream, { waitSeconds: 50, rev: 0 })
  expect(progress).toEqual({ rev: 1, progress: 1 })
  const waiting = page(stream, { waitSeconds: 50, rev: 1 })
  const deaf = page(stream, { waitSeconds: 50 })
  stream.setLast('progress', { progress: 2 })
  expect(await waiting).toMatchObject({ events: [], progress: { rev: 2, progress: 2 } })
  await stream.append([event(1)])
  expect(dataOf(await deaf)).toEqual([1])
})

test('a revision from before a restart of the hub holds nobody up', async () => {
  const { stream } = await openMemoryStream()
  stream.setLast('progress', { progress: 1 })
  expect(await page(stream, { waitSeconds: 50, rev: 700 })).toMatchObject({ progress: { rev: 1 } })
})

test('progress is not told to who has not come as far as what it belongs to', async () => {
  const { stream } = await openMemoryStream()
  for (let n = 0; n < 10; n++) await stream.append([event('x'.repeat(9000))])
  stream.clearLast()
  stream.setLast('progress', { progress: 7 })
  expect(await page(stream)).toMatchObject({ more: true, progress: null })
  expect(await page(stream, { at: stream.head })).toMatchObject({ more: false, progress: { progress: 7 } })
})

test('a reset is told at once, with the page from the start', async () => {
  const { stream } = await openMemoryStream()
  expect(await page(stream, { waitSeconds: 50, isReset: true })).toMatchObject({ events: [], reset: true })
  await stream.append([event(1)])
  expect(await page(stream, { waitSeconds: 50, isReset: true })).toMatchObject({ events: [{ data: 1 }], reset: true })
})

test('who waited longer than memory keeps things is told by a reset', async () => {
  const { stream } = await openMemoryStream({ keepBytes: 300 })
  for (let n = 0; n < 20; n++) await stream.append([event(n)])
  const answer = await page(stream, { at: 0 })
  expect(answer.reset).toBe(true)
  expect(dataOf(answer).at(-1)).toBe(19)
})

test('an abort ends the wait, and leaves no watch behind', async () => {
  const { stream } = await openMemoryStream()
  const controller = new AbortController()
  const waiting = page(stream, { waitSeconds: 50, signal: controller.signal })
  await new Promise(setImmediate)
  expect(stream.watchCount).toBe(1)
  controller.abort()
  expect([dataOf(await waiting), stream.watchCount]).toEqual([[], 0])
})

test('a stream that is removed meanwhile ends the wait as gone', async () => {
  const { stream } = await openMemoryStream()
  const waiting = page(stream, { waitSeconds: 50 })
  await new Promise(setImmediate)
  void stream.close()
  await expect(waiting).rejects.toMatchObject({ code: 'job_expired' })
})
