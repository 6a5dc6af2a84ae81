import { expect, test } from 'vitest'
import type { LogStorage, StreamStorage } from './log-storage.ts'

/** Every promise of LogStorage; each implementation calls this with a way to make an empty one. */
export function promisesOfLogStorage(name: string, make: () => Promise<LogStorage>): void {
  test(`${name}: a stream that nobody created is not there, until somebody does`, async () => {
    const storage = await make()
    expect(await storage.open('a', { create: false })).toBeUndefined()
    const stream = await created(storage, 'a')
    expect([stream.start, stream.size]).toEqual([0, 0])
    await stream.close()
    const again = await storage.open('a', { create: false })
    expect(again?.size).toBe(0)
    await again?.close()
  })

  test(`${name}: what is appended can be read at any place, and no more than that`, async () => {
    const stream = await created(await make(), 'a')
    await stream.append(Buffer.from('one\n'), { durable: false })
    await stream.append(Buffer.from('two\nthree\n'), { durable: true })
    expect(stream.size).toBe(14)
    expect(String(await stream.read(0, 14))).toBe('one\ntwo\nthree\n')
    expect(String(await stream.read(2, 4))).toBe('e\ntw')
    expect(String(await stream.read(8, 1000))).toBe('three\n')
    expect(String(await stream.read(14, 10))).toBe('')
    expect(String(await stream.read(3, 0))).toBe('')
    await stream.close()
  })

  test(`${name}: a megabyte in one piece comes back as it was`, async () => {
    const stream = await created(await make(), 'a')
    const bytes = Buffer.alloc(1_048_577, 'abcdefg')
    await stream.append(bytes, { durable: false })
    expect((await stream.read(0, bytes.length)).equals(bytes)).toBe(true)
    await stream.close()
  })

  test(`${name}: what is cut off is gone, and the next append stands at the cut`, async () => {
    const storage = await make()
    const stream = await created(storage, 'a')
    await stream.append(Buffer.from('keep\nlose\n'), { durable: false })
    await stream.truncate(5)
    expect([stream.size, String(await stream.read(0, 100))]).toEqual([5, 'keep\n'])
    await stream.append(Buffer.from('new\n'), { durable: false })
    await stream.close()
    const again = await created(storage, 'a')
    expect(String(await again.read(0, 100))).toBe('keep\nnew\n')
    await again.close()
  })

  test(`${name}: streams do not mix, and closing one keeps its bytes`, async () => {
    const storage = await make()
    const [a, b] = [await created(storage, 'a'), await created(storage, 'b')]
    await a.append(Buffer.from('of a\n'), { durable: false })
    await b.append(Buffer.from('of b\n'), { durable: false })
    await Promise.all([a.close(), b.close()])
    const again = await created(storage, 'a')
    expect(String(await again.read(0, 100))).toBe('of a\n')
    await again.close()
  })

  test(`${name}: a removed stream is not there, and created again it is empty; removing what is not there is nothing`, async () => {
    const storage = await make()
    const stream = await created(storage, 'a')
    await stream.append(Buffer.from('old\n'), { durable: false })
    await stream.close()
    await storage.remove('a')
    await storage.remove('a')
    await storage.remove('never')
    expect(await storage.open('a', { create: false })).toBeUndefined()
    const again = await created(storage, 'a')
    expect(again.size).toBe(0)
    await again.close()
  })
}

async function created(storage: LogStorage, name: string): Promise<StreamStorage> {
  const stream = await storage.open(name, { create: true })
  if (!stream) throw new TypeError('asked to create a stream and got none')
  return stream
}
