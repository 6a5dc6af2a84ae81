import { expect, test } from 'vitest'
import { Stream } from '../streams/stream.ts'
import { MemoryLogStorage } from '../streams/log-storage.memory.ts'
import { applyEvent, EMPTY_JOB, type JobEvent } from './job.ts'
import { JobFold } from './job-fold.ts'

async function openStream(): Promise<Stream<JobFold>> {
  return Stream.open('a', { storage: (await new MemoryLogStorage().open('a', { create: true }))!, fold: new JobFold('a') })
}

const lines = (first: number, last: number) => {
  const texts = Array.from({ length: last - first + 1 }, (_, index) => `line ${first + index}`)
  return { type: 'new_logs', data: { first, last, new_logs: texts, lines: texts.map((text, index) => ({ n: first + index, source: 'stderr', level: 'info', text })) } }
}

const EVENTS = [
  { type: 'status', data: { status: 'queued', id: 'a', tool: 'ffmpeg', input: { x: 1 }, created_at: 1 } },
  { type: 'status', data: { status: 'running', attempt: 1, started_at: 2, progress: 0 } },
  lines(1, 3), lines(4, 4), lines(5, 9),
  { type: 'artifact', data: { artifact: { name: 'o', size: 1, content_type: 't', sha256: 's', url: '/u' } } },
  { type: 'status', data: { status: 'completed', ended_at: 9, progress: 100 } },
  { type: 'end', data: { status: 'completed' } },
]

test('the snapshot of any place of the log is the fold of what stands before it', async () => {
  const stream = await openStream()
  const heads = [0]
  for (const event of EVENTS) {
    await stream.append([event])
    heads.push(stream.head)
  }
  for (const [count, head] of heads.entries()) {
    const expected = EVENTS.slice(0, count).reduce((job, event) => applyEvent(job, event as JobEvent), EMPTY_JOB)
    const { id, tool, input, created_at } = stream.fold.job
    expect(stream.fold.snapshotAt(head, { offset: 'o', last: undefined })).toEqual({ ...expected, id, tool, input, created_at, offset: 'o' })
  }
})

test('a line in which a bit has flipped does not make a job of another id', async () => {
  const stream = await openStream()
  await stream.append([{ type: 'status', data: { status: 'queued', id: 'c', tool: 'ffmpeg', input: {}, created_at: 1 } }])
  const first = stream.head
  await stream.append([{ type: 'status', data: { status: 'running', attempt: 1, started_at: 2, progress: 0 } }])
  expect([stream.fold.job.id, stream.fold.record.id, ...[first, stream.head].map((at) => stream.fold.snapshotAt(at, { offset: '', last: undefined }).id)]).toEqual(['a', 'a', 'a', 'a'])
})

test('a log line counts by the numbers it carries', async () => {
  const stream = await openStream()
  await stream.append(EVENTS.slice(0, 5))
  expect(stream.fold.job.total_logs).toBe(9)
})

test.each([[1, 5], [5, 5], [6, 4], [7, 1], [9, 1], [50, 1], [0, 10]])(
  'to see the last %i lines is to begin at the event that holds line %i', async (count, firstSeen) => {
    const stream = await openStream()
    await stream.append(EVENTS.slice(0, 5))
    const { lines: bytes } = await stream.read(stream.fold.startOfLastLines(count))
    const seen = bytes.toString().split('\n').filter((text) => text.includes('new_logs')).map((text) => JSON.parse(text).data.first)
    expect(seen[0] ?? 10).toBe(firstSeen)
  },
)

test('interruptions and shortages count from the last time that the job ended', async () => {
  const stream = await openStream()
  const interrupted = { type: 'status', data: { status: 'queued', reason: 'interrupted' } }
  const short = { type: 'status', data: { status: 'queued', reason: 'short_of_resources' } }
  await stream.append([...EVENTS.slice(0, 2), interrupted, short, interrupted, { type: 'status', data: { status: 'queued', reason: 'hub_stopped' } }])
  expect([stream.fold.interruptions, stream.fold.shortages]).toEqual([2, 1])
  await stream.append([{ type: 'end', data: { status: 'failed' } }])
  expect([stream.fold.interruptions, stream.fold.shortages]).toEqual([0, 0])
})

test('a snapshot shows what is told beside the log until the job has ended', async () => {
  const stream = await openStream()
  await stream.append(EVENTS.slice(0, 2))
  const last = { rev: 3, type: 'progress', data: { rev: 3, progress: 12, phase: 'running' }, floor: 0 }
  expect(stream.fold.snapshotAt(stream.head, { offset: 'o', last })).toMatchObject({ status: 'running', progress: 12, phase: 'running' })
  await stream.append(EVENTS.slice(6, 8))
  const place = { rev: 4, type: 'status', data: { rev: 4, status: 'queued', queue_position: 1 }, floor: 0 }
  for (const late of [last, place]) {
    expect(stream.fold.snapshotAt(stream.head, { offset: 'o', last: late })).toMatchObject({ status: 'completed', progress: 100 })
  }
})
