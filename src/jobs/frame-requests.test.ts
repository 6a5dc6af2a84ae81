import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HubError } from '../errors.ts'
import { followFrames } from './frame-follow.ts'
import { withFrames, type FramePieces, type WantedFrame } from './frame-requests.ts'
import { FrameStore } from './frame-store.ts'
import { EMPTY_JOB, type JobStatus } from './job.ts'

let directory: string
let frames: FrameStore
let statuses: Map<string, JobStatus>
const signal = new AbortController().signal
const jobs = {
  get(id: string) {
    const status = statuses.get(id)
    if (!status) throw new HubError('job_not_found', 'There is no such job')
    return { ...EMPTY_JOB, id, status }
  },
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reeltime-requests-'))
  frames = new FrameStore({ jobDirectory: (id) => join(directory, id) })
  statuses = new Map([['a', 'running'], ['b', 'running']])
})
afterEach(async () => {
  await frames.close()
  await rm(directory, { recursive: true })
})

const add = (id: string, ...texts: string[]) => frames.write(id, (pack) => pack.append(texts.map((text) => Buffer.from(text))))

function ask(wanted: readonly WantedFrame[], { waitMs = 0, maxBytes = 1000 } = {}): Promise<string[]> {
  return withFrames(wanted, { jobs, frames, waitMs, maxBytes, signal }, textsOf)
}

async function textsOf({ pieces, count, bytes }: FramePieces): Promise<string[]> {
  const read = await Promise.all(pieces.map(async ({ pack, range }) => {
    const target = Buffer.alloc(range.to - range.from)
    await pack.read(target, range.from)
    return target
  }))
  const texts = parse(Buffer.concat(read))
  expect([texts.length, Buffer.concat(read).length]).toEqual([count, bytes])
  return texts
}

function parse(pack: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at < pack.length; at += 4 + pack.readUInt32BE(at)) texts.push(pack.toString('utf8', at + 4, at + 4 + pack.readUInt32BE(at)))
  return texts
}

const of = (jobId: string, ...numbers: number[]): WantedFrame[] => numbers.map((number) => ({ jobId, number }))

test('frames come in the order asked for, of several jobs, repeated ones again', async () => {
  await add('a', 'a1', 'a2', 'a3')
  await add('b', 'b1', 'b2')
  expect(await ask([...of('a', 3, 1, 2), ...of('b', 2), ...of('a', 3, 3)])).toEqual(['a3', 'a1', 'a2', 'b2', 'a3', 'a3'])
  expect(await ask([])).toEqual([])
})

test('frames that come within the wait are in it', async () => {
  const asked = ask(of('a', 1, 2), { waitMs: 30_000 })
  await add('a', 'a1')
  await add('a', 'a2')
  expect(await asked).toEqual(['a1', 'a2'])
})

test('frames that do not come within the wait are refused for the moment', async () => {
  await add('a', 'a1')
  await expect(ask(of('a', 1, 2), { waitMs: 20 })).rejects.toMatchObject({ code: 'frames_not_ready', retryAfterSeconds: 1 })
  await expect(ask(of('b', 1))).rejects.toMatchObject({ code: 'frames_not_ready' })
})

test('of a job that has ended, or ends during the wait, what exists is given', async () => {
  await add('a', 'a1', 'a2')
  const asked = ask(of('a', 2, 3, 0), { waitMs: 30_000 })
  statuses.set('a', 'completed')
  expect(await asked).toEqual(['a2'])
  expect(await ask(of('a', 9))).toEqual([])
  statuses.set('b', 'failed')
  expect(await ask(of('b', 1))).toEqual([])
})

test('more bytes than allowed, and frames of no job, are refused', async () => {
  await add('a', 'a1', 'a2')
  await expect(ask(of('a', 1, 2), { maxBytes: 11 })).rejects.toMatchObject({ code: 'payload_too_large' })
  expect(await ask(of('a', 1, 2), { maxBytes: 12 })).toEqual(['a1', 'a2'])
  await expect(ask(of('unknown', 1))).rejects.toMatchObject({ code: 'job_not_found' })
})

test('a follower goes on through a second attempt and ends with the job', async () => {
  const target = new PassThrough()
  const got = buffer(target)
  const followed = frames.use('a', (held) => followFrames(target, { jobId: 'a', from: 2, count: 99, jobs, frames: held, signal })).then(() => target.end())
  await add('a', 'a1', 'a2')
  statuses.set('a', 'queued')
  await add('a', 'a3')
  statuses.set('a', 'completed')
  await followed
  expect(parse(await got)).toEqual(['a2', 'a3'])
})

test('a follower of one frame ends with it, one who leaves is let go, one of a removed job is told', async () => {
  const follow = (options: { count: number; signal: AbortSignal }) =>
    frames.use('a', (held) => followFrames(new PassThrough(), { jobId: 'a', from: 1, jobs, frames: held, ...options }))
  const one = follow({ count: 1, signal })
  const leave = new AbortController()
  const leaving = follow({ count: 5, signal: leave.signal })
  const removed = follow({ count: 5, signal })
  await add('a', 'a1')
  await one
  leave.abort(new Error('left'))
  await expect(leaving).rejects.toThrow('left')
  statuses.delete('a')
  await expect(removed).rejects.toMatchObject({ code: 'job_not_found' })
})
