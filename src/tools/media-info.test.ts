import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { NotMediaError, parseMediaInfo, probeArgs } from './media-info.ts'

const directory = mkdtempSync(join(tmpdir(), 'media-info-'))
afterAll(() => rmSync(directory, { recursive: true }))

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc=s=64x48:r=10:d=1']
const SOUND = ['-f', 'lavfi', '-i', 'sine=r=48000:d=2']

test('a film is told with its streams, sizes and rates', () => {
  expect(probed('film', [...PICTURE, ...SOUND, '-c:v', 'mpeg4', '-f', 'mp4'])).toEqual({
    format: 'mov,mp4,m4a,3gp,3g2,mj2',
    durationSeconds: 2,
    streams: [
      { kind: 'video', codec: 'mpeg4', durationSeconds: 1, width: 64, height: 48, framesPerSecond: 10, pixelFormat: 'yuv420p', profile: 'Simple Profile' },
      { kind: 'audio', codec: 'aac', durationSeconds: 2, sampleRate: 48_000, channels: 1, profile: 'LC' },
    ],
  })
})

test('a still picture has no duration', () => {
  const info = probed('picture', [...PICTURE, '-frames:v', '1', '-f', 'image2', '-c:v', 'mjpeg'])
  expect(info).toMatchObject({ format: 'jpeg_pipe', streams: [{ kind: 'video', codec: 'mjpeg', width: 64 }] })
  expect(info.durationSeconds).toBeUndefined()
})

test('the cover inside a sound file is marked as such', () => {
  const cover = ['-frames:v', '1', '-c:v', 'mjpeg', '-disposition:v', 'attached_pic']
  const args = [...SOUND, ...PICTURE, '-map', '0', '-map', '1', ...cover, '-f', 'mp3']
  expect(probed('covered', args).streams.find(({ kind }) => kind === 'video')?.isAttachedPicture).toBe(true)
})

test('a duration that only a stream tells is taken from the longest', () => {
  const streams = [{ codec_type: 'video', duration: '1.5' }, { codec_type: 'audio', tags: { DURATION: '00:01:02.500000000' } }]
  expect(parseMediaInfo(JSON.stringify({ streams, format: { format_name: 'nut', duration: 'N/A' } })).durationSeconds).toBe(62.5)
})

test.each([
  ['a page', '<html><body>404</body></html>'],
  ['nothing', ''],
  ['a playlist', '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfilm\n#EXT-X-ENDLIST\n'],
  ['a list of files', 'ffconcat version 1.0\nfile film\n'],
  ['a drawing', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'],
])('%s is no media', (_, content) => {
  const file = join(directory, 'other')
  writeFileSync(file, content)
  const { stdout } = spawnSync('ffprobe', probeArgs(file), { encoding: 'utf8' })
  expect(() => parseMediaInfo(stdout)).toThrow(NotMediaError)
})

const NO_REPORTS = ['', 'null', '[]', '{"streams":7}', '{"streams":[null]}', '{"streams":[{"codec_type":"moon"}]}']

test.each(NO_REPORTS)('%j is no media either', (json) => {
  expect(() => parseMediaInfo(json)).toThrow(NotMediaError)
})

test('odd values of a hostile file are left out, not passed on', () => {
  const stream = { codec_type: 'video', width: -4, height: 'x', avg_frame_rate: '0/0', duration: '-3', channels: {} }
  expect(parseMediaInfo(JSON.stringify({ streams: [stream], format: { format_name: 7, duration: 'Infinity' } })))
    .toEqual({ format: '', streams: [{ kind: 'video', codec: 'unknown' }] })
})

function probed(name: string, args: readonly string[]) {
  const file = join(directory, name)
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args, file])
  return parseMediaInfo(execFileSync('ffprobe', probeArgs(file), { encoding: 'utf8' }))
}
