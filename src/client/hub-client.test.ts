import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { logOf, ScriptedHub } from '../../test/scripted-hub.ts'
import { HubClient } from './hub-client.ts'
import { HubProblem, HubUnreachableError } from './hub-problem.ts'

let hub: ScriptedHub

beforeEach(async () => {
  hub = await new ScriptedHub(logOf(5)).start()
})

afterEach(() => hub.stop())

test('a submit whose answer was lost is sent again under the same key', async () => {
  hub.answer = answers(
    (_, response) => response.destroy(),
    (_, response) => problem(response, 503, { code: 'shutting_down', detail: 'stopping' }),
    (_, response) => json(response, 202, { ...hub.job, status: 'queued' }),
  )
  const failures: string[] = []
  const job = await client({ onRetry: ({ name }) => failures.push(name) }).submit('ffmpeg', { inputs: [] })
  expect(job.id).toBe('job')
  expect(job.job.status).toBe('queued')
  expect(failures).toEqual(['HubUnreachableError', 'HubProblem'])
  const keys = hub.requests.map(({ headers }) => headers['idempotency-key'])
  expect(keys).toHaveLength(3)
  expect(new Set(keys).size).toBe(1)
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
})

test('two submits have two keys', async () => {
  hub.answer = (_, response) => json(response, 202, hub.job)
  await client().submit('ffmpeg', {})
  await client().submit('ffmpeg', {})
  expect(new Set(hub.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(2)
})

test('what the hub refuses is thrown with all it said, and not tried again', async () => {
  const errors = [{ path: 'args[3]', message: '-i names a file' }]
  hub.answer = (_, response) => problem(response, 403, { code: 'argument_refused', detail: 'No', hint: 'Leave it out', errors })
  const error = await client().submit('ffmpeg', {}).catch((failure: unknown) => failure)
  expect(error).toBeInstanceOf(HubProblem)
  expect(error).toMatchObject({ status: 403, code: 'argument_refused', detail: 'No', hint: 'Leave it out', errors })
  expect(hub.requests).toHaveLength(1)
})

test('an answer of a proxy is a problem too', async () => {
  hub.answer = (_, response) => {
    response.writeHead(401, { 'content-type': 'text/html' }).end('<h1>Who are you?</h1>')
    return true
  }
  await expect(client().health()).rejects.toMatchObject({ status: 401, code: 'http', detail: 'HTTP 401 Unauthorized' })
})

test('a retry of a job is asked for once, since a second one would be another retry', async () => {
  hub.answer = (_, response) => response.destroy() !== undefined
  await expect(client().job('job').retry()).rejects.toBeInstanceOf(HubUnreachableError)
  expect(hub.requests).toHaveLength(1)
})

test('a removal whose answer was lost has happened', async () => {
  const unknown = { code: 'job_not_found', detail: 'none' }
  hub.answer = answers((_, response) => response.destroy(), (_, response) => problem(response, 404, unknown))
  await client().job('job').remove()
  hub.answer = (_, response) => problem(response, 404, unknown)
  await expect(client().job('job').remove()).rejects.toMatchObject({ code: 'job_not_found' })
})

test('done tells the final job of one that runs, has ended or failed', async () => {
  expect(await client().job('job').done()).toMatchObject({ id: 'job', status: 'completed' })
  const failed = await new ScriptedHub(logOf(2, 'failed')).start()
  expect(await new HubClient({ url: failed.url }).job('job').done()).toMatchObject({ status: 'failed' })
  await failed.stop()
})

test('the history of a job is all its pages', async () => {
  hub = await new ScriptedHub(logOf(100)).start()
  const offsets: (string | undefined)[] = []
  for await (const { offset } of client().job('job').history()) offsets.push(offset)
  expect(offsets).toEqual(hub.log.map(({ offset }) => offset))
  expect(hub.visits.length).toBeGreaterThan(2)
})

test('a small upload is one request, and is repeated whole where that breaks', async () => {
  const bytes = Buffer.from('größer '.repeat(50_000))
  const bodies: string[] = []
  let count = 0
  hub.answer = (request, response) => {
    if (++count === 1) return request.once('data', () => response.destroy()) !== undefined
    void text(request).then((body) => {
      bodies.push(body)
      json(response, 201, { id: 'u', source: 'upload:u' })
    })
    return true
  }
  const progress: number[] = []
  const { source } = await client().upload('größer.mp4', () => new Blob([bytes]).stream(), {
    size: bytes.length, onProgress: (sent) => progress.push(sent),
  })
  expect(source).toBe('upload:u')
  expect(bodies).toEqual([bytes.toString()])
  expect(hub.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /files', 'POST /files'])
  expect(hub.requests[0]?.headers).toMatchObject({
    'tus-resumable': '1.0.0', 'upload-length': String(bytes.length), 'upload-metadata': `filename ${Buffer.from('größer.mp4').toString('base64')}`,
    'content-type': 'application/offset+octet-stream', 'content-length': String(bytes.length),
  })
  expect([progress[0], progress.at(-1)]).toEqual([0, bytes.length])
})

test('an upload that is too large is refused before it is sent', async () => {
  hub.answer = (_, response) => {
    response.setHeader('connection', 'close')
    return problem(response, 413, { code: 'payload_too_large', detail: 'too large' })
  }
  const refused = client().upload('x', new Blob([new Uint8Array(30_000_000)]))
  await expect(refused).rejects.toMatchObject({ status: 413, code: 'payload_too_large' })
})

test('jobs asks for what is wanted', async () => {
  hub.answer = (_, response) => json(response, 200, { jobs: [hub.job], next_cursor: null })
  const page = await client().jobs({ status: ['running', 'queued'], tool: 'ffmpeg', limit: 5, cursor: 'c' })
  expect(page).toMatchObject({ jobs: [{ id: 'job' }], next_cursor: null })
  expect(Object.fromEntries(new URL(hub.requests[0]?.path ?? '', hub.url).searchParams)).toEqual({
    status: 'running,queued', tool: 'ffmpeg', limit: '5', cursor: 'c',
  })
})

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown

function answers(...list: Answer[]): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => list.shift()?.(request, response) !== undefined
}

function client(options: Partial<ConstructorParameters<typeof HubClient>[0]> = {}): HubClient {
  return new HubClient({ url: `${hub.url}/`, patienceMs: 5000, ...options })
}

function json(response: ServerResponse, status: number, body: unknown): true {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  return true
}

function problem(response: ServerResponse, status: number, body: object): true {
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ status, ...body }))
  return true
}
