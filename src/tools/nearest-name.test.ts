import { expect, test } from 'vitest'
import { nearestName } from './nearest-name.ts'

test.each([
  ['ffmepg', 'ffmpeg'],
  ['FFMPEG', 'ffmpeg'],
  ['mp', 'mp3'],
  ['sclae', 'scale'],
  ['libx246', 'libx264'],
  ['constructor', undefined],
  ['', undefined],
])('%.20s means %s', (name, meant) => {
  expect(nearestName(name, ['ffmpeg', 'mp3', 'scale', 'libx264'])).toBe(meant)
})

test('what is longer than any name is compared with none', () => {
  expect(nearestName('a'.repeat(64), ['a'.repeat(65)])).toBeDefined()
  expect(nearestName('a'.repeat(65), ['a'.repeat(65)])).toBeUndefined()
})
