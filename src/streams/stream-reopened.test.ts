import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ListingFold } from '../../test/listing-fold.ts'
import { parseEntries, parseOffset } from './entry.ts'
import { FileLogStorage } from './log-storage.file.ts'
import { Stream } from './stream.ts'

let directory: string
let file: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stream-'))
  file = join(directory, 's')
})

afterEach(() => rm(directory, { recursive: true }))

async function open(): Promise<Stream<ListingFold>> {
  const storage = await new FileLogStorage({ path: (name) => join(directory, name) }).open('s', { create: true })
  return Stream.open('s', { storage: storage!, fold: new ListingFold() })
}

/** Opens the stream, appends events whose data are `values`, and closes it. Returns their offsets. */
async function write(...values: readonly unknown[]): Promise<string[]> {
  const stream = await open()
  const { head } = stream
  for (const data of values) await stream.append([{ type: 'n', data }])
  const { lines } = values.length > 0 ? await stream.read(head, 10_000_000) : { lines: Buffer.alloc(0) }
  await stream.close()
  return parseEntries(lines).map(({ offset }) => offset)
}

async function locate(stream: Stream, offset: string): Promise<number | undefined> {
  return stream.locate(parseOffset(offset)!)
}

test('each opening that writes is an epoch of its own, and offsets of all of them stay good', async () => {
  const offsets = [...(await write(1, 2)), ...(await write()), ...(await write(3)), ...(await write(4))]
  expect(offsets.map((offset) => offset.split('.')[0])).toEqual(['0', '0', '1', '2'])
  const stream = await open()
  expect(await Promise.all(offsets.map((offset) => locate(stream, offset)))).toEqual(offsets.map((offset) => Number(offset.split('.')[1])))
  expect(stream.offsetAt(stream.head)).toBe(offsets.at(-1))
  expect(stream.fold.told.length).toBe(4)
  await stream.close()
})

test('offsets before the cut of a power loss are good, those beyond it mean nothing, whatever is written there', async () => {
  const [one, two, three] = await write('aaaa', 'bbbb', 'cccc')
  await truncate(file, Number(one!.split('.')[1]) + 5)
  const cut = await open()
  expect([await locate(cut, one!), await locate(cut, two!)]).toEqual([cut.head, undefined])
  await cut.close()
  const [again] = await write('BBBB', 'CCCC')
  expect(again!.split('.')[1]).toBe(two!.split('.')[1])
  const stream = await open()
  const places = await Promise.all([one, two, three].map((offset) => locate(stream, offset!)))
  expect(places).toEqual([Number(one!.split('.')[1]), undefined, undefined])
  expect(await locate(stream, again!)).toBe(Number(again!.split('.')[1]))
  await stream.close()
})

test('an epoch that never was, a byte inside a line and a byte past the end mean nothing', async () => {
  const [one] = await write('aaaa')
  const byte = Number(one!.split('.')[1])
  const stream = await open()
  expect(await locate(stream, `1.${byte}`)).toBeUndefined()
  for (let inside = 1; inside < byte; inside++) expect(await locate(stream, `0.${inside}`)).toBeUndefined()
  expect(await locate(stream, `0.${byte + 1}`)).toBeUndefined()
  expect(await locate(stream, '0.0')).toBe(0)
  await stream.close()
})

test('wherever a crash tears the last line, it is cut and the ones before it stand', async () => {
  await write('one', 'two')
  const whole = await readFile(file)
  const lineStart = whole.lastIndexOf('\n', -2) + 1
  for (let size = lineStart + 1; size < whole.length; size += 7) {
    await writeFile(file, whole.subarray(0, size))
    const stream = await open()
    expect([stream.head, stream.fold.told.length, (await stat(file)).size]).toEqual([lineStart, 1, lineStart])
    await stream.close()
  }
})

test('a tail of zeros, as some file systems leave it, is cut', async () => {
  await write('one')
  const whole = await readFile(file)
  await writeFile(file, Buffer.concat([whole, Buffer.alloc(300_000)]))
  const stream = await open()
  expect([stream.head, (await stat(file)).size]).toEqual([whole.length, whole.length])
  await stream.append([{ type: 'n', data: 'two' }])
  expect(parseEntries((await stream.read(0)).lines).map(({ data }) => data)).toEqual(['one', 'two'])
  await stream.close()
})

test('a page of zeros inside a line with both its ends whole is found out', async () => {
  await write('one', 'x'.repeat(12_000))
  const bytes = await readFile(file)
  const lineStart = bytes.indexOf('\n') + 1
  await writeFile(file, bytes.fill(0, 4096, 8192))
  const stream = await open()
  expect(stream.head).toBe(lineStart)
  await stream.close()
})

test('a line that is whole but stands elsewhere than it was written, or holds what is no text, is cut', async () => {
  await write('one', 'two', 'three')
  const [one = '', two = '', three = ''] = (await readFile(file, 'latin1')).split(/(?<=\n)/)
  for (const bytes of [one + three, one + two.replace('two', 't\xffo') + three]) {
    await writeFile(file, bytes, 'latin1')
    const stream = await open()
    expect([stream.head, stream.fold.told.length]).toEqual([one.length, 1])
    await stream.close()
  }
})

test('a flipped bit never keeps a stream from opening; what stands before it stands, and what is kept is JSON', async () => {
  await write({ first: 1 }, { text: 'ffmpeg version "5.1"', level: ['info', null] }, 'last')
  const whole = await readFile(file)
  const lineStarts = [0, ...[...whole.entries()].filter(([, byte]) => byte === 10).map(([at]) => at + 1)]
  await fc.assert(fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
    const flipped = Buffer.from(whole)
    flipped[at]! ^= 1 << bit
    await writeFile(file, flipped)
    const stream = await open()
    expect(stream.head).toBeGreaterThanOrEqual(lineStarts.findLast((start) => start <= at)!)
    const lines = stream.head > 0 ? parseEntries((await stream.read(0)).lines) : []
    expect(lines.every(({ offset, at }) => parseOffset(offset) && Number.isFinite(at))).toBe(true)
    await stream.close()
  }), { numRuns: 200 })
})

test('whatever was put into the middle of a log, taken out or doubled, it yields whole entries with rising offsets', async () => {
  await write({ first: 1 }, 'second', ['third'])
  const whole = await readFile(file)
  const piece = fc.tuple(fc.nat(whole.length), fc.nat(whole.length)).map(([from, to]) => whole.subarray(from, to))
  const inserted = fc.oneof(piece, fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)))
  await fc.assert(fc.asyncProperty(fc.nat(whole.length), fc.nat(60), inserted, async (at, missing, bytes) => {
    await writeFile(file, Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + missing)]))
    const stream = await open()
    const { head } = stream
    const lines = head > 0 ? (await stream.read(0)).lines : Buffer.alloc(0)
    await stream.close()
    const places = parseEntries(lines).map(({ offset }) => parseOffset(offset)!.byte)
    const ends = [...lines.entries()].filter(([, byte]) => byte === 10).map(([end]) => end + 1)
    expect([places, head]).toEqual([ends, ends.at(-1) ?? 0])
  }), { numRuns: 200 })
})

test('a log far larger than what is read at once is folded line by line', async () => {
  const values = Array.from({ length: 40 }, (_, n) => `${n} ${'y'.repeat(n === 20 ? 700_000 : 10_000)}`)
  const offsets = await write(...values)
  const stream = await open()
  expect(stream.fold.told.map(({ to }) => to)).toEqual(offsets.map((offset) => Number(offset.split('.')[1])))
  const entries: unknown[] = []
  for (let at = 0; at < stream.head; ) {
    const { lines, to } = await stream.read(at)
    entries.push(...parseEntries(lines).map(({ data }) => data))
    at = to
  }
  expect(entries).toEqual(values)
  await stream.close()
})

test('a stream that had ended is still ended when it is opened again', async () => {
  const stream = await open()
  await stream.append([{ type: 'end', data: {} }])
  await stream.close()
  const again = await open()
  expect(again.isClosed).toBe(true)
  expect(() => again.append([{ type: 'n', data: 1 }])).toThrow('has ended')
  await again.close()
})
