import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { logOf, ScriptedHub } from '../../test/scripted-hub.ts'
import type { JobEvent } from '../jobs/job.ts'
import { HubClient } from './hub-client.ts'
import { HubUnreachableError } from './hub-problem.ts'
import type { FramesOptions } from './frames.ts'

const UNCOUNTED = 0xffff_ffff
const FRAMES = Array.from({ length: 40 }, (_, index) => createHash('sha256').update(`frame ${index + 1}`).digest())
const OPTIONS: FramesOptions = { patienceMs: 10_000 }
const RESULT: JobEvent = { type: 'result', data: { result: { current_frames: FRAMES.length } } }
const LOG = logOf(1).flatMap((event): JobEvent[] => event.type === 'new_logs' ? [event, RESULT] : [event])
let hub: ScriptedHub
/** What `from` each connection asked for. */
let asked: number[]
/** One behind the other; the last one answers all that come later. */
let answers: ((response: ServerResponse, from: number) => void)[]

beforeEach(async () => {
  asked = []
  hub = await new ScriptedHub(LOG).start()
  hub.answer = ({ url = '' }, response) => {
    const from = /^\/api\/jobs\/job\/framepack\?from=(\d+)&follow=1$/.exec(url)?.[1]
    if (from === undefined) return false
    asked.push(Number(from))
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    answer?.(response, Number(from))
    return true
  }
})

afterEach(() => hub.stop())

test('connections that break inside frames cost no frame and bring none twice', async () => {
  answers = [breakAfter(100), breakAfter(4), breakAfter(300), breakAfter(5), whole]
  expect(await numbers()).toEqual(FRAMES.map((_, index) => index + 1))
  expect(asked).toEqual([1, 3, 3, 11, 11])
})

test('an answer that ends in order inside a frame is gone on with', async () => {
  answers = [(response, from) => response.end(pack(from).subarray(0, 50)), whole]
  expect(await numbers()).toHaveLength(FRAMES.length)
  expect(asked).toEqual([1, 2])
})

test('a pack that ends before the last frame is asked for again', async () => {
  answers = [
    (response) => response.end(pack(1, 0)),
    (response) => response.end(pack(1, 7)),
    (response, from) => response.end(pack(from, FRAMES.length - from + 1)),
  ]
  expect(await numbers()).toHaveLength(FRAMES.length)
  expect(asked).toEqual([1, 1, 8])
})

test('a connection that brings nothing is given up for another', async () => {
  answers = [() => undefined, (response, from) => response.write(pack(from).subarray(0, 100)), whole]
  expect(await numbers({ silenceMs: 50 })).toHaveLength(FRAMES.length)
  expect(asked).toEqual([1, 1, 3])
})

test('frames begin where they are wanted', async () => {
  answers = [whole]
  expect(await numbers({ from: 39 })).toEqual([39, 40])
  expect(await numbers({ from: 41 })).toEqual([])
})

test('a reader that has enough hangs up', async () => {
  const closed = new Promise<void>((resolve) => {
    answers = [(response, from) => response.once('close', resolve).write(pack(from))]
  })
  for await (const { number } of job().frames(OPTIONS)) if (number === 3) break
  await closed
})

test('a hub that answers with something else is told of, not tried for ever', async () => {
  answers = [(response) => response.end('<!doctype html><p>Sign in</p>')]
  await expect(numbers()).rejects.toMatchObject({ name: 'HubProblem', detail: /no frame pack/ })
})

test('frames that the hub has lost end the reader, with their number', async () => {
  answers = [(response) => response.end(pack(1, 9)), (response) => response.end(pack(1, 0))]
  await expect(numbers()).rejects.toMatchObject({ detail: 'the job has made 40 frames, and the hub has only 9 of them' })
})

test('a job that ended without a frame has none, and that is no problem', async () => {
  await hub.stop()
  const failed = await new ScriptedHub(logOf(1, 'failed')).start()
  failed.answer = ({ url = '' }, response) => {
    if (!url.includes('/framepack')) return false
    response.writeHead(404, { 'content-type': 'application/problem+json' })
    return response.end(JSON.stringify({ code: 'frame_not_found', detail: 'The job has no frames' })) !== undefined
  }
  hub = failed
  expect(await numbers()).toEqual([])
})

test('a job that is not there is a problem, and a hub that stays away ends the patience', async () => {
  answers = [whole]
  await expect(numbers({}, 'other')).rejects.toMatchObject({ code: 'job_not_found' })
  await hub.stop()
  await expect(numbers({ patienceMs: 50 })).rejects.toBeInstanceOf(HubUnreachableError)
})

test('an abort ends a reader that waits', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  answers = [(response, from) => response.write(pack(from, UNCOUNTED).subarray(0, 4), () => controller.abort(reason))]
  await expect(numbers({ signal: controller.signal })).rejects.toBe(reason)
})

/** Reads all frames, looks at each, and answers their numbers. */
async function numbers(options: FramesOptions = {}, id = 'job'): Promise<number[]> {
  const found: number[] = []
  for await (const { number, bytes } of job(id).frames({ ...OPTIONS, ...options })) {
    expect(FRAMES[number - 1]?.equals(bytes)).toBe(true)
    found.push(number)
  }
  return found
}

function job(id = 'job') {
  return new HubClient({ url: hub.url }).job(id)
}

function whole(response: ServerResponse, from: number): void {
  response.end(pack(from))
}

function breakAfter(bytes: number) {
  return (response: ServerResponse, from: number) => void response.write(pack(from).subarray(0, bytes), () => response.destroy())
}

function pack(from: number, count = UNCOUNTED): Buffer {
  const frames = FRAMES.slice(from - 1, count === UNCOUNTED ? undefined : from - 1 + count)
  return Buffer.concat([word(count), ...frames.flatMap((frame) => [word(frame.length), frame])])
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
