import { link, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ProbedFiles, type Probed } from './probed-files.ts'

const MEDIA = { format: 'wav', streams: [{ kind: 'audio', codec: 'pcm_s16le' }] } as const

let directory: string
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'reeltime-probed-'))))
afterEach(() => rm(directory, { recursive: true, force: true }))

test('a file is asked about once, under whatever name, until it is another', async () => {
  const { files, asked, ask } = asking()
  const [upload, staged] = [await written('upload'), join(directory, 'staged')]
  await link(upload, staged)
  await files.of(upload, ask('upload'))
  expect(await files.of(staged, ask('staged'))).toMatchObject({ complaints: ['upload'] })
  expect(asked).toEqual(['upload'])

  await utimes(upload, new Date(0), new Date(0))
  expect(await files.of(staged, ask('staged again'))).toMatchObject({ complaints: ['staged again'] })
})

test('what fails is asked again', async () => {
  const { files, asked, ask } = asking()
  const file = await written('a')
  await expect(files.of(file, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  await files.of(file, ask('a'))
  expect(asked).toEqual(['a'])
})

test('what could not be read is asked about again', async () => {
  const { files, asked, ask } = asking()
  const file = await written('a')
  const unread = async (): Promise<Probed> => ({ info: undefined, complaints: [] })
  await files.learn(file, unread)
  expect(await files.of(file, unread)).toMatchObject({ info: undefined })
  expect(await files.of(file, ask('again'))).toMatchObject({ info: MEDIA })
  expect(asked).toEqual(['again'])
})

test('who asks about a file that is being learned waits for that answer', async () => {
  const { files, asked, ask } = asking()
  const file = await written('a')
  const answer = pending<Probed>()
  const started = pending<void>()
  const learning = files.learn(file, () => {
    started.resolve()
    return answer.promise
  })
  await started.promise
  const probed = files.of(file, ask('by the job'))
  answer.resolve({ info: MEDIA, complaints: ['learned'] })
  expect(await probed).toMatchObject({ complaints: ['learned'] })
  await learning
  expect(asked).toEqual([])
})

test('where learning fails, the next one asks', async () => {
  const { files, asked, ask } = asking()
  const file = await written('a')
  await files.learn(file, () => Promise.reject(new Error('too slow')))
  await files.learn(join(directory, 'gone'), ask('gone'))
  await files.of(file, ask('by the job'))
  expect(asked).toEqual(['by the job'])
})

test('files are learned one after the other, and one more than eight is not', async () => {
  const { files, asked } = asking()
  const answer = pending<Probed>()
  const ask = (name: string) => () => {
    asked.push(name)
    return answer.promise
  }
  const names = Array.from({ length: 9 }, (_, index) => String(index))
  const learning = await Promise.all(names.map(async (name) => [name, await written(name)] as const))
    .then((written) => written.map(([name, file]) => files.learn(file, ask(name)).then(() => name)))
  const leftOut = await Promise.race(learning)
  expect(asked.length).toBe(1)

  answer.resolve({ info: MEDIA, complaints: [] })
  await Promise.all(learning)
  expect(asked.toSorted()).toEqual(names.filter((name) => name !== leftOut))
})

function asking() {
  const asked: string[] = []
  const ask = (name: string) => async (): Promise<Probed> => {
    asked.push(name)
    return { info: MEDIA, complaints: [name] }
  }
  return { files: new ProbedFiles(), asked, ask }
}

function pending<T>() {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((resolved) => (resolve = resolved))
  return { promise, resolve }
}

async function written(name: string): Promise<string> {
  const file = join(directory, name)
  await writeFile(file, name)
  return file
}
