import { expect, test } from 'vitest'
import { makeTiledHeic } from '../../../../test/heic-file.ts'
import { hevcPictureOf } from './heic.ts'

const PHOTO = { colors: ['red', 'green', 'blue', 'white'], columns: 2, width: 100, height: 90, quarters: 3 }

test('a photo of tiles is a stream of them, put together and set upright', () => {
  const { stream, filters } = hevcPictureOf(makeTiledHeic(PHOTO))
  expect(filters).toEqual(['tile=2x2', 'crop=100:90:0:0', 'transpose=1'])
  expect(stream.subarray(0, 4)).toEqual(Buffer.from([0, 0, 0, 1]))
})

test('a file that names the same bytes again and again is refused before they are put together', () => {
  expect(() => hevcPictureOf(makeTiledHeic({ ...PHOTO, colors: ['red'], columns: 1, times: 60_000 }))).toThrow('again and again')
})
