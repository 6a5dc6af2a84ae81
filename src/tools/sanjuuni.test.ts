import { expect, test } from 'vitest'
import { UNASKED } from '../../test/unasked.ts'
import type { Conversion } from './sanjuuni/conversion.ts'
import { sanjuuniTool } from './sanjuuni.ts'
import type { MediaInfo, MediaStream, Plan } from './tool.ts'

const PICTURE: MediaStream = { kind: 'video', codec: 'h264', width: 1280, height: 720, framesPerSecond: 30, durationSeconds: 10 }
const SOUND: MediaStream = { kind: 'audio', codec: 'aac', channels: 2 }
const FILM: MediaInfo = { format: 'mov,mp4', durationSeconds: 10, streams: [PICTURE, SOUND] }
const STILL: MediaInfo = { format: 'png_pipe', streams: [{ kind: 'video', codec: 'png', width: 100, height: 50, framesPerSecond: 25 }] }
const COVER: MediaStream = { kind: 'video', codec: 'mjpeg', width: 500, height: 500, framesPerSecond: 90000, isAttachedPicture: true }
const SONG: MediaInfo = { format: 'mp3', durationSeconds: 60, streams: [SOUND, COVER] }

async function planFor(info: MediaInfo, fields: object): Promise<Plan> {
  const input = sanjuuniTool.input.parse({ source: 'https://example.com/clips/film.mp4?key=secret', ...fields })
  const inputs = sanjuuniTool.sources(input).map((_, index) => `/in/${index}`)
  return sanjuuniTool.plan(input, { inputs, outputDirectory: '/out', ...UNASKED, probe: async () => info })
}

function conversionOf({ commands }: Plan): Conversion {
  return JSON.parse(commands.find(({ program }) => program === 'converter')!.args[0]!) as Conversion
}

const framesOf = ({ commands }: Plan) => commands.find(({ program }) => program === 'converter')!.frames
const filtersOf = ({ decode }: Conversion) => decode[decode.indexOf('-vf') + 1]

test('the sound comes first, and a 32vid gets a copy of it that is not given away', async () => {
  const plan = await planFor(FILM, { output_format: '32vid' })
  const [sound] = plan.commands
  expect(sound?.program).toBe('ffmpeg')
  expect(sound?.artifacts?.map(({ file }) => file)).toEqual(['audio.dfpwm', 'audio_left.dfpwm', 'audio_right.dfpwm', 'audio.pcm'])
  expect(conversionOf(plan).sound).toBe('/out/track')
  expect(sound?.args).toContain('/out/track')
  expect(plan.artifacts).toEqual([{ file: 'video.32vid', contentType: 'application/octet-stream' }])
})

test.each([
  [{ output_format: '32vid', mute: true }, FILM], [{ output_format: '32vid' }, STILL], [{ args: ['-3m'] }, FILM],
])('%j has no sound', async (fields, info) => {
  const plan = await planFor(info, fields)
  expect([plan.commands.map(({ program }) => program), conversionOf(plan).sound]).toEqual([['converter'], undefined])
})

test('frames come at the source’s own rate, but no faster than a screen shows them, unless more is asked for', async () => {
  const slow = { ...FILM, streams: [{ ...PICTURE, framesPerSecond: 12.5 }] }
  const plans = await Promise.all([planFor(FILM, {}), planFor(slow, {}), planFor(FILM, { fps: 30 }), planFor(FILM, { args: ['--fps=8'] })])
  const rates = plans.map((plan) => [framesOf(plan)?.framesPerSecond, framesOf(plan)?.expectedFrames])
  expect(rates).toEqual([[20, 200], [12.5, 125], [30, 300], [8, 80]])
})

test.each([
  [{ width: 328, height: 243 }, [328, 243], /scale=328:243:flags=bicubic,setsar/],
  [{ width: 328, height: 243, fit: 'pad' }, [328, 243], /scale=328:243:flags=bicubic:force_original_aspect_ratio=decrease,pad=328:243:\(ow-iw\)\/2:\(oh-ih\)\/2,setsar/],
  [{ width: 328, height: 243, fit: 'contain' }, [328, 183], /scale=328:183:flags=bicubic,setsar/],
  [{ width: 328, height: 99, fit: 'contain' }, [176, 99], /scale=176:99:flags=area,setsar/],
  [{ width: 328, fit: 'pad' }, [328, 183], /scale=328:183:flags=bicubic,setsar/],
])('%j is a picture of %j', async (fields, [width, height], filters) => {
  const plan = await planFor(FILM, fields)
  expect(framesOf(plan)).toMatchObject({ width, height })
  expect(filtersOf(conversionOf(plan))).toMatch(filters)
})

test('a still is one frame, and so is a song’s cover where there is no room for the song', async () => {
  for (const [info, fields] of [[STILL, {}], [SONG, { output_format: 'bimg' }]] as const) {
    const plan = await planFor(info, fields)
    expect(framesOf(plan)?.expectedFrames).toBe(1)
    expect(conversionOf(plan).decode).toEqual(expect.arrayContaining(['-frames:v', '1']))
  }
  expect(framesOf(await planFor(SONG, { output_format: '32vid' }))).toMatchObject({ framesPerSecond: 20, expectedFrames: 1200 })
})

test('a picture that is much smaller than its source is scaled by area, others by bicubic', async () => {
  const [large, small] = [conversionOf(await planFor(FILM, { width: 328, height: 243 })), conversionOf(await planFor(FILM, { width: 32 }))]
  expect(filtersOf(large)).toBe('fps=20,scale=328:243:flags=bicubic,setsar=1')
  expect(filtersOf(small)).toBe('fps=20,scale=32:18:flags=area,setsar=1')
})

test('edges of blocks are left in frames that no other is made from where the picture is less than half as large', async () => {
  const [large, small] = [conversionOf(await planFor(FILM, { width: 640, height: 360 })), conversionOf(await planFor(FILM, { width: 328, height: 243 }))]
  expect(large.decode).not.toContain('-skip_loop_filter')
  expect(small.decode.join(' ')).toMatch(/-skip_loop_filter noref -i /)
})

test('the title is the link’s last part without its query', async () => {
  expect(conversionOf(await planFor(FILM, {})).title).toBe('film.mp4')
})

test('the result tells the whole wall’s characters and what the arguments had no effect on', async () => {
  const plan = await planFor(FILM, { args: ['-b', '-M', '1x1@1', '-S'], width: 60, height: 36 })
  expect(framesOf(plan)?.facts).toMatchObject({ columns: 30, rows: 12, monitors: { columns: 5, rows: 3 } })
  expect(plan.result?.['notes']).toEqual([expect.stringContaining('--separate-streams')])
})

test.each([
  [{ expected: 'shared by all frames', seconds: 10 }, /palettegen=stats_mode=full/],
  [{ expected: 'each frame’s own where they are too many to wait in memory', seconds: 3600 }, /stats_mode=single.*paletteuse=new=1/],
])('the palette of a GIF is $expected', async ({ seconds }, filters) => {
  const film = { ...FILM, streams: [{ ...PICTURE, durationSeconds: seconds }] }
  const { commands, artifacts } = await planFor(film, { output_format: 'gif', width: 100 })
  expect(commands.map(({ program }) => program)).toEqual(['ffmpeg'])
  expect(commands[0]?.args.join(' ')).toMatch(filters)
  expect(artifacts).toEqual([{ file: 'picture.gif', contentType: 'image/gif', media: { isTimed: false } }])
})

test('an installed sanjuuni gets a file that ffmpeg has made behind its guards, and the same options', async () => {
  const fields = { width: 32, height: 20, dither: 'none', compression: 'custom' }
  const { commands } = await planFor(FILM, { ...fields, engine: 'sanjuuni', args: ['-3 -8 -L', '--palette=ff0000,X'] })
  expect(commands.map(({ program }) => program)).toEqual(['ffmpeg', 'sanjuuni'])
  expect(commands[0]?.args.join(' ')).toMatch(/-protocol_whitelist file .*fps=20,scale=32:18/)
  expect(commands[1]?.args).toEqual([
    '-i', '/out/decoded.mkv', '-o', '/out/video.32vid', '--disable-opencl',
    '--32vid', '--width=32', '--height=18', '--octree', '--threshold',
    `--palette=ff0000,${Array(15).fill('X').join(',')}`, '--lab-color', '--compression=custom',
  ])
})
