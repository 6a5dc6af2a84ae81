import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Job } from '../src/jobs/job.ts'
import { edgesApart, FILM, logoPicture, lumaOf, make, movingFilm, plant, psnr, type Place } from './planted-film.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

const PLACE = { x: 236, y: 136 }

let scratch: string
let hub: InnerHub
let clean: string
let logo: string
let planted: string
let faint: string
let mark: Place
const uploaded = new Map<string, string>()

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_CONCURRENCY: '2' })
  clean = movingFilm(scratch)
  logo = join(scratch, 'logo.png')
  mark = { ...logoPicture(logo), ...PLACE }
  planted = plant(join(scratch, 'planted.mp4'), { clean, logo, at: PLACE, opacity: 1 })
  faint = plant(join(scratch, 'faint.mp4'), { clean, logo, at: PLACE, opacity: 0.45 })
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

async function source(file: string): Promise<string> {
  const known = uploaded.get(file) ?? await hub.api.upload(file)
  uploaded.set(file, known)
  return known
}

async function ended(input: object): Promise<Job> {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'watermark', input })
  expect([status, body.detail]).toEqual([202, undefined])
  return hub.api.ends(body.id)
}

async function made(input: object): Promise<{ job: Job; file: string }> {
  const job = await ended(input)
  expect([job.status, job.error?.message, job.progress, job.result['warnings']]).toEqual(['completed', undefined, 100, undefined])
  const { name } = job.artifacts.at(-1)!
  const file = join(scratch, `${job.id}-${name}`)
  writeFileSync(file, (await hub.api.download(job.id, name)).bytes)
  return { job, file }
}

function streamsOf(file: string): any[] {
  return JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', file], { encoding: 'utf8' })).streams
}

function soundOf(file: string): string {
  return execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:a', '-c', 'copy', '-f', 'md5', '-'], { encoding: 'utf8' })
}

test('what stays while the film moves is found within 4 pixels, and drawn into a picture', async () => {
  const { job, file } = await made({ source: await source(planted), mode: 'find' })
  const [region, ...others] = job.result['regions'] as Place[]
  expect(others).toEqual([])
  expect(edgesApart(region!, mark)).toBeLessThanOrEqual(4)
  expect(job.artifacts.map(({ name, content_type }) => [name, content_type])).toEqual([['preview.jpg', 'image/jpeg']])
  const red = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-vf', `format=rgb24,crop=4:1:${region!.x + 20}:${region!.y - 2}`, '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-'])
  expect(red[0]! - red[1]!).toBeGreaterThan(80)
})

test('below a mark that is found comes back what the film shows, sound as it was', async () => {
  const { job, file } = await made({ source: await source(planted) })
  const truth = lumaOf(clean, mark)
  const ours = psnr(lumaOf(file, mark), truth)
  const plain = psnr(lumaOf(planted, mark, `delogo=x=${mark.x - 2}:y=${mark.y - 2}:w=${mark.width + 4}:h=${mark.height + 4}`), truth)
  expect(ours).toBeGreaterThan(30)
  expect(ours).toBeGreaterThan(plain + 5)
  expect(job.artifacts.map(({ name }) => name)).toEqual(['preview.jpg', 'video.mp4'])
  expect(soundOf(file)).toBe(soundOf(planted))
  expect(streamsOf(file)).toMatchObject([{ codec_name: 'h264', width: FILM.width, nb_frames: '60' }, { codec_name: 'aac' }])
})

test('from a mark that lets something through, that is what is below', async () => {
  const still = plant(join(scratch, 'still.mp4'), { clean: movingFilm(scratch, { x: '20+n*0.9', y: '60' }), logo, at: PLACE, opacity: 0.45 })
  const truth = lumaOf(join(scratch, 'clean.mkv'), mark)
  const { file } = await made({ source: await source(still), regions: [mark] })
  expect(psnr(lumaOf(file, mark), truth)).toBeGreaterThan(30)
  movingFilm(scratch)
})

test('before a picture that mostly stands still, a translucent mark comes off by what it is painted with', async () => {
  const bars = make(join(scratch, 'bars.mkv'), '-f', 'lavfi', '-i', `testsrc2=s=${FILM.width}x${FILM.height}:r=${FILM.framesPerSecond}`, '-t', '4', '-pix_fmt', 'yuv420p', '-c:v', 'ffv1')
  // Its ring and its bar each lie before bars of two colours.
  const at = { x: 90, y: 60 }
  const stamped = plant(join(scratch, 'stamped.mp4'), { clean: bars, logo, at, opacity: 0.75 })
  const place = { ...mark, ...at }
  const truth = lumaOf(bars, place)
  const { file } = await made({ source: await source(stamped), regions: [place] })
  const plain = psnr(lumaOf(stamped, place, `delogo=x=${place.x - 2}:y=${place.y - 2}:w=${place.width + 4}:h=${place.height + 4}`), truth)
  const ours = psnr(lumaOf(file, place), truth)
  expect(ours).toBeGreaterThan(30)
  expect(ours).toBeGreaterThan(plain + 5)
})

test('a mark that fades out without an edge comes off wholly', async () => {
  const soft = make(join(scratch, 'soft.png'), '-f', 'lavfi', '-i', "color=black@0:s=96x48,format=rgba,geq=r='40+X*2':g='200-X':b='120+Y*2':a='255*lt(hypot((X-48)/2,Y-24),18)*(0.75+0.25*sin(X/9))',gblur=sigma=1.6", '-frames:v', '1')
  const place = { x: 120, y: 60, width: 96, height: 48 }
  const stamped = plant(join(scratch, 'soft.mp4'), { clean, logo: soft, at: place, opacity: 0.75 })
  const { file } = await made({ source: await source(stamped), regions: [place] })
  expect(psnr(lumaOf(stamped, place), lumaOf(clean, place))).toBeLessThan(30)
  expect(psnr(lumaOf(file, place), lumaOf(clean, place))).toBeGreaterThan(34)
})

test('a region that moves by keyframes is followed, from its time to its time', async () => {
  const walking = plant(join(scratch, 'walking.mp4'), { clean, logo, at: { x: '40+60*t', y: 20 }, opacity: 1 })
  const region = { width: 64, height: 30, from_seconds: 1, to_seconds: 2, keyframes: [{ at_seconds: 0, x: 40, y: 20 }, { at_seconds: 3, x: 220, y: 20 }] }
  const { file } = await made({ source: await source(walking), regions: [region] })
  const frames = (of: string) => lumaOf(of, { x: 40, y: 20, width: 244, height: 30 })
  const [ours, truth] = [frames(file), frames(clean)]
  const frame = 244 * 30
  const nearness = (from: number, to: number) => psnr(ours.subarray(from * frame, to * frame), truth.subarray(from * frame, to * frame))
  expect(nearness(21, 39)).toBeGreaterThan(27)
  expect(nearness(0, 19)).toBeLessThan(22)
  expect(nearness(42, 60)).toBeLessThan(22)
})

test.each(['delogo', 'blur', 'cover'] as const)('%s takes it off where it is told to, and leaves the rest', async (method) => {
  const fractions = { x: mark.x / FILM.width, y: mark.y / FILM.height, width: mark.width / FILM.width, height: mark.height / FILM.height }
  const { file } = await made({
    source: await source(planted), method, unit: 'fractions', regions: [fractions], quality: 'high', ...(method === 'cover' && { cover: await source(logo) }),
  })
  const rest = { x: 0, y: 0, width: 200, height: 120 }
  expect(psnr(lumaOf(file, rest), lumaOf(planted, rest))).toBeGreaterThan(36)
  if (method !== 'cover') expect(psnr(lumaOf(file, mark), lumaOf(planted, mark))).toBeLessThan(20)
  else expect(psnr(lumaOf(file, mark), lumaOf(planted, mark))).toBeGreaterThan(20)
})

test('ten bits and the colours of the film are kept', async () => {
  const deep = make(join(scratch, 'deep.mkv'), '-i', planted, '-map', '0:v', '-vf', 'format=yuv420p10le', '-t', '1', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '10',
    '-color_primaries', 'bt2020', '-color_trc', 'smpte2084', '-colorspace', 'bt2020nc', '-color_range', 'tv')
  const { file } = await made({ source: await source(deep), regions: [mark] })
  expect(streamsOf(file)).toMatchObject([{ pix_fmt: 'yuv420p10le', color_primaries: 'bt2020', color_transfer: 'smpte2084', color_space: 'bt2020nc', color_range: 'tv' }])
})

test('a film in which nothing stays fails and says so', async () => {
  const job = await ended({ source: await source(clean) })
  expect(job.error).toMatchObject({ code: 'command_failed', message: expect.stringContaining('Nothing was found that stays while the film moves: send regions') })
})

test('cells of a few pixels that stand still among others that come and go are no overlay', async () => {
  const cells = make(join(scratch, 'cells.mkv'), '-f', 'lavfi', '-i', 'life=s=320x180:r=25:mold=10:ratio=0.3:seed=3:life_color=#e0e0c0:death_color=#203060:mold_color=#604020', '-vf', 'scale=640:360:flags=neighbor', '-t', '6', '-pix_fmt', 'yuv420p', '-c:v', 'ffv1')
  const { job } = await made({ source: await source(cells), mode: 'find' })
  expect(job.result['regions']).toEqual([])
})

test('progress never goes back', async () => {
  const { body } = await hub.api.post('/api/jobs', { tool: 'watermark', input: { source: await source(faint) } })
  const told: number[] = []
  for await (const event of hub.api.events(body.id)) if (event.type === 'progress' && event.data.progress !== null) told.push(event.data.progress)
  expect(told.length).toBeGreaterThan(3)
  expect(told).toEqual([...told].sort((a, b) => a - b))
})

test('a text is put on as it is written, whatever is in it', async () => {
  const text = "it's 100%{pts}: [a],b;\\n\n'=|\"$PATH\""
  const { file } = await made({ source: await source(clean), mode: 'add', text, position: 'top-left', opacity: 1, size: 0.08, crf: 1 })
  writeFileSync(join(scratch, 'text.txt'), text)
  const drawn = "drawtext=textfile=text.txt:expansion=none:font=Sans:fontsize=14:fontcolor=white:borderw=1:bordercolor=black@0.5:line_spacing=3:x=5:y=5"
  const wanted = execFileSync('ffmpeg', ['-v', 'error', '-i', clean, '-vf', `${drawn},extractplanes=y`, '-f', 'rawvideo', '-'], { cwd: scratch, maxBuffer: 2 ** 30 })
  const whole = { x: 0, y: 0, width: FILM.width, height: FILM.height }
  expect(psnr(lumaOf(file, whole), wanted)).toBeGreaterThan(40)
  expect(psnr(lumaOf(clean, whole), wanted)).toBeLessThan(35)
})

test('a picture is put on where and when it is asked for', async () => {
  const { file } = await made({
    source: await source(clean), mode: 'add', image: await source(logo), position: 'bottom-right', margin: 0, size: 0.2, opacity: 1, from_seconds: 1, to_seconds: 2, crf: 8,
  })
  const place = { x: 256, y: 150, width: 64, height: 30 }
  const wanted = plant(join(scratch, 'wanted.mkv'), { clean, logo, at: { x: 256, y: 150 }, opacity: 1 }, '-crf', '8')
  const frame = place.width * place.height
  const [ours, shown, hidden] = [file, wanted, clean].map((each) => lumaOf(each, place)) as [Buffer, Buffer, Buffer]
  expect(psnr(ours.subarray(22 * frame, 38 * frame), shown.subarray(22 * frame, 38 * frame))).toBeGreaterThan(33)
  expect(psnr(ours.subarray(0, 18 * frame), hidden.subarray(0, 18 * frame))).toBeGreaterThan(33)
  expect(psnr(ours.subarray(42 * frame), hidden.subarray(42 * frame))).toBeGreaterThan(33)
})

test.each([
  [{ mode: 'add' }, 'text'], [{ mode: 'add', text: 'a', image: 'upload:a' }, 'text'], [{ method: 'cover' }, 'cover'], [{ text: 'mine' }, 'text'],
  [{ regions: [{ width: 9, height: 9 }] }, 'regions[0].x'], [{ regions: [{ x: 1, y: 1, width: 9, height: 9 }], find: 'upload:a' }, 'find'],
  [{ unit: 'fractions', regions: [{ x: 0.5, y: 0.5, width: 20, height: 0.1 }] }, 'regions[0].width'],
  [{ regions: [{ width: 9, height: 9, keyframes: [{ at_seconds: 2, x: 1, y: 1 }, { at_seconds: 1, x: 5, y: 1 }] }] }, 'regions[0].keyframes[1].at_seconds'],
])('%j is refused, and the field named', async (input, path) => {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'watermark', input: { source: await source(planted), ...input } })
  expect([status, body.errors[0].path]).toEqual([400, path])
})

test('a region beyond the picture fails, and says by how much', async () => {
  const job = await ended({ source: await source(planted), regions: [{ x: 300, y: 10, width: 40, height: 20 }] })
  expect(job.error).toMatchObject({ code: 'invalid_input', message: 'regions[0].width: reaches 20 pixels beyond the right edge: the picture has 320×180 pixels' })
})

test('a mark that jumps is found by a picture of it, where it is and when', async () => {
  const jumping = plant(join(scratch, 'jumping.mp4'), { clean, logo, at: { x: "if(lt(t,1.6),20,230)", y: "if(lt(t,1.6),20,130)" }, opacity: 0.9 })
  const { job } = await made({ source: await source(jumping), mode: 'find', find: await source(logo) })
  const [first, second, ...others] = job.result['regions'] as (Place & { from_seconds?: number; to_seconds?: number })[]
  expect(others).toEqual([])
  expect(edgesApart(first!, { x: 20, y: 20, width: 64, height: 30 })).toBeLessThanOrEqual(6)
  expect(edgesApart(second!, { x: 230, y: 130, width: 64, height: 30 })).toBeLessThanOrEqual(6)
  expect([first!.from_seconds, second!.to_seconds]).toEqual([undefined, undefined])
  expect(Math.abs(first!.to_seconds! - 1.6)).toBeLessThan(0.3)
  expect(Math.abs(second!.from_seconds! - 1.6)).toBeLessThan(0.3)
})
