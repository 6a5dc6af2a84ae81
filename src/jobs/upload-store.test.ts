import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { canMount } from '../../test/can-mount.ts'
import { HubError } from '../errors.ts'
import { DiskGuard } from './disk-guard.ts'
import { UploadQuota } from './upload-quota.ts'
import { UploadStore, type UploadStoreOptions } from './upload-store.ts'

const RETENTION_MS = 7_200_000
const HOUR_MS = 3_600_000

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'upload-store-'))
})

afterEach(() => rm(directory, { recursive: true }))

function storeOf(options: Partial<UploadStoreOptions> = {}): UploadStore {
  const disk = new DiskGuard({ directory, limitBytes: null, freeBytesFloor: 0 })
  return new UploadStore({ directory: path.join(directory, 'uploads'), retentionMs: RETENTION_MS, disk, quota: new UploadQuota({ maxBytes: 1024 ** 4 }), ...options })
}

async function* chunksOf(...chunks: readonly (Uint8Array | string)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk)
}

async function kept(): Promise<readonly string[]> {
  return readdir(path.join(directory, 'uploads')).catch(() => [])
}

test('what is sent is kept byte for byte, and told with its size and hash', async () => {
  const store = storeOf()
  const bytes = randomBytes(1_000_003)
  const before = Date.now()
  const upload = await store.put('clip.mp4', Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]), { declaredBytes: bytes.length })
  expect(upload).toEqual({
    id: expect.stringMatching(/^[\w-]{21}$/) as string, name: 'clip.mp4', size: 1_000_003, source: `upload:${upload.id}`,
    sha256: createHash('sha256').update(bytes).digest('hex'), expires_at: upload.expires_at,
  })
  expect(upload.expires_at).toBeGreaterThanOrEqual(before + RETENTION_MS)
  const used = await store.use(upload.id)
  expect((await readFile(used.path)).equals(bytes)).toBe(true)
  expect(await readdir(path.dirname(used.path))).toEqual(['data', 'upload.json'])
})

test('another store on the same directory knows the uploads of the first', async () => {
  const upload = await storeOf().put('clip.mp4', chunksOf('x'))
  expect(await storeOf().get(upload.id)).toMatchObject({ id: upload.id, name: 'clip.mp4', size: 1 })
})

test('uploads are listed by their collection, the one used last first, also by another store', async () => {
  const store = storeOf()
  const [old] = [await store.put('old.mp3', chunksOf('x'), { collection: 'musics' }), await store.put('b.mp4', chunksOf('x'), { collection: 'films' }), await store.put('c', chunksOf('x'))]
  await utimes(path.join(directory, 'uploads', old!.id, 'upload.json'), new Date(Date.now() - HOUR_MS), new Date(Date.now() - HOUR_MS))
  await store.put('new.mp3', chunksOf('x'), { collection: 'musics' })
  expect((await storeOf().list('musics')).map(({ name }) => name)).toEqual(['new.mp3', 'old.mp3'])
  await store.use(old!.id)
  expect((await storeOf().list('musics'))[0]).toEqual(await store.get(old!.id))
  expect(await storeOf().list('none')).toEqual([])
})

test.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\Users\\me\\視頻.mp4', '視頻.mp4'],
  [' a\u0000b\n\u001b[31mc\u202e4pm.exe ', 'ab[31mc4pm.exe'],
  ['e\u0301.mp4', '\u00e9.mp4'],
])('the name %j is kept as %j and never becomes a path', async (name, cleaned) => {
  const upload = await storeOf().put(name, chunksOf('x'))
  expect(upload.name).toBe(cleaned)
  expect(await kept()).toEqual([upload.id])
})

test.each(['', ' ', 'a/', '\u0000', 'x'.repeat(201)])('the name %j is refused with the way out', async (name) => {
  await expect(storeOf().put(name, chunksOf('x'))).rejects.toMatchObject({
    code: 'invalid_input', errors: [{ path: 'name' }], hint: expect.stringContaining('input.mp4') as string,
  })
  expect(await kept()).toEqual([])
})

test('an empty upload is refused, declared or not, and leaves nothing', async () => {
  await expect(storeOf().put('a', chunksOf())).rejects.toMatchObject({ code: 'invalid_input', errors: [{ path: 'body' }] })
  await expect(storeOf().put('a', chunksOf(), { declaredBytes: 0 })).rejects.toMatchObject({ code: 'invalid_input' })
  expect(await kept()).toEqual([])
})

test('what is declared too large is refused before a byte is read', async () => {
  const source = Readable.from(['xxxxx'])
  const put = storeOf({ maxBytes: 4 }).put('a', source, { declaredBytes: 5 })
  await expect(put).rejects.toMatchObject({ code: 'payload_too_large', status: 413 })
  expect(source.readableDidRead).toBe(false)
})

test('what turns out too large is refused at the first byte too many, and leaves nothing', async () => {
  let sent = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield Buffer.alloc(sent++ < 10 ? 1000 : 1)
  }
  await expect(storeOf({ maxBytes: 10_000 }).put('a', endless())).rejects.toMatchObject({ code: 'payload_too_large' })
  expect(sent).toBe(11)
  expect(await kept()).toEqual([])
  expect(await storeOf({ maxBytes: 10_000 }).put('a', chunksOf(Buffer.alloc(10_000)))).toMatchObject({ size: 10_000 })
})

test('what does not fit above the floor is refused before a byte is read', async () => {
  const disk = new DiskGuard({ directory, limitBytes: null, freeBytesFloor: Number.MAX_SAFE_INTEGER })
  const source = Readable.from(['xxxxx'])
  await expect(storeOf({ disk }).put('a', source)).rejects.toMatchObject({ code: 'disk_full', status: 507 })
  expect(source.readableDidRead).toBe(false)
})

test('a disk that fills up meanwhile ends an upload that did not say how long it is', async () => {
  let asked = 0
  const disk = {
    async assertRoomFor() {
      if (asked++ > 0) throw new HubError('disk_full', 'full')
    },
  }
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield Buffer.alloc(1024 ** 2)
  }
  await expect(storeOf({ disk }).put('a', endless())).rejects.toMatchObject({ code: 'disk_full' })
  expect(await kept()).toEqual([])
})

test('a sender that breaks off, sends too little, stalls or is aborted leaves nothing', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('x')
    throw new Error('ECONNRESET')
  }
  async function* stalled(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('x')
    await once(new EventTarget(), 'never')
  }
  const brokenOff = { code: 'invalid_input', hint: 'Send the whole file again, or by POST /files, where an upload can be resumed.' }
  await expect(storeOf().put('a', broken())).rejects.toMatchObject(brokenOff)
  await expect(storeOf().put('a', chunksOf('xy'), { declaredBytes: 3 })).rejects.toMatchObject(brokenOff)
  await expect(storeOf({ stallMs: 20 }).put('a', stalled())).rejects.toMatchObject(brokenOff)
  const controller = new AbortController()
  async function* abortedWhileStalled(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('x')
    setImmediate(() => controller.abort())
    await once(new EventTarget(), 'never')
  }
  const { signal } = controller
  await expect(storeOf().put('a', abortedWhileStalled(), { signal })).rejects.toMatchObject(brokenOff)
  await expect(storeOf().put('a', stalled(), { signal })).rejects.toMatchObject(brokenOff)
  expect(await kept()).toEqual([])
})

test('an upload that is unknown, removed or called by a path is not found', async () => {
  const store = storeOf()
  const { id } = await store.put('a', chunksOf('x'))
  await store.remove(id)
  const outside = path.join(directory, 'outside')
  await mkdir(outside)
  await writeFile(path.join(outside, 'upload.json'), '{"name":"a","size":1,"sha256":"0"}')
  for (const unknown of [id, 'V1StGXR8_Z5jdHi6B-myT', '../outside', '..', '']) {
    await expect(store.get(unknown)).rejects.toMatchObject({ code: 'upload_not_found', status: 404 })
    await expect(store.use(unknown)).rejects.toMatchObject({ code: 'upload_not_found' })
    await expect(store.remove(unknown)).rejects.toMatchObject({ code: 'upload_not_found' })
  }
  expect(await readdir(outside)).toEqual(['upload.json'])
  expect(await kept()).toEqual([])
})

test.each(['', '{"name":"a","size":1', '{"name":"a","size":1,"sha267":"0"}'])('an upload whose description is damaged, as %j, is not found', async (text) => {
  const store = storeOf()
  const { id } = await store.put('a', chunksOf('x'))
  await writeFile(path.join(directory, 'uploads', id, 'upload.json'), text)
  await expect(store.get(id)).rejects.toMatchObject({ code: 'upload_not_found' })
  await expect(store.use(id)).rejects.toMatchObject({ code: 'upload_not_found' })
  expect(await store.sweep(Date.now() + RETENTION_MS + 1000)).toEqual([id])
})

test('an upload is swept after its retention, counted from its last use', async () => {
  const store = storeOf()
  const used = await store.put('used', chunksOf('x'))
  const unused = await store.put('unused', chunksOf('x'))
  const longAgo = new Date(Date.now() - RETENTION_MS + 60_000)
  for (const { id } of [used, unused]) await utimes(path.join(directory, 'uploads', id, 'upload.json'), longAgo, longAgo)
  expect((await store.use(used.id)).upload.expires_at).toBeGreaterThan((await store.get(unused.id)).expires_at)
  expect(await store.sweep(Date.now())).toEqual([])
  expect(await store.sweep(Date.now() + 60_001)).toEqual([unused.id])
  expect(await kept()).toEqual([used.id])
})

test('a job that is reading an upload when it is swept reads it to its end', async () => {
  const store = storeOf()
  const { id } = await store.put('a', chunksOf('all of it'))
  const reader = await open((await store.use(id)).path)
  expect(await store.sweep(Date.now() + RETENTION_MS + 1000)).toEqual([id])
  expect(await reader.readFile('utf8')).toBe('all of it')
  await reader.close()
})

test('what a crash left unfinished is swept, what is on its way in and what is no upload is not', async () => {
  const store = storeOf()
  const [part, bare] = ['part_________________', 'bare_________________'] as const
  for (const id of [part, bare, 'lost+found']) await mkdir(path.join(directory, 'uploads', id), { recursive: true })
  await writeFile(path.join(directory, 'uploads', part, 'data.part'), 'x')
  let swept: readonly string[] = []
  async function* sweptMeanwhile(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('all ')
    swept = await store.sweep(Date.now() + HOUR_MS)
    yield Buffer.from('of it')
  }
  const { id } = await store.put('a', sweptMeanwhile())
  expect([...swept].sort()).toEqual([bare, part])
  expect([...(await kept())].sort()).toEqual([id, 'lost+found'].sort())
})

test('a store whose directory does not exist yet has nothing to sweep', async () => {
  expect(await storeOf().sweep(Date.now())).toEqual([])
})

test.skipIf(!canMount())('a tmpfs that is full to the last byte refuses with 507 and is as before (needs mount)', async () => {
  const disk = path.join(directory, 'uploads')
  await mkdir(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', disk])
  try {
    const put = storeOf().put('a', chunksOf(...Array.from({ length: 80 }, () => Buffer.alloc(65_536))))
    await expect(put).rejects.toMatchObject({ code: 'disk_full', status: 507 })
    expect(await kept()).toEqual([])
    expect((await stat(disk)).isDirectory()).toBe(true)
    expect(await storeOf().put('a', chunksOf(Buffer.alloc(1024 ** 2)))).toMatchObject({ size: 1024 ** 2 })
  } finally {
    execFileSync('umount', ['--lazy', disk])
  }
})
