import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HubError } from '../../errors.ts'
import { fitFrameRate, fitSize } from './fit-size.ts'

describe('a picture of 1921x1080', () => {
  const source = { width: 1921, height: 1080 }

  test.each([
    [{}, 1920, 1080],
    [{ width: 102, height: 57 }, 102, 57],
    [{ width: 103, height: 59 }, 102, 57],
    [{ width: 329 }, 328, 183],
    [{ height: 243 }, 432, 243],
    [{ width: 1 }, 2, 3],
    [{ width: 4096, height: 3 }, 4096, 3],
  ])('with %j becomes %ix%i', (asked, width, height) => {
    expect(fitSize(asked, source)).toEqual({ width, height })
  })

  test('may not become larger than the converter can hold', () => {
    expect(() => fitSize({ height: 2400 }, source)).toThrow(HubError)
    expect(() => fitSize({ height: 2400 }, source)).toThrow('A picture of 4268x2400 pixels is more than 4096 on a side or 4194304 in all')
    expect(() => fitSize({ width: 2048, height: 2048 }, source)).not.toThrow()
    expect(() => fitSize({ width: 2050, height: 2049 }, source)).toThrow(HubError)
  })
})

test('a source of any shape comes out in whole cells, at least one and never more than was asked for', () => {
  const side = fc.integer({ min: 1, max: 2000 })
  fc.assert(fc.property(side, side, fc.option(side, { nil: undefined }), fc.option(side, { nil: undefined }), (w, h, width, height) => {
    const asked = { ...(width && { width }), ...(height && { height }) }
    const wanted = { width: width ?? Math.trunc(((height ?? h) * w) / h), height: height ?? Math.trunc(((width ?? w) * h) / w) }
    fc.pre(wanted.width <= 4000 && wanted.height <= 4000 && wanted.width * wanted.height <= 4_000_000)
    const size = fitSize(asked, { width: w, height: h })
    expect([size.width % 2, size.height % 3]).toEqual([0, 0])
    expect(size.width === 2 || (size.width <= wanted.width && size.width > wanted.width - 2)).toBe(true)
    expect(size.height === 3 || (size.height <= wanted.height && size.height > wanted.height - 3)).toBe(true)
  }))
})

test.each([
  [undefined, 60, 20], [undefined, 12.5, 12.5], [undefined, undefined, 20], [30, 24, 30],
])('asked for %s fps of a source with %s gives %d', (asked, source, rate) => {
  expect(fitFrameRate(asked, source)).toBe(rate)
})
