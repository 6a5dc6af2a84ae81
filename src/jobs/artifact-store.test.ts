import { createHash, randomBytes } from 'node:crypto'
import { access, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ArtifactStore } from './artifact-store.ts'

const JOB = 'V1StGXR8_Z5jdHi6B-myT'

let directory: string
let artifacts: ArtifactStore

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'artifact-store-'))
  artifacts = new ArtifactStore({ directory })
})

afterEach(() => rm(directory, { recursive: true }))

async function stage(bytes: Buffer): Promise<string> {
  await mkdir(path.join(directory, 'work'), { recursive: true })
  const file = path.join(directory, 'work', 'staged')
  await writeFile(file, bytes)
  return file
}

test('a staged file is moved to its name, and the artifact tells its true size and hash', async () => {
  const bytes = randomBytes(700_001)
  const staged = await stage(bytes)
  const artifact = await artifacts.put(JOB, staged, { file: 'my clip#1.mp4', contentType: 'video/mp4' })
  expect(artifact).toEqual({
    name: 'my clip#1.mp4', size: 700_001, content_type: 'video/mp4',
    sha256: createHash('sha256').update(bytes).digest('hex'), crc32: crc32(bytes).toString(16).padStart(8, '0'), url: `/api/jobs/${JOB}/artifacts/my%20clip%231.mp4`,
  })
  expect((await readFile(artifacts.path(JOB, artifact.name))).equals(bytes)).toBe(true)
  expect(artifacts.path(JOB, artifact.name)).toBe(path.join(directory, JOB, 'artifacts', 'my clip#1.mp4'))
  await expect(access(staged)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('an artifact put again replaces the first, whose reader still reads it to its end', async () => {
  await artifacts.put(JOB, await stage(Buffer.from('first')), { file: 'a', contentType: 'text/plain' })
  const reader = await open(artifacts.path(JOB, 'a'))
  await artifacts.put(JOB, await stage(Buffer.from('second')), { file: 'a', contentType: 'text/plain' })
  expect(await reader.readFile('utf8')).toBe('first')
  await reader.close()
  expect(await readFile(artifacts.path(JOB, 'a'), 'utf8')).toBe('second')
})

test.each([
  '', '.', '..', '../x', 'a/b', '/etc/passwd', 'a\\b', 'a\0b', 'a\nb', 'x'.repeat(256),
])('the name %j is no name of a file', async (name) => {
  const put = artifacts.put(JOB, await stage(Buffer.from('x')), { file: name, contentType: 'text/plain' })
  await expect(put).rejects.toMatchObject({ code: 'internal' })
  expect(() => artifacts.path(JOB, name)).toThrow('one plain file name')
  expect(() => artifacts.path(name, 'a')).toThrow('one plain file name')
})

test('a link or a directory that a program left in the place of its output is not published', async () => {
  const secret = await stage(Buffer.from('secret'))
  await symlink(secret, path.join(directory, 'link'))
  const spec = { file: 'a', contentType: 'text/plain' }
  await expect(artifacts.put(JOB, path.join(directory, 'link'), spec)).rejects.toMatchObject({ code: 'ELOOP' })
  await expect(artifacts.put(JOB, path.join(directory, 'work'), spec)).rejects.toMatchObject({ code: 'internal' })
  await expect(access(artifacts.path(JOB, 'a'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('what a request names is served only if the job has recorded just that name', async () => {
  const artifact = await artifacts.put(JOB, await stage(Buffer.from('x')), { file: 'a.txt', contentType: 'text/plain' })
  const job = { id: JOB, artifacts: [artifact] }
  expect(artifacts.served(job, 'a.txt')).toEqual({
    path: artifacts.path(JOB, 'a.txt'), size: 1, etag: `"${artifact.sha256}"`, contentType: 'text/plain', filename: 'a.txt',
  })
  for (const name of ['A.txt', './a.txt', '../artifacts/a.txt', '']) {
    expect(() => artifacts.served(job, name)).toThrow(expect.objectContaining({ code: 'artifact_not_found', hint: 'It has a.txt.' }))
  }
})

test('removing takes the artifacts of one job and nothing else of it', async () => {
  await artifacts.put(JOB, await stage(Buffer.from('x')), { file: 'a', contentType: 'text/plain' })
  await artifacts.put('other', await stage(Buffer.from('y')), { file: 'a', contentType: 'text/plain' })
  await writeFile(path.join(directory, JOB, 'log'), 'line')
  await artifacts.remove(JOB)
  await artifacts.remove(JOB)
  await expect(access(artifacts.path(JOB, 'a'))).rejects.toMatchObject({ code: 'ENOENT' })
  expect(await readFile(artifacts.path('other', 'a'), 'utf8')).toBe('y')
  expect(await readFile(path.join(directory, JOB, 'log'), 'utf8')).toBe('line')
})
