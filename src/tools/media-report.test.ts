import { expect, test } from 'vitest'
import { NotMediaError } from './media-info.ts'
import { parseMediaReport } from './media-report.ts'

const VIDEO = { index: 0, codec_type: 'video', codec_name: 'h264', width: 160, height: 90, avg_frame_rate: '30000/1001' }

const report = (stream: object, format: object = {}) => parseMediaReport(JSON.stringify({ streams: [{ ...VIDEO, ...stream }], format }))

// ffprobe tells degrees against the clock.
test.each([[-90, 90, 90, 160], [90, 270, 90, 160], [180, 180, 160, 90], [-180, 180, 160, 90], [0, undefined, 160, 90]])(
  'a picture of which ffprobe says %d is turned by %s, and as large as it is seen', (told, rotation, width, height) => {
    const [stream] = report({ side_data_list: [{ rotation: told }] }).streams
    expect([stream!.rotation, stream!.width, stream!.height]).toEqual([rotation, width, height])
  })

test('rates are rounded, pixels that are not square are told, and what is not known is left out', () => {
  const { streams, ...rest } = report({ sample_aspect_ratio: '4:3', nb_frames: 'N/A', bit_rate: '0' }, { format_name: 'mov', size: '1000' })
  expect(rest).toEqual({ format: 'mov', size: 1000, chapters: [], tags: {} })
  expect(streams).toEqual([{ index: 0, kind: 'video', codec: 'h264', width: 160, height: 90, fps: 29.97, pixel_aspect: 1.333 }])
})

test('tags are text in one line under a name in lower case, without what containers note for themselves', () => {
  const { tags } = report({}, { tags: { TITLE: '  a\u001b]0;b\u0007\nc\u202e ', major_brand: 'isom', 'a\u0000b': 'c', __proto__: 'd', empty: ' ', number: 7, long: 'x'.repeat(5000) } })
  expect(tags).toEqual({ title: 'a ]0;b c', 'a b': 'c', long: 'x'.repeat(1000) })
})

test.each(['', '{', '{}', '{"streams":[{"codec_type":"nothing"}]}', '[]'])('%j is no media', (json) => {
  expect(() => parseMediaReport(json)).toThrow(NotMediaError)
})
