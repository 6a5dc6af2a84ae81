import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HubError } from '../errors.ts'
import { UnfinishedUploads, type UnfinishedUploadsOptions } from './unfinished-uploads.ts'
import { UploadQuota } from './upload-quota.ts'
import { UploadStore } from './upload-store.ts'

const RETENTION_MS = 7_200_000

let directory: string
let quota: UploadQuota
let uploads: UploadStore
let told: string[]

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'unfinished-uploads-'))
  told = []
})

afterEach(() => rm(directory, { recursive: true }))

/** As after a start of the hub. */
async function open(options: Partial<UnfinishedUploadsOptions> = {}): Promise<UnfinishedUploads> {
  const disk = { assertRoomFor: async () => undefined }
  quota = new UploadQuota({ maxBytes: 1_000_000 })
  uploads = new UploadStore({ directory: path.join(directory, 'uploads'), maxBytes: 900_000, retentionMs: RETENTION_MS, stallMs: 200, disk, quota })
  const unfinished: UnfinishedUploads = new UnfinishedUploads({
    directory: path.join(directory, 'unfinished'), uploads, quota, disk, retentionMs: RETENTION_MS,
    onSettled: (id) => told.push(codeOf(unfinished.standingOf(id))), ...options,
  })
  await uploads.load()
  await unfinished.load()
  return unfinished
}

async function* chunksOf(...chunks: readonly (Uint8Array | string)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk)
}

const codeOf = (standing: 'there' | 'pending' | HubError) => (standing instanceof HubError ? standing.code : standing)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const own = (id: string) => path.join(directory, 'unfinished', id)

test('an upload goes on after a restart, and its hash is that of all its bytes', async () => {
  const bytes = randomBytes(500_000)
  const { id } = await (await open()).create({ name: 'a', size: bytes.length })
  expect(await (await open()).append(id, { offset: 0, stream: chunksOf(bytes.subarray(0, 200_000)) })).toBe(true)
  const last = await open()
  expect(last.get(id)).toMatchObject({ name: 'a', size: 500_000, received: 200_000 })
  await last.append(id, { offset: 200_000, stream: chunksOf(bytes.subarray(200_000, 300_000)) })
  await last.append(id, { offset: 300_000, stream: chunksOf(bytes.subarray(300_000)) })
  expect(await uploads.get(id)).toMatchObject({ size: 500_000, sha256: sha256(bytes) })
  expect(told).toEqual(['there'])
  expect(await last.append(id, { offset: 500_000, stream: chunksOf() })).toBe(false)
})

test('bytes that were written and not told when the hub went down are told by the next one', async () => {
  const bytes = randomBytes(1000)
  const { id } = await (await open()).create({ name: 'a', size: bytes.length })
  await writeFile(path.join(own(id), 'data'), bytes.subarray(0, 700))
  const unfinished = await open()
  expect((await unfinished.settle(id))?.received).toBe(700)
  await unfinished.append(id, { offset: 700, stream: chunksOf(bytes.subarray(700)) })
  expect((await uploads.get(id)).sha256).toBe(sha256(bytes))
})

test('an upload whose last byte came just before the hub went down is finished when it is asked for', async () => {
  const { id } = await (await open()).create({ name: 'a', size: 5 })
  await writeFile(path.join(own(id), 'data'), 'hello')
  expect(await (await open()).settle(id)).toBeUndefined()
  expect((await uploads.get(id)).sha256).toBe(sha256(Buffer.from('hello')))
})

test('an upload that was finished and not yet moved when the hub went down is there after the start', async () => {
  const unfinished = await open()
  const { id } = await unfinished.create({ name: 'a', size: 5 })
  await unfinished.append(id, { offset: 0, stream: chunksOf('hello') })
  await rename(path.join(directory, 'uploads', id), own(id))
  const next = await open()
  expect([next.get(id), await uploads.get(id)]).toMatchObject([undefined, { size: 5, sha256: sha256(Buffer.from('hello')) }])
})

test.each([
  ['was not described', async (id: string) => rm(path.join(own(id), 'upload.json'))],
  ['has a damaged description', async (id: string) => truncate(path.join(own(id), 'upload.json'), 5)],
  ['has no bytes', async (id: string) => rm(path.join(own(id), 'data'))],
])('what %s when the hub went down is removed at its start', async (_, harm) => {
  const unfinished = await open()
  const { id } = await unfinished.create({ name: 'a', size: 5 })
  await harm(id)
  await mkdir(path.join(directory, 'unfinished', 'lost+found'))
  expect((await open()).get(id)).toBeUndefined()
  expect(await readdir(path.join(directory, 'unfinished'))).toEqual(['lost+found'])
})

test('a sender that stalls, throws or is refused in the middle leaves what came', async () => {
  const unfinished = await open()
  const { id } = await unfinished.create({ name: 'a', size: 10 })
  async function* stalled(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('he')
    await once(new EventTarget(), 'never')
  }
  async function* refused(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('ll')
    throw new HubError('quota_exceeded', 'enough')
  }
  await expect(unfinished.append(id, { offset: 0, stream: stalled() })).rejects.toMatchObject({ code: 'upload_conflict', hint: expect.stringContaining('HEAD') as string })
  await expect(unfinished.append(id, { offset: 2, stream: refused() })).rejects.toMatchObject({ code: 'quota_exceeded' })
  await expect(unfinished.append(id, { offset: 4, stream: chunksOf('oworld!') })).rejects.toMatchObject({ code: 'payload_too_large' })
  expect(unfinished.get(id)?.received).toBe(4)
  await unfinished.append(id, { offset: 4, stream: chunksOf('oworld') })
  expect(await readFile(path.join(directory, 'uploads', id, 'data'), 'utf8')).toBe('helloworld')
})

test('a length that is told with a later piece can be told once only, and counts', async () => {
  const unfinished = await open()
  const { id } = await unfinished.create({ name: 'a', size: null })
  const add = (offset: number, size?: number) => unfinished.append(id, { offset, stream: chunksOf('hello'), size })
  await add(0)
  await expect(add(5, 4)).rejects.toMatchObject({ code: 'invalid_input', errors: [{ path: 'Upload-Length', message: 'is at least 5' }] })
  await expect(add(5, 900_001)).rejects.toMatchObject({ code: 'payload_too_large' })
  await add(5, 15)
  await expect(add(10, 20)).rejects.toMatchObject({ code: 'invalid_input', errors: [{ message: 'is 15' }] })
  expect((await open()).get(id)).toMatchObject({ size: 15, received: 10 })
})

test('bytes of an upload of no known length count as they come', async () => {
  const unfinished = await open()
  await unfinished.create({ name: 'a', size: 800_000 })
  const { id } = await unfinished.create({ name: 'b', size: null })
  await unfinished.append(id, { offset: 0, stream: chunksOf(Buffer.alloc(150_000)) })
  await expect(unfinished.append(id, { offset: 150_000, stream: chunksOf(Buffer.alloc(60_000)) })).rejects.toMatchObject({ code: 'uploads_full' })
  await unfinished.remove(id)
  await unfinished.create({ name: 'c', size: 200_000 })
})

test('what nothing has come of for too long is removed, and what still comes is not', async () => {
  const unfinished = await open()
  const { id: forgotten } = await unfinished.create({ name: 'a', size: 10 })
  const { id: coming } = await unfinished.create({ name: 'b', size: 2 })
  let swept: readonly string[] = []
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('x')
    swept = await unfinished.sweep(Date.now() + RETENTION_MS + 1000)
    yield Buffer.from('y')
  }
  await unfinished.append(coming, { offset: 0, stream: slow() })
  expect(swept).toEqual([forgotten])
  expect(told).toEqual(['upload_expired', 'there'])
  expect(await readdir(path.join(directory, 'unfinished'))).toEqual([])
  await unfinished.create({ name: 'c', size: 900_000 })
})

test('the time that is left is counted from the last byte, over restarts, and is not lost to a clock that was set ahead', async () => {
  const { id } = await (await open()).create({ name: 'a', size: 10 })
  const longAgo = (Date.now() - RETENTION_MS + 60_000) / 1000
  await utimes(path.join(own(id), 'data'), longAgo, longAgo)
  const unfinished = await open()
  expect(await unfinished.sweep(Date.now())).toEqual([])
  const dayMs = 86_400_000
  expect(await unfinished.sweep(Date.now() + dayMs, { aheadMs: dayMs })).toEqual([])
  expect(await (await open()).sweep(Date.now() + dayMs)).toEqual([])
  expect(await (await open()).sweep(Date.now() + dayMs + 61_000)).toEqual([id])
})

test('who waits for the request that brings the last byte finds the upload whole', async () => {
  let waiting: Promise<readonly unknown[]> | undefined
  const unfinished: UnfinishedUploads = await open({
    uploads: {
      get limits() { return uploads.limits },
      adopt(id, from) {
        waiting = Promise.all([unfinished.settle(id), unfinished.append(id, { offset: 5, stream: chunksOf() }), unfinished.remove(id)])
        return uploads.adopt(id, from)
      },
    },
  })
  const { id } = await unfinished.create({ name: 'a', size: 5 })
  await unfinished.append(id, { offset: 0, stream: chunksOf('hello') })
  expect(await waiting).toEqual([undefined, false, false])
  expect(await uploads.get(id)).toMatchObject({ size: 5 })
})
