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
  ['x'.repeat(100_000), undefined],
])('%.20s means %s', (name, meant) => {
  expect(nearestName(name, ['ffmpeg', 'mp3', 'scale', 'libx264'])).toBe(meant)
})
