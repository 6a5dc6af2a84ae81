import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FrameStore } from './frame-store.ts'

let directory: string
let frames: FrameStore
const { signal } = new AbortController()

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reeltime-store-'))
  frames = new FrameStore({ jobDirectory: (id) => join(directory, id) })
})
afterEach(async () => {
  await frames.close()
  await rm(directory, { recursive: true })
})

const add = (id: string, ...texts: string[]) => frames.write(id, (pack) => pack.append(texts.map((text) => Buffer.from(text))))
const countOf = (id: string) => frames.use(id, async ({ pack }) => pack?.count)

test('the pack of an earlier run is there for readers before anybody writes, and stays while it is written', async () => {
  await add('a', 'a1', 'a2')
  await frames.close()
  await frames.use('a', async (held) => {
    const before = held.pack!
    expect(before.count).toBe(2)
    const watch = held.watch()
    await frames.write('a', async (pack) => {
      await watch.changed(signal)
      expect([held.pack, pack.count, pack.isEnded]).toEqual([pack, 2, false])
      await pack.append([Buffer.from('a3')])
      expect((await before.frame(2))?.toString()).toBe('a2')
    })
    expect([held.pack!.isEnded, held.pack!.count]).toEqual([true, 3])
    watch.stop()
  })
})

test('a pack that cannot be opened is an error each time, and none when it can', async () => {
  await writeFile(join(directory, 'a'), 'a file where a directory should be')
  await expect(countOf('a')).rejects.toMatchObject({ code: 'ENOTDIR' })
  await rm(join(directory, 'a'))
  await add('a', 'a1')
  expect(await countOf('a')).toBe(1)
})

test('who asks for frames before there are any is woken when they come', async () => {
  await frames.use('a', async (held) => {
    const watch = held.watch()
    expect(held.pack).toBeUndefined()
    const woken = watch.changed(signal)
    await add('a', 'a1')
    await woken
    expect(held.pack?.count).toBe(1)
    watch.stop()
  })
})
