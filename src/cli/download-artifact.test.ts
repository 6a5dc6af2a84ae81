import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { logOf, ScriptedHub } from '../../test/scripted-hub.ts'
import { HubClient } from '../client/index.ts'
import type { Artifact } from '../jobs/job.ts'
import { downloadArtifact } from './download-artifact.ts'
import { httpFetch } from './http-fetch.ts'

const BYTES = randomBytes(400_000)
const ARTIFACT: Artifact = {
  name: 'out.mp4', size: BYTES.length, content_type: 'video/mp4', url: '/x',
  sha256: createHash('sha256').update(BYTES).digest('hex'),
}
let hub: ScriptedHub
let directory: string
let file: string
const ranges: (string | undefined)[] = []

beforeEach(async () => {
  ranges.length = 0
  hub = await new ScriptedHub(logOf(1)).start()
  directory = await mkdtemp(join(tmpdir(), 'reeltime-'))
  file = join(directory, 'mine.mp4')
})

afterEach(async () => {
  await hub.stop()
  await rm(directory, { recursive: true })
})

test('a download that is cut goes on where it broke off', async () => {
  hub.answer = (request, response) => serve(request, response, { stopAfter: 150_000 })
  const progress: number[] = []
  await fetchIt({ onProgress: (bytes) => progress.push(bytes) })
  expect((await readFile(file)).equals(BYTES)).toBe(true)
  expect(await readdir(directory)).toEqual(['mine.mp4'])
  expect(ranges[0]).toBeUndefined()
  expect(ranges.length).toBeGreaterThanOrEqual(3)
  expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true)
  expect(progress.at(-1)).toBe(BYTES.length)
})

test('what an earlier command left is gone on with', async () => {
  await writeFile(`${file}.part`, BYTES.subarray(0, 100_000))
  hub.answer = (request, response) => serve(request, response)
  await fetchIt()
  expect(ranges).toEqual(['bytes=100000-'])
  expect((await readFile(file)).equals(BYTES)).toBe(true)
})

test('what is left of something else is fetched anew', async () => {
  for (const left of [randomBytes(100_000), randomBytes(500_000), randomBytes(BYTES.length)]) {
    await writeFile(`${file}.part`, left)
    hub.answer = (request, response) => serve(request, response)
    await fetchIt()
    expect((await readFile(file)).equals(BYTES)).toBe(true)
  }
})

test('a hub that knows no ranges is begun anew with', async () => {
  let count = 0
  hub.answer = (request, response) => {
    delete request.headers.range
    return serve(request, response, count++ === 0 ? { stopAfter: 150_000 } : {})
  }
  await fetchIt()
  expect((await readFile(file)).equals(BYTES)).toBe(true)
  expect(count).toBe(2)
})

test('bytes that are not the artifact are thrown away, not kept under its name', async () => {
  const lie = { ...ARTIFACT, sha256: createHash('sha256').update('other').digest('hex') }
  hub.answer = (request, response) => serve(request, response)
  await expect(fetchIt({}, lie)).rejects.toMatchObject({ name: 'HubProblem' })
  expect(await readdir(directory)).toEqual([])
})

test('an abort keeps what has come, for the next time', async () => {
  const controller = new AbortController()
  hub.answer = (request, response) => serve(request, response)
  const reason = new Error('enough')
  const onProgress = (bytes: number) => { if (bytes > 0) controller.abort(reason) }
  await expect(fetchIt({ signal: controller.signal, onProgress })).rejects.toBe(reason)
  expect(await readdir(directory)).toEqual(['mine.mp4.part'])
  expect((await readFile(`${file}.part`)).length).toBeGreaterThan(0)
})

test('an artifact that is gone is a problem at once', async () => {
  hub.answer = () => false
  await expect(fetchIt()).rejects.toMatchObject({ status: 404 })
})

function fetchIt(options: Partial<Parameters<typeof downloadArtifact>[3]> = {}, artifact = ARTIFACT): Promise<void> {
  return downloadArtifact(new HubClient({ url: hub.url, fetch: httpFetch }).job('job'), artifact, file, {
    signal: new AbortController().signal, patienceMs: 10_000, onProgress: () => undefined, ...options,
  })
}

function serve(
  request: IncomingMessage, response: ServerResponse, { stopAfter = Infinity }: { readonly stopAfter?: number } = {},
): boolean {
  const { range } = request.headers
  ranges.push(range)
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
  response.writeHead(range ? 206 : 200, {
    etag: '"e"', 'content-length': BYTES.length - from,
    ...(range && { 'content-range': `bytes ${from}-${BYTES.length - 1}/${BYTES.length}` }),
  })
  const part = BYTES.subarray(from, Math.min(BYTES.length, from + stopAfter))
  response.write(part, () => part.length + from < BYTES.length ? response.destroy() : response.end())
  return true
}
