import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { applyEvent, EMPTY_JOB, type Job, type JobEvent } from '../src/jobs/job.ts'
import { ChannelHub, type ScriptedJob } from './channel-hub.ts'
import { logged, readPages, readSse, readWebSocket, type JsonPage } from './channel-reader.ts'

let hub: ChannelHub

beforeEach(async () => {
  hub = await ChannelHub.start()
})

afterEach(async () => {
  expect(hub.internalErrors).toEqual([])
  await hub.stop()
})

const isEnd = ({ type }: JobEvent) => type === 'end'

/** A job with everything in it that a job can have, over two attempts. */
async function eventfulJob(id: string): Promise<ScriptedJob> {
  const job = await hub.job(id)
  for (let n = 1; n < 8; n++) await job.log(n, `é\u2028"${'x'.repeat(n * 40)}`)
  await job.write('error', { error: { code: 'command_failed', message: 'it failed', exit_code: 1, log_tail: ['no'] } })
  await job.write('status', { status: 'queued', reason: 'retried' })
  await job.write('status', { status: 'running', attempt: 2, started_at: 9, progress: 0 })
  await job.log(3)
  for (const name of ['a.mp4', 'b.mp4', 'a.mp4']) {
    await job.write('artifact', { artifact: { name, size: 1, content_type: 'video/mp4', sha256: '0', url: `/${name}` } })
  }
  await job.write('result', { result: { frames: 7 } })
  await job.end()
  return job
}

function linesOf(events: readonly JobEvent[]): number[] {
  return events.flatMap((event) => (event.type === 'new_logs' ? event.data.lines.map(({ n }) => n) : []))
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

function withoutOffset({ offset: _, ...job }: Job): Job {
  return job
}

test('SSE, WebSocket, long poll and JSON page tell the same events at the same offsets, live and afterwards', async () => {
  const job = await hub.job('a')
  const url = hub.url('a')
  const live = [readSse(url), readWebSocket(url), readWebSocket(url.replace('/jobs/', '/task/').replace('events', 'ws'))]
  const polled = readPages(url, { wait: '20' })
  for (let n = 0; n < 30; n++) await job.log(1 + (n % 5))
  await job.write('artifact', { artifact: { name: 'a', size: 1, content_type: 'x/y', sha256: '0', url: '/a' } })
  await job.end()
  const readings = [...(await Promise.all(live)), ...(await Promise.all([readSse(url), readWebSocket(url)]))]
  const truth = await readPages(url)
  expect(linesOf(truth)).toEqual(upTo(job.lineCount))
  expect(logged(await polled)).toEqual(logged(truth))
  for (const { events } of readings) {
    expect(logged(events)).toEqual(logged(truth))
    expect(events[0]?.type).toBe('snapshot')
    expect(withoutOffset(events.reduce(applyEvent, EMPTY_JOB))).toEqual(job.job)
  }
  expect(readings.map(({ code }) => code)).toEqual([200, 1000, 1000, 200, 1000])
  expect(readings.every(({ hasEnded }) => hasEnded)).toBe(true)
})

test.each(['SSE', 'WebSocket'])('50 breaks at random while lines come fast: over %s not one is missing or twice', async (transport) => {
  const job = await hub.job('a')
  const seen: JobEvent[] = []
  let breaks = 0
  let random = 7
  const next = (most: number) => (random = (random * 48271) % 2147483647) % most
  const writing = (async () => {
    while (breaks < 50) {
      await Promise.all(upTo(1 + next(4)).map(() => job.log(1 + next(20))))
      job.progress(Math.min(99, breaks))
      await new Promise(setImmediate)
    }
    await job.end()
  })()
  for (let hasEnded = false; !hasEnded; ) {
    const after = seen.findLast(({ offset }) => offset !== undefined)?.offset
    const events = 1 + next(60)
    const until = (_: JobEvent, count: number) => breaks < 50 && count >= events
    const reading = transport === 'SSE'
      ? await readSse(hub.url('a', 'after=start'), {
        headers: after === undefined ? {} : { 'last-event-id': after },
        ...(breaks % 2 === 0 ? { until } : { bytes: breaks < 50 ? 1 + next(20_000) : Number.POSITIVE_INFINITY }),
      })
      : await readWebSocket(hub.url('a', after === undefined ? '' : `after=${after}`), { until })
    expect(reading.events.some(({ type }) => type === 'reset')).toBe(false)
    seen.push(...reading.events)
    breaks++
    hasEnded = reading.hasEnded
  }
  await writing
  expect(breaks).toBeGreaterThanOrEqual(50)
  expect(linesOf(seen)).toEqual(upTo(job.lineCount))
  expect(logged(seen)).toEqual(logged(await readPages(hub.url('a'))))
  expect(withoutOffset(seen.reduce(applyEvent, EMPTY_JOB))).toEqual(job.job)
})

test('from whatever offset a reader starts, the snapshot is the job as of there, and it folds to the same job', async () => {
  const job = await eventfulJob('a')
  const all = await readPages(hub.url('a'))
  const blank = { ...EMPTY_JOB, id: 'a', tool: 'ffmpeg', input: {}, created_at: 1 }
  const every = all.flatMap((_, index) => [[index, readSse], [index, readWebSocket]] as [number, typeof readSse][])
  await fc.assert(fc.asyncProperty(fc.constantFrom(...all.keys()), fc.constantFrom(readSse, readWebSocket), async (index, read) => {
    const { offset } = all[index]!
    const { events } = await read(hub.url('a', `after=${offset}`))
    const [snapshot, ...rest] = events
    expect(snapshot).toMatchObject({ type: 'snapshot', data: { offset } })
    expect(withoutOffset(snapshot?.data as Job)).toEqual(all.slice(0, index + 1).reduce(applyEvent, blank))
    expect(logged(rest)).toEqual(logged(all.slice(index + 1)))
    expect(withoutOffset(events.reduce(applyEvent, EMPTY_JOB))).toEqual(job.job)
  }), { examples: every, numRuns: every.length })
})

test('the snapshot of a reader who is at the newest has the progress, and one who is behind gets it when it arrives there', async () => {
  const job = await hub.job('a')
  await job.log(2)
  job.progress(41.5)
  const read = { until: (event: JobEvent) => event.type === 'progress' || (event.type === 'snapshot' && event.data.progress === 41.5) }
  const { events: [now] } = await readSse(hub.url('a', 'after=now'), read)
  expect(now).toMatchObject({ type: 'snapshot', data: { progress: 41.5, phase: 'running', total_logs: 2 } })
  const { events: fromStart } = await readWebSocket(hub.url('a'), read)
  expect(fromStart.map(({ type }) => type)).toEqual(['snapshot', 'status', 'status', 'new_logs', 'progress'])
})

test('types= leaves out the others, tail=N begins near the end, after=now behind all', async () => {
  const job = await hub.job('a')
  for (let n = 0; n < 20; n++) await job.log(5)
  const url = (query: string) => hub.url('a', query)
  const reading = [
    readSse(url('types=status')), readWebSocket(url('types=status')), readSse(url('tail=12')), readWebSocket(url('tail=12')),
    readSse(url('after=now')), readWebSocket(url('tail=0')),
  ]
  while (hub.log.followerCount < reading.length) await new Promise(setImmediate)
  await job.end()
  const [ofStatus, ofStatusToo, tail, tailToo, now, nowToo] = (await Promise.all(reading)).map(({ events }) => events)
  for (const events of [ofStatus, ofStatusToo]) {
    expect(events?.map(({ type }) => type)).toEqual(['snapshot', 'status', 'status', 'status', 'end'])
  }
  for (const events of [tail, tailToo]) expect(linesOf(events!)).toEqual(upTo(100).slice(85))
  for (const events of [now, nowToo]) expect(events?.map(({ type }) => type)).toEqual(['snapshot', 'result', 'status', 'end'])
  expect((await readPages(hub.url('a'), { types: 'status' })).map(({ type }) => type)).toEqual(['status', 'status', 'status', 'end'])
})

test('an offset that means nothing is answered with reset, a snapshot of the beginning, and everything', async () => {
  const job = await eventfulJob('a')
  const { head } = job.open.stream
  const all = await readPages(hub.url('a'))
  for (const after of [`7.${head}`, '0.20', `0.${head + 100}`]) {
    for (const { events } of [
      await readSse(hub.url('a', `after=${after}`)), await readWebSocket(hub.url('a', `after=${after}`)),
      await readSse(hub.url('a', 'after=now'), { headers: { 'last-event-id': after } }),
    ]) {
      expect(events[0]).toEqual({ type: 'reset', data: { earliest: '0.0' } })
      expect(events[1]).toMatchObject({ type: 'snapshot', data: { id: 'a', offset: '0.0' } })
      expect(logged(events)).toEqual(logged(all))
    }
    const page = (await (await fetch(hub.url('a', `after=${after}&wait=20`))).json()) as JsonPage
    expect([page.reset, page.events[0]]).toEqual([true, all[0]])
  }
})

test('what is malformed is refused with the field named: 400 and 4400', async () => {
  await hub.job('a')
  for (const [query, path] of [['after=nonsense', 'after'], ['tail=-1', 'tail'], ['after=1', 'after']] as const) {
    for (const accept of ['text/event-stream', 'application/json']) {
      const response = await fetch(hub.url('a', query), { headers: { accept } })
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ errors: [{ path }] })
    }
    expect(await readWebSocket(hub.url('a', query))).toMatchObject({ code: 4400, events: [] })
  }
  expect((await fetch(hub.url('a', 'wait=x'))).status).toBe(400)
})

test('a job that is not there is 404 and 4404', async () => {
  for (const accept of ['text/event-stream', 'application/json']) {
    const response = await fetch(hub.url('none'), { headers: { accept } })
    expect([response.status, await response.json()]).toEqual([404, expect.objectContaining({ code: 'job_not_found' })])
  }
  expect(await readWebSocket(hub.url('none'))).toMatchObject({ code: 4404, events: [] })
})

test('a job that is removed lets its readers go: SSE ends, WebSocket closes with 4404, a poll is told', async () => {
  const job = await hub.job('a')
  const [sse, webSocket, poll] = [readSse(hub.url('a')), readWebSocket(hub.url('a')), fetch(hub.url('a', 'after=now&wait=20'))]
  while (hub.log.followerCount < 2 || job.open.stream.watchCount < 1) await new Promise(setImmediate)
  await hub.log.remove('a')
  expect((await sse).events.some(isEnd)).toBe(false)
  expect(await webSocket).toMatchObject({ code: 4404 })
  expect((await poll).status).toBe(410)
})
