import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { UNASKED } from '../../test/unasked.ts'
import { ffmpegTool } from './ffmpeg.ts'
import { parseMediaInfo, probeArgs } from './media-info.ts'

const run = promisify(execFile)
const directory = mkdtempSync(join(tmpdir(), 'ffmpeg-tool-'))
const outputDirectory = join(directory, 'out')
const film = join(directory, 'film')
const song = join(directory, 'song')
const picture = join(directory, 'picture')

beforeAll(() => {
  mkdirSync(outputDirectory)
  const make = (...args: string[]) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...args])
  make('-f', 'lavfi', '-i', 'testsrc=s=160x120:r=25:d=2', '-f', 'lavfi', '-i', 'sine=d=2', '-c:v', 'mpeg4', '-f', 'mp4', film)
  make('-f', 'lavfi', '-i', 'aevalsrc=0.5*sin(2000*t)|0:s=44100:d=3', '-f', 'mp3', song)
  make('-f', 'lavfi', '-i', 'testsrc=s=64x64:d=1', '-frames:v', '1', '-f', 'image2', '-c:v', 'mjpeg', picture)
})
afterAll(() => rmSync(directory, { recursive: true }))

async function make(request: unknown, ...files: readonly string[]) {
  const input = ffmpegTool.input.parse(request)
  ffmpegTool.check?.(input)
  const probe = async (file: string) => parseMediaInfo((await run('ffprobe', [...probeArgs(file)])).stdout)
  const { commands, artifacts } = await ffmpegTool.plan(input, { inputs: files, outputDirectory, ...UNASKED, probe })
  const parser = commands[0]?.createParser()
  const args = commands[0]?.args.map((argument) => (argument === 'pipe:3' ? 'pipe:1' : argument)) ?? []
  const { stdout, stderr } = await run('ffmpeg', args)
  const updates = stdout.split('\n').flatMap((text) => parser?.push({ source: 'progress', text }) ?? [])
  return { files: artifacts.map(({ file }) => join(outputDirectory, file)), stderr, lastUpdate: updates.at(-1) }
}

test.each([
  ['mp4', ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '30']],
  // Matroska writes a random id otherwise.
  ['mkv', ['-vf', 'scale=80:-2', '-c:v', 'mpeg4', '-c:a', 'flac', '-ss', '0.5', '-fflags', '+bitexact']],
  ['mp3', ['-vn', '-q:a', '5']],
  ['gif', ['-vf', 'fps=5,scale=40:-1']],
])('%s with %j holds the same bytes as the bare command\'s', async (format, args) => {
  const { files: [file = ''], lastUpdate } = await make({ input_url: 'upload:a', args, output_format: format }, film)
  const bare = join(directory, `bare.${format}`)
  await run('ffmpeg', ['-v', 'error', '-y', '-i', film, ...args, bare])
  expect(readFileSync(file).equals(readFileSync(bare))).toBe(true)
  expect(lastUpdate?.type === 'progress' && (lastUpdate.fraction ?? 0)).toBeGreaterThan(0.85)
})

test('dfpwm of one channel at 48 kHz is 6000 bytes a second', async () => {
  const request = { input_url: 'http://a', args: ['-vn', '-ar', '48000', '-ac', '1'], output_format: 'dfpwm' }
  const { files: [file = ''] } = await make(request, song)
  expect(Math.abs(statSync(file).size / 3 - 6000)).toBeLessThan(60)
})

test('the left and the right channel become dfpwm of their own', async () => {
  const sides = await Promise.all(['FL', 'FR'].map(async (side) => {
    const args = ['-vn', '-ar', '48000', '-filter_complex', `pan=mono|c0=${side}`]
    const { files: [file = ''] } = await make({ input_url: 'http://a', outputs: [{ format: 'dfpwm', args, name: `${side}.dfpwm` }] }, song)
    return file
  }))
  for (const file of sides) expect(Math.abs(statSync(file).size / 3 - 6000)).toBeLessThan(60)
  const [left = Buffer.of(), right = Buffer.of()] = sides.map((file) => readFileSync(file))
  expect(new Set(left.subarray(6000, 12_000)).size).toBeGreaterThan(20)
  expect(new Set(right.subarray(6000, 12_000)).size).toBeLessThan(5)
})

test('a cover becomes a BMP of 10 by 10', async () => {
  const request = { input_url: 'http://a', args: ['-vf', 'scale=10:10', '-q:v', '100'], output_format: 'bmp' }
  const { files: [file = ''] } = await make(request, picture)
  const bytes = readFileSync(file)
  expect([bytes.toString('latin1', 0, 2), bytes.readInt32LE(18), bytes.readInt32LE(22), bytes.readUInt16LE(28)]).toEqual(['BM', 10, 10, 24])
})

test('a picture and a song become a film as long as the song', async () => {
  const request = {
    inputs: [{ source: 'upload:a', loop: true, frame_rate: 5 }, { source: 'upload:b' }],
    outputs: [{ format: 'mkv', args: ['-c:v', 'mpeg4', '-c:a', 'copy', '-shortest'], name: 'song.mkv' }],
  }
  const { files: [file = ''] } = await make(request, picture, song)
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file])
  expect(Number(stdout)).toBeCloseTo(3, 0)
})

test('several outputs are made in one go', async () => {
  const outputs = [{ format: 'mp3', args: ['-vn'] }, { format: 'png', args: ['-ss', '1'] }, { format: 'wav', args: ['-t', '1'] }]
  const { files } = await make({ input_url: 'upload:a', outputs }, film)
  expect(files.map((file) => file.slice(outputDirectory.length + 1))).toEqual(['output-1.mp3', 'output-2.png', 'output-3.wav'])
  for (const file of files) expect(statSync(file).size).toBeGreaterThan(1000)
})

test('a playlist in disguise is not read, though ffmpeg alone would', async () => {
  const playlist = join(directory, 'playlist')
  const segment = join(directory, 'segment.ts')
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', film, '-f', 'mpegts', segment])
  writeFileSync(playlist, `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${segment}\n#EXT-X-ENDLIST\n`)
  const bare = await run('ffprobe', ['-v', 'error', '-show_entries', 'format=format_name', '-of', 'csv=p=0', playlist])
  expect(bare.stdout).toContain('hls')
  await expect(make({ input_url: 'upload:a' }, playlist)).rejects.toMatchObject({ stdout: '{\n\n}\n' })
})
