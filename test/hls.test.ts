import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Artifact, Job } from '../src/jobs/job.ts'
import { pacedFfmpeg } from './media.ts'
import {
  removeDirectory, startHubProcess, startInnerHub, temporaryDirectory, untilNoProgramsBelow, type HubProcess, type InnerHub,
} from './running-hub.ts'

let scratch: string
let hub: InnerHub
let film: string
/** Its ffmpeg reads no faster than a film plays: there is time to look on. */
let paced: HubProcess
const start = promisify(execFile)

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_CONCURRENCY: '2' })
  film = await upload('film.mp4', '-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=5', '-f', 'lavfi', '-i', 'sine=d=5', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p')
  await start('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=10:d=12', '-c:v', 'mpeg4', '-q:v', '5', join(scratch, 'long.mkv')])
  paced = await startHubProcess(join(scratch, 'paced'), { REELTIME_FFMPEG: pacedFfmpeg(scratch) })
})
afterAll(async () => {
  await hub.stop()
  await paced.end('SIGKILL')
  await untilNoProgramsBelow(scratch)
  await removeDirectory(scratch)
})

async function upload(name: string, ...args: readonly string[]): Promise<string> {
  await start('ffmpeg', ['-v', 'error', '-y', ...args, join(scratch, name)])
  return hub.api.upload(join(scratch, name))
}

async function submit(input: object, api = hub.api): Promise<string> {
  const { status, body } = await api.post('/api/jobs', { tool: 'hls', input })
  expect([status, body.detail]).toEqual([202, undefined])
  return body.id
}

async function made(input: object): Promise<Job> {
  const job = await hub.api.ends(await submit(input))
  expect([job.status, job.error?.message, job.progress]).toEqual(['completed', undefined, 100])
  return job
}

function urlOf(id: string, name: string, api = hub.api): string {
  return `${api.url}/api/jobs/${id}/artifacts/${name}`
}

async function text(id: string, name: string, api = hub.api): Promise<string> {
  const response = await fetch(urlOf(id, name, api))
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/vnd.apple.mpegurl'])
  return response.text()
}

function isListed(artifacts: readonly Artifact[]): boolean {
  return artifacts.some(({ name }) => name === 'master.m3u8')
}

function piecesIn(playlist: string): string[] {
  return playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

/** What a player that is given a URL finds there, to the last frame. */
async function played(url: string): Promise<{ seconds: number; frames: number; streams: string[]; heights: number[] }> {
  const { stdout } = await start('ffprobe', ['-v', 'error', '-count_frames', '-show_entries', 'format=duration:stream=codec_name,height,nb_read_frames', '-of', 'json', url])
  const { format, streams } = JSON.parse(stdout)
  return {
    seconds: Number(format.duration), frames: Number(streams[0].nb_read_frames), streams: streams.map(({ codec_name }: { codec_name: string }) => codec_name),
    heights: streams.flatMap(({ height }: { height?: number }) => height ?? []),
  }
}

test.each([['fmp4', '_00000.m4s', 'video/mp4'], ['ts', '_00000.ts', 'video/mp2t']])('a film in pieces of %s is played from the hub’s address to its end', async (segments, ending, type) => {
  const { id, artifacts, result } = await made({ source: film, heights: [180, 120, 720], segments, segment_seconds: 2 })
  expect(artifacts.find(({ name }) => name === `180p${ending}`)).toMatchObject({ content_type: type })
  expect(artifacts.filter(({ grows }) => grows)).toEqual([])
  expect(result).toMatchObject({ renditions: [{ name: '120p', width: 214, height: 120 }, { name: '180p', width: 320, height: 180 }], files: expect.arrayContaining(['master.m3u8', '120p.m3u8']) })
  const master = await text(id, 'master.m3u8')
  expect(piecesIn(master)).toEqual(['120p.m3u8', '180p.m3u8'])
  expect(master).toMatch(/BANDWIDTH=\d{6},RESOLUTION=320x180,FRAME-RATE=25\.000,CODECS="avc1\.64001e,mp4a\.40\.2"/)
  const playlist = await text(id, '180p.m3u8')
  expect(piecesIn(playlist)).toHaveLength(3)
  expect(playlist.trimEnd().split('\n').at(-1)).toBe('#EXT-X-ENDLIST')
  const whole = await played(urlOf(id, 'master.m3u8'))
  expect(whole.heights.toSorted()).toEqual([120, 180])
  expect(await played(urlOf(id, '180p.m3u8'))).toMatchObject({ streams: expect.arrayContaining(['h264', 'aac']), frames: 125, seconds: expect.closeTo(5, 0) })
})

test('it can be played while it is made: what the playlist names is there and decodes, and each time it names more', async () => {
  const source = await paced.api.upload(join(scratch, 'long.mkv'))
  const id = await submit({ source, heights: [240, 120], segment_seconds: 1 }, paced.api)
  const seen: { pieces: string[]; head: Buffer; newest: Buffer }[] = []
  for (let knownBytes = 0; seen.length < 3;) {
    await paced.api.reaches(id, ({ artifacts }) => isListed(artifacts) && artifacts.some(({ name, size }) => name === '120p.m3u8' && size > knownBytes))
    const [master, playlist] = [await text(id, 'master.m3u8', paced.api), await text(id, '120p.m3u8', paced.api)]
    expect([(await paced.api.job(id)).status, playlist.includes('#EXT-X-ENDLIST'), piecesIn(master)]).toEqual(['running', false, ['120p.m3u8', '240p.m3u8']])
    const pieces = piecesIn(playlist)
    const files = await Promise.all(['120p_init.mp4', ...pieces].map((name) => paced.api.download(id, name)))
    expect(files.map(({ status }) => status)).toEqual(files.map(() => 200))
    seen.push({ pieces, head: files[0]!.bytes, newest: files.at(-1)!.bytes })
    knownBytes = playlist.length
  }
  expect((await paced.api.ends(id)).artifacts).toHaveLength(2 * (12 + 2) + 1)
  expect(await played(urlOf(id, '240p.m3u8', paced.api))).toMatchObject({ streams: ['h264'], frames: 120, heights: [240] })
  for (const [index, { pieces, head, newest }] of seen.entries()) {
    const before = seen[index - 1]?.pieces ?? []
    expect([pieces.slice(0, before.length), pieces.length > before.length]).toEqual([before, true])
    writeFileSync(join(scratch, 'piece.mp4'), Buffer.concat([head, newest]))
    expect(await played(join(scratch, 'piece.mp4'))).toMatchObject({ frames: 10, heights: [120] })
  }
})

test('after kill -9 it is made again from its beginning, and whole', async () => {
  const source = await paced.api.upload(join(scratch, 'long.mkv'))
  const id = await submit({ source, heights: [120], segment_seconds: 3 }, paced.api)
  await paced.api.reaches(id, ({ artifacts }) => isListed(artifacts))
  await paced.end('SIGKILL')
  paced = await startHubProcess(join(scratch, 'paced'), { REELTIME_FFMPEG: pacedFfmpeg(scratch) })
  const job = await paced.api.ends(id)
  expect([job.status, job.attempt, job.artifacts.map(({ name }) => name).toSorted()]).toEqual([
    'completed', 2, ['120p.m3u8', '120p_00000.m4s', '120p_00001.m4s', '120p_00002.m4s', '120p_00003.m4s', '120p_init.mp4', 'master.m3u8'],
  ])
  expect(await played(urlOf(id, '120p.m3u8', paced.api))).toMatchObject({ frames: 120 })
})

test('a film that is smaller than all that is asked for keeps its size', async () => {
  const { result } = await made({ source: film, heights: [1080, 720], sound: false })
  expect(result).toMatchObject({ renditions: [{ name: '180p', height: 180 }] })
})

test('a job that is cancelled takes back what could be played', async () => {
  const source = await paced.api.upload(join(scratch, 'long.mkv'))
  const id = await submit({ source, heights: [240], segment_seconds: 1 }, paced.api)
  await paced.api.reaches(id, ({ artifacts }) => isListed(artifacts))
  await paced.api.post(`/api/jobs/${id}/cancel`)
  expect(await paced.api.ends(id)).toMatchObject({ status: 'cancelled', artifacts: [] })
  expect((await fetch(urlOf(id, '240p.m3u8', paced.api))).status).toBe(404)
})

test('pieces that are more than a job may write fail it', async () => {
  const small = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'small'), REELTIME_MAX_OUTPUT_BYTES: '100000' })
  try {
    const source = await small.api.upload(join(scratch, 'long.mkv'))
    const id = await submit({ source, heights: [240], segment_seconds: 1, quality: 'high' }, small.api)
    expect(await small.api.ends(id)).toMatchObject({ status: 'failed', error: { code: 'output_too_large' }, artifacts: [] })
  } finally {
    await small.stop()
  }
})

test.each([[{ heights: [] }, 'heights'], [{ heights: [720, 720] }, 'heights[1]'], [{ segment_seconds: 0 }, 'segment_seconds'], [{ segments: 'mkv' }, 'segments']])('%j is refused, and the field named', async (input, path) => {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'hls', input: { source: film, ...input } })
  expect([status, body.errors[0].path]).toEqual([400, path])
})
