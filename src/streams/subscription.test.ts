import { beforeAll, expect, test } from 'vitest'
import { openMemoryStream } from '../../test/open-stream.ts'
import type { OpenStream } from './event-log.ts'
import { Broadcast } from './broadcast.ts'
import { parseSubscription, startingPlace } from './subscription.ts'

let open: OpenStream

beforeAll(async () => {
  const { stream } = await openMemoryStream()
  for (let n = 0; n < 5; n++) await stream.append([{ type: 'n', data: n }])
  open = { stream, broadcast: new Broadcast(stream) }
})

const parse = (query: string, lastEventId?: string) => parseSubscription(new URLSearchParams(query), lastEventId)
const place = (query: string, lastEventId?: string) => startingPlace(open, parse(query, lastEventId))
const ends = () => (open.stream.fold as unknown as { told: { to: number }[] }).told.map(({ to }) => to)

test.each(['', 'after=', 'after=start', 'after=0.0'])('"%s" begins at the start', async (query) => {
  expect(await place(query)).toEqual({ at: 0, isReset: false })
})

test('after=now and tail=0 begin behind everything, an offset behind its event', async () => {
  expect(await place('after=now')).toEqual({ at: open.stream.head, isReset: false })
  expect(await place('tail=0')).toEqual({ at: open.stream.head, isReset: false })
  for (const end of ends()) expect(await place(`after=0.${end}`)).toEqual({ at: end, isReset: false })
})

test('tail=N begins so that N lines are seen, or all where there are fewer', async () => {
  expect(await place('tail=2')).toEqual({ at: ends()[2], isReset: false })
  expect(await place('tail=999999')).toEqual({ at: 0, isReset: false })
})

test('an offset that means nothing here begins at the start, with a reset', async () => {
  for (const after of ['1.0', '0.5', `0.${open.stream.head + 1}`]) expect(await place(`after=${after}`)).toEqual({ at: 0, isReset: true })
})

test('Last-Event-ID wins over after; an empty one is none, and a foreign one is answered with a reset', async () => {
  const [first] = ends()
  expect(await place('after=start', `0.${first}`)).toEqual({ at: first, isReset: false })
  expect(await place('after=now', '')).toEqual({ at: open.stream.head, isReset: false })
  expect(await place('after=nonsense', 'from another hub')).toEqual({ at: 0, isReset: true })
})

test('a start before what memory still has begins where that begins', async () => {
  const { stream } = await openMemoryStream({ keepBytes: 300 })
  for (let n = 0; n < 20; n++) await stream.append([{ type: 'n', data: n }])
  expect(stream.start).toBeGreaterThan(0)
  const forgetful = { stream, broadcast: new Broadcast(stream) }
  expect(await startingPlace(forgetful, parse('tail=999'))).toEqual({ at: stream.start, isReset: false })
})

test.each(['after=nonsense', 'after=1', 'after=-1.0', 'after=1.2.3'])('"%s" is refused with the field named', (query) => {
  const errors = [expect.objectContaining({ path: 'after' })]
  expect(() => parse(query)).toThrow(expect.objectContaining({ code: 'invalid_offset', errors }))
})

test.each(['tail=-1', 'tail=1.5', 'tail=x', 'tail=1000000'])('"%s" is refused with the field named', (query) => {
  const errors = [expect.objectContaining({ path: 'tail' })]
  expect(() => parse(query)).toThrow(expect.objectContaining({ code: 'invalid_input', errors }))
})

test('types are names between commas; none is all', () => {
  expect(parse('types=progress,%20new_logs,').types).toEqual(new Set(['progress', 'new_logs']))
  expect([parse('').types, parse('types=').types]).toEqual([undefined, undefined])
})
