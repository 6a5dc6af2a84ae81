import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { UNASKED } from '../../test/unasked.ts'
import { HubError } from '../errors.ts'
import { ffmpegTool } from './ffmpeg.ts'
import { findFormat, formatNames } from './media-formats.ts'
import { parseMediaInfo, probeArgs } from './media-info.ts'
import type { MediaInfo } from './tool.ts'

const run = promisify(execFile)
const directory = mkdtempSync(join(tmpdir(), 'media-formats-'))
const source = join(directory, 'source')
let info: MediaInfo

beforeAll(() => {
  const subtitles = join(directory, 'hello.srt')
  writeFileSync(subtitles, '1\n00:00:00,100 --> 00:00:00,300\nhello\n')
  execFileSync('ffmpeg', [
    '-v', 'error', '-f', 'lavfi', '-i', 'testsrc=s=128x96:r=25:d=0.4', '-f', 'lavfi', '-i', 'sine=r=48000:d=0.4',
    '-i', subtitles,
    '-c:v', 'mpeg4', '-c:a', 'pcm_s16le', '-c:s', 'webvtt', '-f', 'matroska', source,
  ])
  info = parseMediaInfo(execFileSync('ffprobe', probeArgs(source), { encoding: 'utf8' }))
})
afterAll(() => rmSync(directory, { recursive: true }))

describe.each(formatNames())('%s', (name) => {
  test('is really written, and is what it says', async () => {
    const format = findFormat(name, 'output_format')
    const plan = await ffmpegTool.plan({ inputs: [{ source: 'upload:a' }], outputs: [{ format: name, args: [] }] }, {
      inputs: [source], outputDirectory: directory, ...UNASKED, probe: async () => info,
    })
    await run('ffmpeg', [...plan.commands[0]?.args ?? []].map((argument) => (argument === 'pipe:3' ? '/dev/null' : argument)))
    const file = join(directory, plan.artifacts[0]?.file ?? '')
    expect(statSync(file).size).toBeGreaterThan(10)
    // Raw samples do not tell what they are; ffprobe needs to be told, or guesses by the extension.
    if (format.contentType === 'application/octet-stream' && format.muxer !== 'nut' && format.muxer !== 'w64') return
    const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_type:format=nb_streams', '-of', 'json', file])
    const kind = format.kind === 'picture' ? 'video' : format.kind
    expect(parseMediaInfo(stdout).streams.map((stream) => stream.kind)).toContain(kind)
  })
})

const NO_FORMATS = ['constructor', '__proto__', 'toString', 'exe', '', 'mp4 ', '../mp3', 'm']

test.each(NO_FORMATS)('%j is no format, and the error lists what there is', (name) => {
  let caught: unknown
  try {
    findFormat(name, 'output_format')
  } catch (error) {
    caught = error
  }
  expect(caught).toBeInstanceOf(HubError)
  expect(caught).toMatchObject({
    code: 'invalid_input', hint: expect.stringContaining('mp3, ogg'), errors: [{ path: 'output_format' }],
  })
})

test('a mistyped format is answered with the one that was meant', () => {
  expect(() => findFormat('mkw', 'output_format')).toThrow('did you mean mkv?')
})

test('the name of a format may be in capitals', () => {
  expect(findFormat('MP3', 'output_format').muxer).toBe('mp3')
})
