import fc from 'fast-check'
import { expect, test } from 'vitest'
import { measureIn } from './measured-colors.ts'
import { OKLAB_SCALE, oklabOf } from './oklab.ts'

const byte = fc.integer({ min: 0, max: 255 })

test.each([
  { name: 'white', rgb: [255, 255, 255], oklab: [1, 0, 0] },
  { name: 'black', rgb: [0, 0, 0], oklab: [0, 0, 0] },
  { name: 'red', rgb: [255, 0, 0], oklab: [0.62796, 0.22486, 0.12585] },
  { name: 'green', rgb: [0, 255, 0], oklab: [0.86644, -0.23389, 0.1795] },
  { name: 'blue', rgb: [0, 0, 255], oklab: [0.45201, -0.03246, -0.31153] },
] as const)('$name is where OKLab has it', ({ rgb, oklab }) => {
  for (const [at, word] of oklabOf(rgb[0], rgb[1], rgb[2]).entries()) expect(Math.abs(word / OKLAB_SCALE - oklab[at]!)).toBeLessThan(0.0002)
})

test.each([{ colorSpace: 'rgb', difference: 0 }, { colorSpace: 'lab', difference: 1 }] as const)(
  'every colour comes back from being measured in $colorSpace, but for $difference',
  ({ colorSpace, difference }) => {
    const { toMeasured, toRgb } = measureIn(colorSpace)
    fc.assert(fc.property(byte, byte, byte, (...rgb) => {
      const back = toRgb(toMeasured(Uint8Array.from(rgb)))
      expect(Math.max(...rgb.map((value, at) => Math.abs(value - back[at]!)))).toBeLessThanOrEqual(difference)
    }), { numRuns: 2000 })
  },
)

test('a colour that no screen can show becomes one at the edge of what it can', () => {
  expect([...measureIn('lab').toRgb([OKLAB_SCALE / 2, 4000, 0, 0])][0]).toBe(255)
  expect([...measureIn('lab').toRgb([OKLAB_SCALE / 2, 4000, 0, 0])][1]).toBe(0)
})
