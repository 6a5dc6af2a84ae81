import { expect, test } from 'vitest'
import { type Asked, inputMaker } from './tool-input.ts'

async function made(tool: string, asked: Partial<Asked>, sources: readonly string[] = ['upload:1']): Promise<unknown> {
  const { named, make } = await inputMaker(tool, { in: sources.map(() => 'file'), args: [], flags: {}, ...asked })
  return make(sources, named.map((_, index) => `upload:named-${index}`))
}

test.each<[string, Partial<Asked>, object]>([
  ['transcode', { flags: { codec: 'av1', 'max-height': '720', 'no-sound': true } }, { codec: 'av1', max_height: 720, sound: false }],
  ['transcode', { flags: { codec: 'vp9' }, out: 'film.webm' }, { codec: 'vp9', container: 'webm' }],
  ['transcode', { preset: '480p-copy', flags: { 'max-height': '240' } }, { codec: 'h264', max_height: 240 }],
  ['audio', { out: 'song.m4a' }, { format: 'aac' }],
  ['audio', { out: 'song.bin', format: 'flac', flags: { 'sample-rate': '48000' } }, { format: 'flac', sample_rate: 48_000 }],
  ['thumbnails', { flags: { 'at-seconds': ['1,2.5', '7'] }, out: 'pictures' }, { at_seconds: [1, 2.5, 7] }],
  ['hls', { flags: { heights: ['720,360'] } }, { heights: [720, 360] }],
  ['trim', { flags: { exact: undefined, 'no-exact': true, 'start-seconds': '3' }, out: 'part.mkv' }, { exact: false, start_seconds: 3 }],
  ['sanjuuni', { out: 'film.32vid', args: ['--width=102'], flags: { fit: 'pad' } }, { output_format: '32vid', args: ['--width=102'], fit: 'pad' }],
  ['sanjuuni', { preset: 'monitor' }, { output_format: '32vid', monitors: '8x6@0.5', fit: 'pad', dfpwm: true }],
])('%s with %j', async (tool, asked, fields) => {
  expect(await made(tool, asked)).toEqual({ source: 'upload:1', ...fields })
})

test('a tool that joins takes as many sources as there are', async () => {
  expect(await made('concat', { flags: { 'crossfade-seconds': '0.5' } }, ['upload:1', 'upload:2'])).toEqual({ sources: ['upload:1', 'upload:2'], crossfade_seconds: 0.5 })
})

test('clips are what a film is composed of, and what other fields name to be read goes with them', async () => {
  expect(await made('compose', { flags: { voice: 'voice.wav', music: 'song.mp3', fit: 'blur' } }, ['upload:1', 'upload:2'])).toEqual({
    clips: [{ source: 'upload:1' }, { source: 'upload:2' }], voice: 'upload:named-0', music: 'upload:named-1', fit: 'blur',
  })
  expect(await made('watermark', { flags: { mode: 'add', image: 'logo.png' } })).toEqual({ source: 'upload:1', mode: 'add', image: 'upload:named-0' })
  expect(await made('subtitles', { flags: { text: 'Hello' } })).toEqual({ voice: 'upload:1', text: 'Hello' })
})

test('ffmpeg takes its arguments, or a preset', async () => {
  expect(await made('ffmpeg', { out: 'a.mp3', args: ['-vn'] })).toEqual({ inputs: [{ source: 'upload:1' }], outputs: [{ format: 'mp3', args: ['-vn'] }] })
  expect(await made('ffmpeg', { out: 'a.mp3', preset: 'mp3' })).toEqual({ inputs: [{ source: 'upload:1' }], outputs: [{ format: 'mp3', args: ['-vn', '-q:a', '2'] }] })
  await expect(made('ffmpeg', { preset: 'mp3', args: ['-vn'] })).rejects.toThrow('--preset says what to make')
})
