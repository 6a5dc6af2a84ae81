import { expect, test } from 'vitest'
import { openMemoryStream } from '../../test/open-stream.ts'
import type { Entry } from './entry.ts'
import { tail } from './tail.ts'

const numbered = (n: number) => ({ type: 'n', data: n })
const forever = () => new AbortController().signal

async function take(entries: AsyncGenerator<Entry, void>, count: number): Promise<unknown[]> {
  const data: unknown[] = []
  while (data.length < count) {
    const next = await entries.next()
    if (next.done) break
    data.push(next.value.data)
  }
  return data
}

test('an append that comes between the look at an empty log and the wait for a change is not missed', async () => {
  const { stream } = await openMemoryStream()
  const read = stream.read.bind(stream)
  let appended: Promise<void> | undefined
  // Right behind the first look, before its answer has reached who asked.
  stream.read = async (...args) => {
    const page = await read(...args)
    if (!appended) await (appended = stream.append([numbered(1)]))
    return page
  }
  expect(await take(tail(stream, { after: 0, signal: forever() }), 1)).toEqual([1])
})

test('past and future are one sequence, which stops behind the end', async () => {
  const { stream } = await openMemoryStream()
  for (const n of [1, 2, 3]) await stream.append([numbered(n)])
  const entries = tail(stream, { after: 0, signal: forever() })
  expect(await take(entries, 3)).toEqual([1, 2, 3])
  const next = entries.next()
  await stream.append([numbered(4), numbered(5)])
  expect((await next).value).toMatchObject({ data: 4 })
  await stream.append([{ type: 'end', data: 'over' }])
  expect(await take(entries, 9)).toEqual([5, 'over'])
  expect(stream.watchCount).toBe(0)
})

test('a reader that breaks off after 20 entries resumes at 21', async () => {
  const { stream } = await openMemoryStream()
  for (let n = 1; n <= 30; n++) await stream.append([numbered(n)])
  const broken = tail(stream, { after: 0, signal: forever() })
  let at = 0
  for (let n = 0; n < 20; n++) at = Number(((await broken.next()).value as Entry).offset.split('.')[1])
  await broken.return()
  expect(stream.watchCount).toBe(0)
  expect(await take(tail(stream, { after: at, signal: forever() }), 10)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30])
})

test('an abort ends a tail that waits, and leaves no listener behind', async () => {
  const { stream } = await openMemoryStream()
  const controller = new AbortController()
  const ended = take(tail(stream, { after: 0, signal: controller.signal }), 1)
  await new Promise(setImmediate)
  expect(stream.watchCount).toBe(1)
  controller.abort()
  expect([await ended, stream.watchCount]).toEqual([[], 0])
})

test('many waits on one signal do not pile up listeners', async () => {
  const { stream } = await openMemoryStream()
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  const entries = tail(stream, { after: 0, signal: forever() })
  for (let n = 0; n < 30; n++) {
    const next = entries.next()
    await new Promise(setImmediate)
    await stream.append([numbered(n)])
    expect((await next).value).toMatchObject({ data: n })
  }
  await entries.return()
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})

test('a stream that is let go ends those who wait on it', async () => {
  const { stream } = await openMemoryStream()
  const ended = take(tail(stream, { after: 0, signal: forever() }), 1)
  await new Promise(setImmediate)
  await stream.close()
  expect(await ended).toEqual([])
})
