import { expect, test } from 'vitest'
import { HlsParser } from './hls-parser.ts'
import type { ArtifactSpec, OutputLine, OutputParser, ToolUpdate } from './tool.ts'

const RENDITION = { width: 160, height: 90, kbps: 100, level: { name: '3.0', idc: 30 } }
const REST: OutputParser = { push: ({ text }) => [{ type: 'log', level: 'info', text }] }

function parserOf(options: { segments?: 'fmp4' | 'ts'; declaredSeconds?: number } = {}): HlsParser {
  const renditions = [{ name: '90p', ...RENDITION }, { name: '180p', ...RENDITION }]
  return new HlsParser(REST, { renditions, segments: 'fmp4', segmentSeconds: 2, framesPerSecond: 25, declaredSeconds: undefined, master: 'the master', ...options })
}

/** A playlist as ffmpeg 5.1 writes it, with the pieces from one number to another. */
function written(rendition: string, from: number, to: number): readonly OutputLine[] {
  const pieces = Array.from({ length: to - from + 1 }, (_, index) => ['#EXTINF:2.000000,', `${rendition}_0000${from + index}.m4s`]).flat()
  return ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:2', `#EXT-X-MEDIA-SEQUENCE:${from}`, `#EXT-X-MAP:URI="${rendition}_init.mp4"`, ...pieces]
    .map((text) => ({ source: 'stdout', text }))
}

function announced(updates: readonly ToolUpdate[]): ArtifactSpec[] {
  return updates.flatMap((update) => (update.type === 'artifact' ? [update.artifact] : []))
}

const names = (updates: readonly ToolUpdate[]) => announced(updates).map(({ file }) => file)

test('each piece is announced once, before the playlist that names it, and the master when all renditions have begun', () => {
  const parser = parserOf()
  const feed = (lines: readonly OutputLine[]) => names(lines.flatMap((line) => parser.push(line)))
  expect(feed(written('90p', 0, 0))).toEqual(['90p_init.mp4', '90p_00000.m4s', '90p.m3u8'])
  expect(feed(written('180p', 0, 0))).toEqual(['180p_init.mp4', '180p_00000.m4s', '180p.m3u8', 'master.m3u8'])
  expect(feed(written('90p', 0, 1))).toEqual(['90p_00001.m4s', '90p.m3u8'])
  expect(feed(written('90p', 1, 1))).toEqual([])
})

test('a playlist grows until the end, and then says so', () => {
  const parser = parserOf()
  const during = announced(written('90p', 0, 1).flatMap((line) => parser.push(line))).at(-1)!
  expect([during.grows, during.text]).toEqual([true, [
    '#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:3', '#EXT-X-MEDIA-SEQUENCE:0', '#EXT-X-PLAYLIST-TYPE:EVENT', '#EXT-X-MAP:URI="90p_init.mp4"',
    '#EXTINF:2.000000,', '90p_00000.m4s', '#EXTINF:2.000000,', '90p_00001.m4s', '',
  ].join('\n')])
  const [after] = announced(parser.end())
  expect([after!.file, after!.grows, after!.text]).toEqual(['90p.m3u8', undefined, `${during.text}#EXT-X-ENDLIST\n`])
})

test('a rendition of which nothing came is missed', () => {
  expect(announced(parserOf().end())).toMatchObject([{ file: '90p_00000.m4s' }, { file: '180p_00000.m4s' }])
  expect(announced(parserOf().end()).map(({ text }) => text)).toEqual([undefined, undefined])
})

test('pieces that are shorter than the source claims are warned of', () => {
  const parser = parserOf({ declaredSeconds: 20 })
  for (const line of [...written('90p', 0, 3), ...written('180p', 0, 3)]) parser.push(line)
  expect(parser.end()).toContainEqual({ type: 'log', level: 'warning', text: expect.stringContaining('has 8.0 s and its source claims to hold 20.0 s') })
})

test.each(['../x_00000.m4s', '90p_00000.m4s/..', '90p_00001.m4s', '70p_00000.m4s', '/etc/passwd', '90p_00000.exe'])('a line such as %s announces nothing', (text) => {
  const parser = parserOf()
  expect([{ source: 'stdout', text: '#EXTINF:2.000000,' }, { source: 'stdout', text }].flatMap((line) => parser.push(line as OutputLine))).toEqual([])
})

test('what is not a playlist is for the other parser', () => {
  expect(parserOf().push({ source: 'stderr', text: '90p_00000.m4s' })).toEqual([{ type: 'log', level: 'info', text: '90p_00000.m4s' }])
})
