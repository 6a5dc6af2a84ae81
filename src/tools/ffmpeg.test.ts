import { describe, expect, test } from 'vitest'
import { UNASKED } from '../../test/unasked.ts'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import { ffmpegTool } from './ffmpeg.ts'
import type { FfmpegInput } from './ffmpeg-input.ts'
import { DEPLOYED_REQUESTS } from './ordinary-arguments.contract.ts'
import { NotMediaError, parseMediaInfo } from './media-info.ts'
import type { MediaInfo } from './tool.ts'

const FILM: MediaInfo = {
  format: 'mov,mp4,m4a,3gp,3g2,mj2', durationSeconds: 60,
  streams: [{ kind: 'video', codec: 'h264', framesPerSecond: 25, width: 640, height: 360 }, { kind: 'audio', codec: 'aac', channels: 2 }],
}
const SONG: MediaInfo = { format: 'mp3', durationSeconds: 20, streams: [{ kind: 'audio', codec: 'mp3' }] }
const PICTURE: MediaInfo = { format: 'png_pipe', streams: [{ kind: 'video', codec: 'png' }] }
const STREAM: MediaInfo = { format: 'mpegts', streams: [{ kind: 'video', codec: 'h264' }] }

describe('a request', () => {
  test('in the short form becomes one input and one output', () => {
    expect(read({ input_url: 'http://a/b.mp4', args: ['-vn'], output_format: 'dfpwm' })).toEqual({
      inputs: [{ source: 'http://a/b.mp4' }], outputs: [{ format: 'dfpwm', args: ['-vn'] }],
    })
    expect(read({ input_url: 'upload:x' }).outputs).toEqual([{ format: 'mp3', args: [] }])
  })

  test('once read is read again as it is', () => {
    const inputs = [{ source: 'upload:x', seek_seconds: 3, loop: true, duration_seconds: 2 }]
    const input = read({ inputs, outputs: [{ format: 'gif', name: 'a.gif' }] })
    expect(read(input)).toEqual(input)
  })

  test.each<[unknown, string, string]>([
    [{}, 'input_url', 'input_url or inputs'],
    [{ input_url: 'a', inputs: [{ source: 'b' }] }, 'inputs', 'not both'],
    [{ input_url: 'a', args: [], outputs: [{ format: 'mp3' }] }, 'args', 'own args'],
    [{ input_url: 'a', output_format: 'mp3', outputs: [{ format: 'mp3' }] }, 'output_format', 'own format'],
    [{ input_url: 7 }, 'input_url', 'string'],
    [{ input_url: 'a', args: '-vn' }, 'args', 'array'],
    [{ input_url: 'a', args: ['-ar', 48000] }, 'args.1', 'string'],
    [{ input_url: 'a', outputs: [] }, 'outputs', 'Too small'],
    [{ inputs: Array.from({ length: 9 }, () => ({ source: 'a' })) }, 'inputs', 'Too big'],
    [{ inputs: [{ source: 'a', seek_seconds: -1 }] }, 'inputs.0.seek_seconds', 'Too small'],
    [{ input_url: 'a', outputs: [{ format: 'mp3', name: '../x.mp3' }] }, 'outputs.0.name', 'letters'],
    [{ input_url: 'a', format: 'mp3' }, '', '"format"'],
    [{ inputs: [{ source: 'a', path: '/etc' }] }, 'inputs.0', '"path"'],
    ['text', '', 'object'],
  ])('%j is wrong at %j', (request, path, message) => {
    const { error } = ffmpegTool.input.safeParse(request)
    expect(error?.issues.map((issue) => [issue.path.join('.'), issue.message])).toEqual([[path, expect.stringContaining(message)]])
  })

  test.each<[string, Partial<FfmpegInput>, string]>([
    ['an unknown format', { outputs: [{ format: 'constructor', args: [] }] }, 'output_format'],
    ['one of two formats unknown', { outputs: [{ format: 'mp3', args: [] }, { format: 'mp', args: [] }] }, 'outputs[1].format'],
    ['a refused argument', { outputs: [{ format: 'mp3', args: ['-vn', '-report'] }] }, 'args[1]'],
    ['a refused argument of the second', { outputs: [{ format: 'mp3', args: [] }, { format: 'wav', args: ['x'] }] }, 'outputs[1].args[0]'],
    ['two outputs of one name', { outputs: [1, 2].map(() => ({ format: 'mp3', args: [], name: 'a.mp3' })) }, 'outputs[1].name'],
    ['a name of another kind', { outputs: [{ format: 'mp4', args: [], name: 'a.html' }] }, 'outputs[0].name'],
    ['an input that never ends', { inputs: [{ source: 'a', loop: true }] }, 'inputs[0].loop'],
  ])('with %s is refused under its field', (_, given, path) => {
    const input = { inputs: [{ source: 'a' }], outputs: [{ format: 'mp4', args: [] }], ...given }
    expect(() => ffmpegTool.check?.(input)).toThrow(HubError)
    expect(catchError(() => ffmpegTool.check?.(input))).toMatchObject({ errors: [{ path }] })
  })

  test('is told as a JSON Schema', () => {
    expect(z.toJSONSchema(ffmpegTool.input, { io: 'input' })).toMatchObject({
      properties: { input_url: { type: 'string' }, outputs: { items: { properties: { args: { type: 'array' } } } } },
    })
  })
})

test('what it needs of ffmpeg is told from the arguments and the format', () => {
  const outputs = [
    { format: 'mp4', args: ['-c:v', 'libx264', '-c:a', 'copy', '-vf', 'scale=2:2,hflip'] },
    { format: 'mp3', args: ['-af', 'volume=2'] },
    { format: 'mp3', args: ['-c:a', 'mp3'], name: 'b.mp3' },
  ]
  expect(ffmpegTool.requires?.({ inputs: [{ source: 'a' }], outputs })).toEqual({
    encoders: ['libx264', 'libmp3lame'], filters: ['scale', 'hflip', 'volume'], muxers: ['mp4', 'mp3'], sandboxed: [],
  })
})

test.each([
  [[], '-vf', 'scale=2:2,hflip'], [[], '-filter_complex', 'pan=mono|c0=FL'], [['-filter_complex'], '-filter_complex', '[0:a]volume=2'],
  [['-filter_complex'], '-filter_complex', 'volume=2;hflip'], [['-lavfi'], '-lavfi', 'volume=2[a]'], [['the filter chorus'], '-filter_complex', 'chorus'],
  [['-x264-params'], '-x264-params', 'keyint=30'],
])('of what it is asked, %j needs a wall where it is %s %s', (sandboxed, ...args) => {
  expect(ffmpegTool.requires?.({ inputs: [{ source: 'a' }], outputs: [{ format: 'mp4', args }] }).sandboxed).toEqual(sandboxed)
})

test('what deployed clients send needs no wall', () => {
  for (const args of DEPLOYED_REQUESTS) {
    expect([args, ffmpegTool.requires?.({ inputs: [{ source: 'a' }], outputs: [{ format: 'mp4', args }] }).sandboxed]).toEqual([args, []])
  }
})

describe('the plan', () => {
  test('is one command: guards before each input, the request\'s args, then format and file', async () => {
    const { commands, artifacts } = await planned({
      inputs: [{ source: 'a', seek_seconds: 5 }, { source: 'b', loop: true, frame_rate: 10 }],
      outputs: [{ format: 'mp4', args: ['-crf', '20', '-shortest', '-y'] }, { format: 'jpg', args: [], name: 'cover.jpeg' }],
    }, [FILM, PICTURE])
    const args = commands[0]?.args.join(' ') ?? ''
    expect(commands).toHaveLength(1)
    expect(args).toMatch(/^-hide_banner -nostdin -y -nostats -progress pipe:3 -stats_period 0\.25 -loglevel level\+info -max_alloc \d+ /)
    const guards = /-protocol_whitelist file -format_whitelist \S+ -codec_whitelist \S+ -max_pixels \d+ -max_streams 64/g
    expect(args.match(guards)).toHaveLength(2)
    expect(args).toContain(' -ss 5 -i /in/0 ')
    expect(args).toContain(' -loop 1 -framerate 10 -i /in/1 ')
    expect(args).toContain(' -crf 20 -shortest -t 86400 -f mp4 /out/output-1.mp4 ')
    expect(args).toMatch(/ -frames:v 1 -update 1 -t 86400 -f image2 \/out\/cover\.jpeg$/)
    expect(artifacts).toEqual([
      { file: 'output-1.mp4', contentType: 'video/mp4', media: { isTimed: false } },
      { file: 'cover.jpeg', contentType: 'image/jpeg', media: { isTimed: false, demuxer: 'jpeg_pipe' } },
    ])
  })

  test('does not lengthen what -t or -to limit', async () => {
    for (const limit of [['-t', '3'], ['-to', '3']]) {
      const { commands } = await planned({ inputs: [{ source: 'a' }], outputs: [{ format: 'mp3', args: limit }] }, [SONG])
      expect(commands[0]?.args.join(' ')).toContain(`${limit.join(' ')} -f mp3`)
    }
  })

  test.each<[string, readonly MediaInfo[], Partial<FfmpegInput['inputs'][number]>, readonly string[], number | undefined]>([
    ['the whole input', [FILM], {}, [], 60],
    ['from a seek', [FILM], { seek_seconds: 50 }, [], 10],
    ['a part of the input', [FILM], { seek_seconds: 5, duration_seconds: 20 }, [], 20],
    ['-t', [FILM], {}, ['-t', '0:30'], 30],
    ['-t beyond the end', [FILM], {}, ['-t', '90'], 60],
    ['-ss', [FILM], {}, ['-ss', '00:00:20'], 40],
    ['-ss and -to', [FILM], {}, ['-ss', '20', '-to', '30'], 10],
    ['-ss beyond the end', [FILM], {}, ['-ss', '70'], undefined],
    ['the longest of two', [FILM, SONG], {}, [], 60],
    ['the shortest of two', [FILM, SONG], {}, ['-shortest'], 20],
    ['the mapped one of two', [FILM, SONG], {}, ['-map', '1:a'], 20],
    ['a looped one with the shortest', [PICTURE, SONG], { loop: true }, ['-shortest'], 20],
    ['a looped picture', [PICTURE], { loop: true, duration_seconds: 7 }, [], 7],
    ['a picture', [PICTURE], {}, ['-t', '5'], undefined],
    ['unknown', [STREAM], {}, [], undefined],
    ['unknown, with -t', [STREAM], {}, ['-t', '5'], 5],
    ['another speed', [FILM], {}, ['-vf', 'setpts=2*PTS'], undefined],
    ['another speed, with -t', [FILM], {}, ['-af', 'atempo=2', '-t', '8'], 8],
    ['another frame rate', [FILM], { frame_rate: 50 }, [], 30],
    ['a picture at the start', [FILM], {}, ['-frames:v', '1'], undefined],
  ])('expects %s', async (_, infos, input, args, seconds) => {
    const inputs = infos.map((__, index) => (index === 0 ? { source: 'a', ...input } : { source: 'b' }))
    const { commands } = await planned({ inputs, outputs: [{ format: 'mkv', args }] }, infos)
    expect(commands[0]?.expectedSeconds).toBe(seconds)
  })

  test('counts a thumbnail in frames, and beside a film not at all', async () => {
    const thumbnail = { format: 'png', args: [] }
    const parser = (await planned({ inputs: [{ source: 'a' }], outputs: [thumbnail] }, [FILM])).commands[0]?.createParser()
    parser?.push({ source: 'progress', text: 'frame=1' })
    expect(parser?.push({ source: 'progress', text: 'progress=end' })).toMatchObject([{ fraction: 1 }])
    const both = await planned({ inputs: [{ source: 'a' }], outputs: [thumbnail, { format: 'mp4', args: [] }] }, [FILM])
    expect(both.commands[0]?.expectedSeconds).toBe(60)
  })

  test('keeps the paths of the host out of the log', async () => {
    const { commands } = await planned({ inputs: [{ source: 'a' }], outputs: [{ format: 'mp3', args: [] }] }, [SONG])
    expect(commands[0]?.createParser().push({ source: 'stderr', text: "[info] Output #0, mp3, to '/out/output.mp3': from /in/0" }))
      .toEqual([{ type: 'log', level: 'info', text: "Output #0, mp3, to 'output.mp3': from input" }])
  })

  test('is not made of what is no media', async () => {
    const workspace = { inputs: ['/in/0'], outputDirectory: '/out', ...UNASKED, probe: async () => parseMediaInfo('{}') }
    const plan = ffmpegTool.plan({ inputs: [{ source: 'a' }], outputs: [{ format: 'mp3', args: [] }] }, workspace)
    await expect(plan).rejects.toThrow(NotMediaError)
  })
})

function read(request: unknown): FfmpegInput {
  return ffmpegTool.input.parse(request)
}

async function planned(input: FfmpegInput, infos: readonly MediaInfo[]) {
  const inputs = infos.map((_, index) => `/in/${index}`)
  return ffmpegTool.plan(input, {
    inputs, outputDirectory: '/out', ...UNASKED, probe: async (file) => infos[inputs.indexOf(file)] ?? parseMediaInfo('{}'),
  })
}

function catchError(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}
