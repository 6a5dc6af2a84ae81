import { expect, test } from 'vitest'
import { UNASKED } from '../../../test/unasked.ts'
import { composeTool } from '../compose.ts'
import type { MediaInfo } from '../tool.ts'

const INFO: Record<string, MediaInfo> = {
  film: { format: 'mov,mp4', durationSeconds: 4, streams: [{ kind: 'video', codec: 'h264', width: 640, height: 360, framesPerSecond: 25 }, { kind: 'audio', codec: 'aac' }] },
  huge: { format: 'mov,mp4', durationSeconds: 9, streams: [{ kind: 'video', codec: 'h264', width: 7680, height: 4320, framesPerSecond: 25 }] },
  still: { format: 'png_pipe', streams: [{ kind: 'video', codec: 'png', width: 300, height: 500 }] },
  voice: { format: 'wav', durationSeconds: 9, streams: [{ kind: 'audio', codec: 'pcm_s16le' }] },
}

async function planOf(request: object) {
  const input = composeTool.input.parse(request)
  composeTool.check?.(input)
  const names = composeTool.sources(input)
  return composeTool.plan(input, { ...UNASKED, inputs: names, outputDirectory: '/out', probe: async (file) => INFO[file]! })
}

const graphOf = (args: readonly string[]) => args[args.indexOf('-filter_complex') + 1]!

test('clips, voice, music and subtitles are one command, which opens a file as often as it shows parts of it', async () => {
  const { commands, files, result } = await planOf({
    clips: [{ source: 'film' }, { source: 'still' }], voice: 'voice', music: 'film', clip_seconds: 3, transition: 'fade', subtitles: { text: 'Hello. There you are.' }, seed: 5,
  })
  expect(commands).toHaveLength(1)
  expect(commands[0]!.args.filter((argument) => argument === '-i')).toHaveLength(7)
  expect(graphOf(commands[0]!.args)).toMatch(/\[seg0\]\[seg1\]xfade=transition=fade:duration=0\.5:offset=2\.5\[mix1\].*ass=subtitles\.ass.*sidechaincompress/s)
  expect(files?.map(({ file }) => file)).toEqual(['subtitles.ass', 'subtitles.srt'])
  expect(result).toMatchObject({ width: 1920, height: 1080, duration_seconds: 9, seed: 5, clips_shown: 5 })
})

test('what shows more clips than may be open at a time is made in parts, encoded once and put together as they are', async () => {
  const { commands, files } = await planOf({ clips: [{ source: 'film' }], duration_seconds: 40, clip_seconds: 1, music: 'voice' })
  expect(commands).toHaveLength(4)
  expect(commands.slice(0, 3).every(({ args }) => args.includes('libx264') && args.includes('pcm_s16le'))).toBe(true)
  expect(commands[3]!.args.join(' ')).toContain('-f concat -i video-parts.txt')
  expect(commands[3]!.args.join(' ')).toContain('-c:v copy')
  const seconds = [...files![0]!.text.matchAll(/^duration (.*)$/gm)].map(([, text]) => Number(text))
  expect(seconds.reduce((sum, each) => sum + each)).toBeCloseTo(40, 3)
  expect(commands.reduce((sum, { expectedSeconds = 0 }) => sum + expectedSeconds, 0)).toBeCloseTo(41.2, 1)
})

test('of clips that take much memory fewer are open at the same time', async () => {
  const { commands } = await planOf({ clips: [{ source: 'huge' }], duration_seconds: 6, clip_seconds: 1 })
  expect(commands.slice(0, -1).map(({ args }) => args.filter((argument) => argument === '-i').length)).toEqual([2, 2, 2, 2, 2])
})

test('nothing that a request says stands in a filter graph', async () => {
  const evil = "x';[0]movie=/etc/passwd,a\\N{\\fnA}:b"
  const { commands, files } = await planOf({ clips: [{ source: 'film' }], subtitles: { captions: [{ start_seconds: 0, end_seconds: 1, text: evil }] } })
  expect(commands.flatMap(({ args }) => args).join(' ')).not.toContain('passwd')
  const { text } = files!.find(({ file }) => file === 'subtitles.ass')!
  expect(text).toContain("x';[0]movie=/etc/passwd,a\\\u2060N\\{\\\u2060fnA\\}:b")
})

test('only a film without voice and music is without sound where its clips have none', async () => {
  expect((await planOf({ clips: [{ source: 'still' }] })).commands[0]!.args).toContain('-an')
  expect((await planOf({ clips: [{ source: 'film' }], clip_volume: 0 })).commands[0]!.args).toContain('-an')
  expect((await planOf({ clips: [{ source: 'film' }] })).commands[0]!.args).toContain('aac')
})

test.each([
  ['width', { width: 640 }, /height/], ['a voice and a length', { voice: 'voice', duration_seconds: 3 }, /duration_seconds/],
  ['no text', { subtitles: {} }, /subtitles/], ['two texts', { subtitles: { text: 'a', captions: [{ start_seconds: 0, end_seconds: 1, text: 'a' }] } }, /subtitles.captions/],
  ['a place that is none', { subtitles: { text: 'a', position_percent: 3 } }, /position_percent/],
  ['an end before its beginning', { clips: [{ source: 'film', start_seconds: 2, end_seconds: 1 }] }, /clips\[0\].end_seconds/],
  ['a beginning behind the end', { clips: [{ source: 'film', start_seconds: 20 }] }, /clips\[0\].start_seconds/],
  ['a clip that is no picture', { clips: [{ source: 'voice' }] }, /clips\[0\].source/], ['music that is none', { music: 'still' }, /music/],
])('%s is refused by the name of its field', async (_, request, named) => {
  await expect(planOf({ clips: [{ source: 'film' }], ...request })).rejects.toThrow(named)
})
