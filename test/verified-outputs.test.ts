import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Job } from '../src/jobs/job.ts'
import { formatNames } from '../src/tools/media-formats.ts'
import { leftovers, programsBelow, removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'
import { standInFfmpeg } from './stand-in-ffmpeg.ts'

const SECONDS = 10

let scratch: string
let film: string
let hub: InnerHub
let count = 0

beforeAll(async () => {
  scratch = await temporaryDirectory()
  const subtitles = join(scratch, 'subtitles.srt')
  writeFileSync(subtitles, '1\n00:00:00,500 --> 00:00:09,000\nhello\n')
  film = join(scratch, 'film.mkv')
  execFileSync('ffmpeg', [
    '-v', 'error', '-f', 'lavfi', '-i', `testsrc2=s=64x48:r=25:d=${SECONDS}`, '-f', 'lavfi', '-i', `sine=d=${SECONDS}`, '-i', subtitles,
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-c:s', 'srt', film,
  ])
})
afterEach(() => hub.stop())
afterAll(() => removeDirectory(scratch))

async function start(settings: Record<string, string> = {}): Promise<void> {
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, `data-${count++}`), REELTIME_CONCURRENCY: '2', ...settings })
}

async function made(source: string, format: string, args: readonly string[] = []): Promise<Job> {
  return hub.api.ends(await hub.api.accepted({ input_url: source, args, output_format: format }))
}

/** The film in another container, and of that the first part. */
function cut(name: string, share: number, ...args: readonly string[]): string {
  const whole = join(scratch, name)
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', film, '-sn', '-c', 'copy', ...args, whole])
  const bytes = readFileSync(whole)
  const part = join(scratch, `part-${name}`)
  writeFileSync(part, bytes.subarray(0, Math.round(bytes.length * share)))
  return part
}

test('a whole output of every format is believed, and nobody is warned', async () => {
  await start()
  const source = await hub.api.upload(film)
  const wrong = await Promise.all(formatNames().map(async (format) => {
    const { status, body } = await hub.api.submit({ input_url: source, output_format: format })
    // Where this ffmpeg has not been built with what it takes.
    if (status === 422) return []
    const { error, result } = await hub.api.ends(body.id)
    return error || result['warnings'] ? [{ format, error, warnings: result['warnings'] }] : []
  }))
  expect(wrong.flat()).toEqual([])
})

test.each<[format: string, args: readonly string[]]>([
  ['mp3', ['-vn', '-ss', '4', '-t', '2']], ['mkv', ['-ss', '8', '-c', 'copy']], ['mp4', ['-vf', 'fps=1', '-an']], ['mp4', ['-vf', 'setpts=0.2*PTS', '-an']],
  ['mp4', ['-vf', 'mpdecimate', '-an']], ['mkv', ['-frames:v', '3', '-an']], ['ts', ['-to', '3']], ['mp4', ['-movflags', '+frag_keyframe+empty_moov']],
  ['mp3', ['-vn', '-write_xing', '0']], ['avi', ['-c:v', 'snow', '-strict', '-2']], ['wav', ['-af', 'silenceremove=start_periods=1:start_threshold=1']],
])('%s with %j is as short as it was asked to be', async (format, args) => {
  await start()
  const job = await made(await hub.api.upload(film), format, args)
  expect([job.status, job.result['warnings']]).toEqual(['completed', undefined])
})

test('sound that ends before its picture is no loss, and outputs of several lengths are each judged for itself', async () => {
  await start()
  const uneven = join(scratch, 'uneven.mp4')
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', film, '-f', 'lavfi', '-i', 'sine=d=3', '-map', '0:v', '-map', '1:a', '-c:v', 'copy', uneven])
  const outputs = [['mp3', ['-vn']], ['mp4', []], ['wav', ['-t', '1']], ['png', ['-ss', '3']], ['mkv', ['-an', '-ss', '8']]]
    .map(([format, args]) => ({ format, args }))
  const source = await hub.api.upload(uneven)
  for (const format of ['flac', 'aiff', 'mp3', 'mkv']) {
    expect((await made(source, format)).error, format).toBeUndefined()
  }
  const job = await hub.api.ends(await hub.api.accepted({ inputs: [{ source }], outputs }))
  expect([job.status, job.artifacts.length, job.result['warnings']]).toEqual(['completed', 5, undefined])
})

test.each([
  ['an empty file', ': > "$out"', 'mp4', 'output_missing'],
  ['half an mp4', 'ffmpeg "$@"; truncate -s $(($(stat -c %s "$out") / 2)) "$out"', 'mp4', 'output_incomplete'],
  ['half an mp3', 'ffmpeg "$@"; truncate -s $(($(stat -c %s "$out") / 2)) "$out"', 'mp3', 'output_incomplete'],
  ['half an mkv', 'ffmpeg "$@"; truncate -s $(($(stat -c %s "$out") / 2)) "$out"', 'mkv', 'output_incomplete'],
  ['half a dfpwm', 'ffmpeg "$@"; truncate -s $(($(stat -c %s "$out") / 2)) "$out"', 'dfpwm', 'output_incomplete'],
  ['half a ts', 'ffmpeg "$@"; truncate -s $(($(stat -c %s "$out") / 2)) "$out"', 'ts', 'output_incomplete'],
  ['half a ts of which it has told nothing', 'ffmpeg "$@" 3>&-; truncate -s $(($(stat -c %s "$out") / 2)) "$out"', 'ts', 'output_incomplete'],
  ['half an ogg of which it has told nothing', 'ffmpeg "$@" 3>&-; truncate -s $(($(stat -c %s "$out") / 2)) "$out"', 'ogg', 'output_incomplete'],
  ['a text', 'echo hello > "$out"', 'png', 'output_incomplete'],
  ['a text in place of another picture', 'echo hello > "$out"', 'jpg', 'output_incomplete'],
  ['a whole file and exit 1', 'ffmpeg "$@"; exit 1', 'mp4', 'command_failed'],
  ['a whole file, having found the disk full', 'ffmpeg "$@"; echo "[error] Error closing file: No space left on device" >&2', 'mp4', 'output_incomplete'],
  ['a whole file, having been told to end', 'ffmpeg "$@"; echo "[info] Exiting normally, received signal 15." >&2', 'mp4', 'output_incomplete'],
  ['a whole file, and never ends', 'ffmpeg "$@"; exec tail -f /dev/null', 'mp4', 'stalled'],
])('an ffmpeg that leaves %s has failed', async (_, does, format, code) => {
  await start({ REELTIME_FFMPEG: standInFfmpeg(scratch, `stand-in-${count}`, does), REELTIME_STALL_SECONDS: '3' })
  const job = await made(await hub.api.upload(film), format)
  expect([job.status, job.error?.code, job.artifacts]).toEqual(['failed', code, []])
  expect(await programsBelow(hub.directory)).toEqual([])
  expect(await leftovers(hub.directory)).toEqual([])
})

test('what a file says of itself is not what ffmpeg says', async () => {
  await start()
  const job = await made(await hub.api.upload(film), 'mp4', ['-metadata', 'title=No space left on device', '-metadata', 'comment=Conversion failed!'])
  expect(job.status).toBe('completed')
})

test('of a source that is cut short what it holds is made, and the job warns', async () => {
  await start()
  const sources = [cut('film.mp4', 0.6, '-movflags', '+faststart'), cut('copy.mkv', 0.6)]
  for (const source of sources) {
    const id = await hub.api.accepted({ input_url: await hub.api.upload(source), args: ['-vn'], output_format: 'mp3' })
    const { status, result, artifacts } = await hub.api.ends(id)
    expect([status, artifacts.length]).toEqual(['completed', 1])
    expect(result['warnings']).toEqual([{
      code: 'output_short', file: 'output.mp3', message: expect.stringMatching(/^output\.mp3 holds [4-8](\.\d)? s and its source claims to hold 10(\.\d)? s/),
    }])
    const lines = await hub.api.lines(id)
    expect(lines.filter(({ source: from, level }) => from === 'hub' && level === 'warning').map(({ text }) => text)).toEqual([
      expect.stringContaining('the source may be cut short'),
    ])
  }
})

test('a cut stream that claims no length is as long as it is', async () => {
  await start()
  const job = await made(await hub.api.upload(cut('film.ts', 0.5)), 'mp3', ['-vn'])
  expect([job.status, job.result['warnings']]).toEqual(['completed', undefined])
})
