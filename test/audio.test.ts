import { execFileSync, spawnSync } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Job } from '../src/jobs/job.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

const SECONDS = 6

let scratch: string
let hub: InnerHub
let film: string
let quiet: string
let silent: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_CONCURRENCY: '2' })
  film = await hub.api.upload(make('film.mkv', '-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=10:d=6', '-f', 'lavfi', '-i', 'sine=d=6:sample_rate=44100',
    '-ac', '6', '-metadata', 'title=Overture', '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'flac'))
  quiet = await hub.api.upload(make('quiet.wav', '-f', 'lavfi', '-i', "aevalsrc='0.02*random(0)-0.01':d=20:s=44100"))
  silent = await hub.api.upload(make('silent.mp4', '-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=10:d=1', '-pix_fmt', 'yuv420p'))
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

function make(name: string, ...args: readonly string[]): string {
  const file = join(scratch, name)
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args, file])
  return file
}

async function made(input: object): Promise<{ job: Job; file: string }> {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'audio', input })
  expect([status, body.detail]).toEqual([202, undefined])
  const job = await hub.api.ends(body.id)
  expect([job.status, job.error?.message, job.progress, job.result['warnings']]).toEqual(['completed', undefined, 100, undefined])
  expect(job.artifacts).toHaveLength(1)
  const { name } = job.artifacts[0]!
  const file = join(scratch, `${job.id}-${name}`)
  writeFileSync(file, (await hub.api.download(job.id, name)).bytes)
  return { job, file }
}

function shows(file: string): any {
  return JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', file], { encoding: 'utf8' }))
}

test.each([
  [{ format: 'mp3' }, 'audio.mp3', 'audio/mpeg', { codec_name: 'mp3', channels: 2, sample_rate: '44100', bit_rate: '192000' }],
  [{ format: 'mp3', kbps: 64, channels: 'mono', sample_rate: 22_050 }, 'audio.mp3', 'audio/mpeg', { codec_name: 'mp3', channels: 1, sample_rate: '22050', bit_rate: '64000' }],
  [{ format: 'aac' }, 'audio.m4a', 'audio/mp4', { codec_name: 'aac', channels: 6, sample_rate: '44100' }],
  [{ format: 'opus', channels: 'stereo' }, 'audio.opus', 'audio/ogg', { codec_name: 'opus', channels: 2 }],
  [{ format: 'flac' }, 'audio.flac', 'audio/flac', { codec_name: 'flac', channels: 6, sample_rate: '44100' }],
  [{ format: 'wav', channels: 'mono' }, 'audio.wav', 'audio/wav', { codec_name: 'pcm_s16le', channels: 1, sample_rate: '44100' }],
])('the sound of a film, as %j asks for it, is whole', async (input, name, type, stream) => {
  const { job, file } = await made({ source: film, ...input })
  expect(job.artifacts[0]).toMatchObject({ name, content_type: type })
  const { format, streams } = shows(file)
  expect(streams).toMatchObject([stream])
  expect(Number(format.duration)).toBeCloseTo(SECONDS, 0)
})

test('what the song is called goes with it', async () => {
  const { file } = await made({ source: film, format: 'mp3' })
  expect(shows(file).format.tags.title).toBe('Overture')
})

test('dfpwm is one channel of 48,000 bits a second, as a speaker in the game plays it', async () => {
  const { file } = await made({ source: film, format: 'dfpwm' })
  expect(statSync(file).size).toBeGreaterThan(SECONDS * 6000 * 0.99)
  expect(statSync(file).size).toBeLessThan(SECONDS * 6000 * 1.01)
  const heard = spawnSync('ffmpeg', ['-f', 'dfpwm', '-ar', '48000', '-ac', '1', '-i', file, '-af', 'volumedetect', '-f', 'null', '-'], { encoding: 'utf8' }).stderr
  expect(Number(/mean_volume: (-?[\d.]+) dB/.exec(heard)?.[1])).toBeGreaterThan(-40)
})

test.each([-16, -23])('quiet noise becomes as loud as %d LUFS, at a rate that players know', async (loudness_lufs) => {
  const { file } = await made({ source: quiet, format: 'wav', loudness_lufs })
  const heard = spawnSync('ffmpeg', ['-i', file, '-af', 'ebur128', '-f', 'null', '-'], { encoding: 'utf8' }).stderr
  expect(Math.abs(Number(/Integrated loudness:\s+I:\s+(-?[\d.]+) LUFS/.exec(heard)?.[1]) - loudness_lufs)).toBeLessThan(1.5)
  expect(shows(file).streams).toMatchObject([{ sample_rate: '48000' }])
})

test.each([
  [{ format: 'flac', kbps: 100 }, 'kbps'], [{ format: 'mp3', kbps: 400 }, 'kbps'], [{ format: 'opus', sample_rate: 44_100 }, 'sample_rate'],
  [{ format: 'dfpwm', channels: 'stereo' }, 'channels'], [{ loudness_lufs: 3 }, 'loudness_lufs'], [{ sample_rate: 12_345 }, 'sample_rate'],
])('%j is refused, and the field named', async (input, path) => {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'audio', input: { source: film, ...input } })
  expect([status, body.errors[0].path]).toEqual([400, path])
})

test('a film without sound fails and says why', async () => {
  const { body } = await hub.api.post('/api/jobs', { tool: 'audio', input: { source: silent } })
  expect((await hub.api.ends(body.id)).error).toMatchObject({ code: 'invalid_input', message: 'source: has no sound' })
})

test('each preset is input that the tool takes', async () => {
  const { presets } = (await hub.api.request('/api/tools/audio')).body
  for (const { input } of presets) {
    const { status, body } = await hub.api.post('/api/jobs', { tool: 'audio', input: { source: film, ...input } })
    expect(status).toBe(202)
    await hub.api.post(`/api/jobs/${body.id}/cancel`)
  }
})
