import { describe, expect, test } from 'vitest'
import { assDocument } from './ass-document.ts'
import { captionStyle } from './captions-style.ts'
import { cleanAss } from './clean-ass.ts'
import { readCaptions } from './read-captions.ts'
import { srtDocument } from './srt-document.ts'
import { timeText, unitsOf } from './time-text.ts'
import { wrapLines } from './wrap-lines.ts'

const SCREEN = { width: 1080, height: 1920 }
const STYLE = captionStyle.parse({})

describe('a text over a voice', () => {
  test('sentences follow each other without a gap, the longer the more there is to say, and end with the voice', () => {
    const captions = timeText('Yes. 春天的花开了，我们一起去公园里看看吧。', 10, { mostUnits: 40 })
    expect(captions.map(({ text }) => text)).toEqual(['Yes.', '春天的花开了，我们一起去公园里看看吧。'])
    expect(captions[0]!.startSeconds).toBe(0)
    expect(captions[1]!.startSeconds).toBe(captions[0]!.endSeconds)
    expect(captions[1]!.endSeconds).toBeCloseTo(10, 6)
    expect(captions[0]!.endSeconds).toBeLessThan(2)
  })

  test('a sentence that the screen cannot take at once is parted at its commas, else between its words', () => {
    const parts = (text: string, mostUnits: number) => timeText(text, 10, { mostUnits }).map((caption) => caption.text)
    expect(parts('他拿起了照相机，拍下了一朵又一朵美丽的花儿。', 16)).toEqual(['他拿起了照相机，', '拍下了一朵又一朵美丽的花儿。'])
    const words = parts('one two three four five six seven eight nine ten', 10)
    expect(words.length).toBeGreaterThan(2)
    expect(words.join(' ')).toBe('one two three four five six seven eight nine ten')
  })

  test.each(['3.5 million people. Really?', 'Dr. No', '你好！！！吃了吗？', '“好。”他说。', '…', '\n\n', '🎉🎉'])('%j loses no letter', (text) => {
    const said = timeText(text, 5, { mostUnits: 30 }).map((caption) => caption.text).join('')
    expect(said.replace(/\s/g, '')).toBe(/[\p{L}\p{Extended_Pictographic}]/u.test(text) ? text.replace(/\s/g, '') : '')
  })
})

describe('lines', () => {
  test('are about as long as each other, break no word, and begin with no mark that closes', () => {
    expect(wrapLines('春天的花开了，我们一起去公园里看看吧。', 12)).toEqual(['春天的花开了，', '我们一起去公园里看看吧。'])
    const lines = wrapLines('The quick brown fox jumps over the lazy dog', 16)
    expect(lines).toHaveLength(2)
    expect(lines.join(' ')).toBe('The quick brown fox jumps over the lazy dog')
    expect(wrapLines('一二三四五六七八九十，', 10).every((line) => !line.startsWith('，'))).toBe(true)
  })

  test('none is wider than there is room, whatever it holds', () => {
    for (const text of ['a'.repeat(200), '字'.repeat(99), 'https://example.com/a/very/long/address/without/any/space', '👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧']) {
      expect(Math.max(...wrapLines(text, 8).map(unitsOf))).toBeLessThanOrEqual(8.5)
    }
  })
})

describe('a script for libass', () => {
  const textOf = (text: string) => /^Dialogue: .*?,,(.*)$/m.exec(assDocument([{ startSeconds: 61.5, endSeconds: 63, text }], STYLE, SCREEN))?.[1]?.replace(/^.*?,,/, '')

  test('has its colours backwards, its times in hundredths and the size of the picture', () => {
    const script = assDocument([{ startSeconds: 61.5, endSeconds: 3663.25, text: 'a' }], captionStyle.parse({ color: '#102030', background_color: '#405060', background_opacity: 1 }), SCREEN)
    expect(script).toContain('PlayResX: 1080\nPlayResY: 1920')
    expect(script).toContain('Style: Captions,Sans,60,&H00302010,&H00302010,&H00000000,&H00605040,')
    expect(script).toContain('Dialogue: 0,0:01:01.50,1:01:03.25,Captions')
  })

  test('takes nothing in a text for more than text', () => {
    expect(textOf('{\\pos(0,0)}a\\Nb')).toBe('\\{\\\u2060pos(0,0)\\}a\\\u2060Nb')
    expect(textOf('one\ntwo\r\u0007')).toBe('one\\Ntwo')
    expect(assDocument([{ startSeconds: 0, endSeconds: 1, text: 'a\nDialogue: 0,0:00:00.00,9:00:00.00,Captions,,0,0,0,,b' }], STYLE, SCREEN).match(/^Dialogue/gm)).toHaveLength(1)
  })

  test('draws emoji with a font that has outlines of them', () => {
    expect(textOf('a 🎉\nb')).toBe('a {\\fnSymbola}🎉{\\fn}\\Nb')
    expect(textOf('a 🎉 b')).toBe('a {\\fnSymbola}🎉{\\fn} b')
    expect(textOf('👍🏽❤️')).toBe('{\\fnSymbola}👍❤{\\fn}')
  })

  test('of a stranger’s has its styles and its words, and no files', () => {
    const cleaned = cleanAss([
      '\ufeff[Script Info]', 'PlayResX: 640', 'Original Script: me', '; a comment', '[Fonts]', 'fontname: evil.ttf', '!!!!', '[V4+ Styles]', 'Format: Name, Fontname', 'Style: A,Sans',
      '[Graphics]', 'filename: x.bmp', '[Aegisub Project Garbage]', 'Audio File: /etc/passwd', '[Events]', 'Format: Start, End, Text', 'Dialogue: 0:00:00.00,0:00:01.00,{\\i1}Hi', 'Picture: 0:0,0:1,/etc/passwd',
    ].join('\r\n'))
    expect(cleaned).toBe('[Script Info]\nPlayResX: 640\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: A,Sans\n\n[Events]\nFormat: Start, End, Text\nDialogue: 0:00:00.00,0:00:01.00,{\\i1}Hi\n')
  })
})

test('what is written as SRT is read as it was', () => {
  const captions = [{ startSeconds: 0.04, endSeconds: 1.5, text: 'one\ntwo' }, { startSeconds: 3601, endSeconds: 3602.125, text: '三' }]
  expect(readCaptions(srtDocument(captions), 'text')).toEqual(captions)
  expect(() => readCaptions('nothing here', 'subtitles.text')).toThrow(/subtitles\.text/)
})
