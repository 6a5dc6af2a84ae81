import { expect, test } from 'vitest'
import { z } from 'zod'
import { mainSourceOf, type SourceSchema } from './main-source.ts'
import { tools } from './registry.ts'

const mainOf = (name: string) => mainSourceOf(z.toJSONSchema(tools.find((tool) => tool.name === name)!.input, { io: 'input' }) as SourceSchema)

test('each tool has a field for what it mainly reads', () => {
  expect(Object.fromEntries(tools.map(({ name }) => [name, mainOf(name)?.field]))).toEqual({
    ffmpeg: 'input_url', video_frame: 'source', sanjuuni: 'source', transcode: 'source', audio: 'source', trim: 'source', concat: 'sources', hls: 'source',
    thumbnails: 'source', waveform: 'source', probe: 'source', compose: 'clips', subtitles: 'voice', watermark: 'source', gif: 'sources',
  })
})

test('sources are put where a tool takes them, as one, as a list, or as objects', () => {
  expect(mainOf('transcode')!.put(['upload:1'])).toEqual({ source: 'upload:1' })
  expect(mainOf('concat')!.put(['upload:1', 'upload:2'])).toEqual({ sources: ['upload:1', 'upload:2'] })
  expect(mainOf('compose')!.put(['upload:1', 'upload:2'])).toEqual({ clips: [{ source: 'upload:1' }, { source: 'upload:2' }] })
  expect([mainOf('transcode')!.least, mainOf('concat')!.least, mainOf('compose')!.least]).toEqual([undefined, 2, 1])
})

test('what an earlier input says of a source beside its address is kept, in the order of those that are alike', () => {
  const [first, other, second] = [{ source: 'a', start_seconds: 1 }, { source: 'b' }, { source: 'a', start_seconds: 9 }]
  const { put, read } = mainOf('compose')!
  expect(read({ clips: [first, other, second] })).toEqual(['a', 'b', 'a'])
  expect(put(['b', 'a', 'c', 'a'], { clips: [first, other, second] })).toEqual({ clips: [other, first, { source: 'c' }, second] })
})
