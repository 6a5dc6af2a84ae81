import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

test('actions on one job follow each other in the order in which they came, whatever becomes of them', async () => {
  const turns = new Turns()
  const told: string[] = []
  const slow = turns.take('a', async () => {
    await new Promise((resolve) => setImmediate(resolve))
    told.push('slow')
  })
  const failing = turns.take('a', async () => {
    told.push('failing')
    throw new TypeError('no')
  })
  const last = turns.take('a', async () => told.push('last'))
  await expect(failing).rejects.toThrow(TypeError)
  await Promise.all([slow, last])
  expect(told).toEqual(['slow', 'failing', 'last'])
})

test('one job does not wait for another', async () => {
  const turns = new Turns()
  let release = () => undefined as void
  const held = turns.take('a', () => new Promise<void>((resolve) => (release = resolve)))
  expect(await turns.take('b', async () => 'through')).toBe('through')
  release()
  await held
})
