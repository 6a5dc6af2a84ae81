import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OutputLine } from '../tools/tool.ts'
import { findEngine, invocationOf } from './ffmpeg-engine.ts'
import { findProgram } from './find-program.ts'
import { readOutput, runCommand } from './run-command.ts'
import { NO_SANDBOX } from './sandbox/sandbox.ts'

let directory: string
let ffmpeg: string
let ffprobe: string
let pathVariable: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reeltime-engine-'))
  ffmpeg = await findProgram('ffmpeg') ?? 'no ffmpeg'
  ffprobe = await findProgram('ffprobe') ?? 'no ffprobe'
  pathVariable = join(directory, 'path')
  await mkdir(pathVariable)
  await symlink(ffmpeg, join(pathVariable, 'ffmpeg'))
  await symlink(ffprobe, join(pathVariable, 'ffprobe'))
})
afterAll(() => rm(directory, { recursive: true }))

describe('which ffmpeg is taken', () => {
  test('the one on PATH', async () => {
    const engine = await findEngine({ pathVariable })
    expect(engine).toMatchObject({ kind: 'native', source: 'PATH', ffmpeg: { program: join(pathVariable, 'ffmpeg') } })
    expect(engine.version).toMatch(/^[n\d]/)
  })

  test('before it the one that is configured, with the ffprobe beside it', async () => {
    const other = join(directory, 'other')
    await mkdir(other)
    await symlink(ffmpeg, join(other, 'ffmpeg-of-mine'))
    await symlink(ffprobe, join(other, 'ffprobe'))
    expect(await findEngine({ ffmpegPath: join(other, 'ffmpeg-of-mine'), pathVariable })).toMatchObject({
      source: 'REELTIME_FFMPEG', ffmpeg: { program: join(other, 'ffmpeg-of-mine') }, ffprobe: { program: join(other, 'ffprobe') },
    })
  })

  test('an ffprobe that is configured goes before the one beside ffmpeg', async () => {
    expect(await findEngine({ ffprobePath: ffprobe, pathVariable })).toMatchObject({ source: 'PATH', ffprobe: { program: ffprobe } })
  })

  test('the portable one where there is none', async () => {
    expect(await findEngine({ pathVariable: directory })).toMatchObject({
      kind: 'portable', source: '@ffmpeg/core', version: '5.1.4', ffmpeg: { program: process.execPath },
    })
  })

  test('the portable one where the one on PATH does not run', async () => {
    expect(await findEngine({ pathVariable: await directoryWithBrokenPrograms() })).toMatchObject({ kind: 'portable' })
  })

  test('the portable ffprobe where ffmpeg came without one', async () => {
    const alone = join(directory, 'alone')
    await mkdir(alone)
    await symlink(ffmpeg, join(alone, 'ffmpeg'))
    expect(await findEngine({ pathVariable: alone })).toMatchObject({
      kind: 'native', ffmpeg: { program: join(alone, 'ffmpeg') }, ffprobe: { program: process.execPath },
    })
  })

  test('none at all when the configured one is not there or does not run', async () => {
    const broken = join(await directoryWithBrokenPrograms(), 'ffmpeg')
    for (const ffmpegPath of [join(directory, 'nowhere'), broken]) {
      await expect(findEngine({ ffmpegPath, pathVariable }))
        .rejects.toMatchObject({ code: 'missing_capability', message: expect.stringContaining('REELTIME_FFMPEG') })
    }
    await expect(findEngine({ ffprobePath: join(directory, 'nowhere'), pathVariable }))
      .rejects.toMatchObject({ code: 'missing_capability', message: expect.stringContaining('REELTIME_FFPROBE') })
  })
})

test('the portable engine makes a clip that the native ffprobe accepts, and tells its progress', async () => {
  const engine = await findEngine({ pathVariable: directory })
  const made = join(directory, 'made')
  await mkdir(made)
  const lines: OutputLine[] = []
  await runCommand({
    ...invocationOf(engine, { program: 'ffmpeg', args: [
      '-hide_banner', '-nostats', '-stats_period', '0.1', '-progress', 'pipe:3',
      '-f', 'lavfi', '-i', 'testsrc=s=160x120:d=2', '-f', 'lavfi', '-i', 'sine=d=2',
      '-c:v', 'libx264', '-preset', 'veryfast', '-c:a', 'aac', join(made, 'clip.mp4'),
    ] }),
    sandbox: engine.sandbox, writes: made, cwd: made, signal: new AbortController().signal, onLine: (line) => lines.push(line),
  })
  const progress = lines.filter(({ source }) => source === 'progress').map(({ text }) => text)
  expect(progress.at(-1)).toBe('progress=end')
  expect(progress.filter((text) => text.startsWith('frame=')).at(-1)).toBe('frame=50')
  expect(lines).toContainEqual({ source: 'stderr', text: expect.stringContaining('Output #0, mp4') })

  const show = ['-v', 'error', '-show_entries', 'format=duration:stream=codec_name', '-of', 'json', join(made, 'clip.mp4')]
  const expected = { streams: [{ codec_name: 'h264' }, { codec_name: 'aac' }], format: { duration: '2.000000' } }
  expect(JSON.parse((await readOutput({ program: ffprobe, args: show, cwd: directory, sandbox: NO_SANDBOX })).stdout)).toMatchObject(expected)
  const portableProbe = await readOutput({ ...invocationOf(engine, { program: 'ffprobe', args: show }), reads: [join(made, 'clip.mp4')], cwd: made, sandbox: engine.sandbox })
  expect(portableProbe).toMatchObject({ exitCode: 0, stderr: '' })
  expect(JSON.parse(portableProbe.stdout)).toMatchObject(expected)
})

let broken = 0
async function directoryWithBrokenPrograms(): Promise<string> {
  const path = join(directory, `broken-${broken++}`)
  await mkdir(path)
  for (const name of ['ffmpeg', 'ffprobe']) {
    await writeFile(join(path, name), '#!/bin/sh\nexit 1\n')
    await chmod(join(path, name), 0o755)
  }
  return path
}
