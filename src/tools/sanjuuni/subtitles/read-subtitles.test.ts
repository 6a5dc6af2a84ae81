import { describe, expect, test } from 'vitest'
import { HubError } from '../../../errors.ts'
import { readSubtitles } from './read-subtitles.ts'

const SCREEN = { columns: 51, rows: 19 }
const WHITE = [255, 255, 255]

const SRT = [
  '1', '00:00:01,500 --> 00:00:03,000', '<i>Hello</i> &amp; welcome', 'to <b>the</b> show', '',
  '2', '01:02:03,004 --> 01:02:04,500 X1:40 X2:600', '<font color="#FF8000">a < b</font> {\\an8}top', '',
  '3', '00:00:09,000 --> 00:00:08,000', 'ends before it begins', '', '4', '00:00:10,000 --> 00:00:11,000', '<i></i>', '',
].join('\n')

const ASS = [
  '[Script Info]', 'ScriptType: v4.00+', 'PlayResX: 1280', 'PlayResY: 720', '',
  '[V4+ Styles]', 'Format: Name, Fontname, PrimaryColour, Alignment, MarginL, MarginR, MarginV',
  'Style: Default,Arial,&H00FFFFFF,2,0,0,0', 'Style: Sign,Arial,&H000080FF,7,128,0,72', '',
  '[Events]', 'Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text',
  'Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,not shown',
  'Dialogue: 0,0:00:01.50,0:00:03.25,Default,,0,0,0,,{\\i1}One, two{\\i0},\\Nthree',
  'Dialogue: 0,0:00:05.00,0:00:06.00,*Sign,,0,0,0,,left\\ntop',
  'Dialogue: 0,1:00:00.00,1:00:01.00,Default,,0,0,0,,{\\an9\\c&H0000FF&}corner',
  'Dialogue: 0,1:00:10.00,1:00:11.00,Default,,0,0,0,,{\\pos(640,360)\\an5}middle',
  'Dialogue: 0,1:00:20.00,1:00:21.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0 100 100{\\p0}drawn',
  'Dialogue: 0,1:00:30.00,1:00:31.00,Default,,0,0,360,,half up',
].join('\r\n')

describe('SubRip', () => {
  test('is read with its times, line breaks, colours and places, and without its markup', () => {
    expect(read(SRT)).toEqual([
      { startSeconds: 1.5, endSeconds: 3, lines: [
        { text: 'Hello & welcome', x: 18, y: 16, color: WHITE }, { text: 'to the show', x: 20, y: 17, color: WHITE },
      ] },
      { startSeconds: 3723.004, endSeconds: 3724.5, lines: [{ text: 'a < b top', x: 21, y: 1, color: [255, 128, 0] }] },
    ])
  })

  test.each([
    ['with line ends of Windows', SRT.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\ufeff${SRT}`],
    ['with dots in its times, as WebVTT has them', `WEBVTT\n\n${SRT.replace(/(\d\d),(\d{3})/g, '$1.$2')}`],
  ])('%s is the same', (_, text) => {
    expect(read(text)).toEqual(read(SRT))
  })

  test.each([
    ['UTF-8', Buffer.from('1\n00:01,0 --> 00:02,0\nfaçade\n')],
    ['UTF-16 of Windows', Buffer.from('\ufeff1\n00:01,0 --> 00:02,0\nfaçade\n', 'utf16le')],
    ['UTF-16 of others', Buffer.from('\ufeff1\n00:01,0 --> 00:02,0\nfaçade\n', 'utf16le').swap16()],
    ['Windows-1252', Buffer.from('1\n00:01,0 --> 00:02,0\nfaçade\n', 'latin1')],
  ])('may be written in %s', (_, bytes) => {
    expect(readSubtitles(bytes, SCREEN)).toMatchObject([{ startSeconds: 1, endSeconds: 2, lines: [{ text: 'façade' }] }])
  })
})

describe('a script of Advanced SubStation Alpha', () => {
  test('is read with styles, tags, breaks and places', () => {
    expect(read(ASS)).toEqual([
      { startSeconds: 1.5, endSeconds: 3.25, lines: [
        { text: 'One, two,', x: 21, y: 17, color: WHITE }, { text: 'three', x: 23, y: 18, color: WHITE },
      ] },
      { startSeconds: 5, endSeconds: 6, lines: [
        { text: 'left', x: 5, y: 2, color: [255, 128, 0] }, { text: 'top', x: 5, y: 3, color: [255, 128, 0] },
      ] },
      { startSeconds: 3600, endSeconds: 3601, lines: [{ text: 'corner', x: 45, y: 0, color: [255, 0, 0] }] },
      { startSeconds: 3610, endSeconds: 3611, lines: [{ text: 'middle', x: 23, y: 9, color: WHITE }] },
      { startSeconds: 3620, endSeconds: 3621, lines: [{ text: 'drawn', x: 23, y: 18, color: WHITE }] },
      { startSeconds: 3630, endSeconds: 3631, lines: [{ text: 'half up', x: 22, y: 8, color: WHITE }] },
    ])
  })

  test('of the older kind numbers its alignments in its own way, and writes colours as decimals', () => {
    const script = [
      '[Script Info]', 'ScriptType: v4.00', '[V4 Styles]', 'Format: Name, PrimaryColour, Alignment, MarginL, MarginR, MarginV',
      'Style: Default,255,6,0,0,0', 'Style: Left,65280,9,0,0,0', '[Events]', 'Format: Marked, Start, End, Style, Text',
      'Dialogue: Marked=0,0:00:01.00,0:00:02.00,Default,up here', 'Dialogue: Marked=0,0:00:03.00,0:00:04.00,Left,{\\b1}beside',
      'Dialogue: Marked=0,0:00:05.00,0:00:06.00,Left,{\\a3}below',
    ].join('\n')
    expect(read(script).map(({ lines }) => lines)).toEqual([
      [{ text: 'up here', x: 22, y: 0, color: [255, 0, 0] }],
      [{ text: 'beside', x: 0, y: 9, color: [0, 255, 0] }],
      [{ text: 'below', x: 46, y: 18, color: [0, 255, 0] }],
    ])
  })

  test('without Format lines has the usual columns', () => {
    const script = '[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,a, b\n'
    expect(read(script)).toMatchObject([{ startSeconds: 1, endSeconds: 2, lines: [{ text: 'a, b' }] }])
  })
})

test.each([
  ['a picture', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'The subtitles are neither ASS, SSA nor SRT'],
  ['nothing', Buffer.alloc(0), 'The subtitles are neither ASS, SSA nor SRT'],
  ['a film', Buffer.alloc(8 * 1024 * 1024 + 1), 'The subtitles are larger than 8 MiB'],
])('%s is refused', (_, bytes, message) => {
  expect(() => readSubtitles(bytes, SCREEN)).toThrow(HubError)
  expect(() => readSubtitles(bytes, SCREEN)).toThrow(message)
})

test.each([
  ['blank lines', `${'\n'.repeat(1_000_000)}00:00,0 --> 00:01,0\nx`],
  ['open braces', `00:00,0 --> 00:01,0\n${'{'.repeat(1_000_000)}`],
  ['one long tag', `00:00,0 --> 00:01,0\n{${'\\x'.repeat(500_000)}}x`],
  ['spaces in a tag', `00:00,0 --> 00:01,0\n<font color=${' '.repeat(1_000_000)}`],
  ['texts at the same time', Array.from({ length: 20_000 }, (_, index) => `00:00,0 --> 99:00,0\n${index}\n\n`).join('')],
  ['one endless text', `00:00,0 --> 00:01,0\n${'x'.repeat(1_000_000)}`],
])('a file of %s is read in little time', (_, text) => {
  const before = process.cpuUsage()
  expect(readSubtitles(Buffer.from(text), { columns: 2, rows: 2 })[0]).toMatchObject({ startSeconds: 0 })
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(10)
})

function read(text: string) {
  return readSubtitles(Buffer.from(text), SCREEN)
}
