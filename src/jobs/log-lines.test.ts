import { afterEach, beforeEach, expect, test } from 'vitest'
import { EventLog } from '../streams/event-log.ts'
import { parseEntries } from '../streams/entry.ts'
import { MemoryLogStorage } from '../streams/log-storage.memory.ts'
import { openDatabase } from './database.ts'
import type { LogLine } from './job.ts'
import { JobFeed } from './job-feed.ts'
import { JobFold } from './job-fold.ts'
import { JobIndex } from './job-index.ts'
import { JobLog, type JobWriter } from './job-log.ts'
import { LogLines } from './log-lines.ts'

let events: EventLog<JobFold>
let writer: JobWriter

beforeEach(async () => {
  events = new EventLog({ storage: new MemoryLogStorage(), fold: (id) => new JobFold(id) })
  const index = new JobIndex(await openDatabase(':memory:', { putAside: async () => undefined }))
  writer = await new JobLog({ events, index, feed: new JobFeed({ newestJobs: () => [] }), onIndexError: () => undefined }).write('a')
})
afterEach(() => events.close())

interface Burst {
  readonly first: number
  readonly last: number
  readonly new_logs: readonly string[]
  readonly lines: readonly LogLine[]
}

async function bursts(): Promise<Burst[]> {
  const { stream } = (await events.open('a'))!
  const { lines } = await stream.read(0, Number.MAX_SAFE_INTEGER)
  return parseEntries(lines).map(({ data }) => data as Burst)
}

const lines = (maxBytes = 1e9) => new LogLines(writer, { attempt: 1, maxBytes })

test('lines of one turn are one event, numbered on from those that are there', async () => {
  const first = lines()
  for (const text of ['a', 'b', 'c']) first.add('stderr', 'info', text)
  await first.finish()
  const second = lines()
  second.add('stdout', 'warning', 'd')
  await second.finish()
  expect((await bursts()).map(({ first, last, new_logs }) => [first, last, new_logs])).toEqual([[1, 3, ['a', 'b', 'c']], [4, 4, ['d']]])
})

test('lines on the heels of others wait for each other, and none is late for good', async () => {
  const log = lines()
  const before = performance.now()
  for (let count = 0; count < 60; count++) {
    log.add('stderr', 'info', 'line')
    await new Promise(setImmediate)
  }
  const { stream } = (await events.open('a'))!
  const watch = stream.watch()
  const added = writer.job.total_logs
  log.add('stderr', 'info', 'last')
  while (writer.job.total_logs <= added || !(await bursts()).at(-1)?.new_logs.includes('last')) await watch.changed(new AbortController().signal)
  // One each 20 ms, however long the turns took on a busy machine.
  expect((await bursts()).length).toBeLessThanOrEqual(3 + (performance.now() - before) / 20)
  expect((await bursts())[0]?.new_logs).toEqual(['line'])
  watch.stop()
})

test('no event comes near what ComputerCraft takes, whatever the lines are made of', async () => {
  const log = lines()
  const awkward = ['x', '\u0001', '世', '"', '🎞', '\ud800'].map((character) => character.repeat(5000))
  for (let round = 0; round < 20; round++) for (const text of awkward) log.add('stderr', 'info', text)
  for (let count = 0; count < 1000; count++) log.add('stderr', 'info', 'short')
  await log.finish()
  const told = await bursts()
  expect(Math.max(...told.map((burst) => Buffer.byteLength(JSON.stringify(burst))))).toBeLessThan(64 * 1024)
  const numbers = told.flatMap((burst) => burst.lines.map(({ n }) => n))
  expect(numbers).toEqual(Array.from({ length: 1120 }, (_, index) => index + 1))
  expect(told[0]?.new_logs[0]).toMatch(/^x{4000} \[cut\]$/)
})

test('a log that is full says so, and ends with its last lines', async () => {
  const log = lines(1000)
  for (let count = 1; count <= 5000; count++) log.add('stderr', 'info', `line ${count}`)
  await log.finish()
  const told = (await bursts()).flatMap((burst) => burst.lines)
  expect(told.map(({ n }) => n)).toEqual(told.map((_, index) => index + 1))
  const [full, missing] = told.filter(({ source }) => source === 'hub')
  expect(full?.text).toContain('The log is full')
  expect(missing?.text).toBe(`${5000 - (full!.n - 1) - 200} lines were left out; these are the last ones:`)
  expect(told.slice(-200).map(({ text }) => text)).toEqual(Array.from({ length: 200 }, (_, index) => `line ${4801 + index}`))
})

test('the tail and the last error are at hand for whoever asks why', () => {
  const log = lines()
  log.add('stderr', 'error', 'No such filter')
  for (let count = 0; count < 30; count++) log.add('stderr', 'info', `line ${count}`)
  expect(log.lastError).toBe('No such filter')
  expect(log.tail).toEqual(Array.from({ length: 20 }, (_, index) => `line ${10 + index}`))
})
