import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { colorsAt, makeFivePictures, makePicture, middleColors, playsOfGif, probeAnimation } from './gif-media.ts'
import { makeTiledHeic } from './heic-file.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

const COLORS = [[0xd0, 0x20, 0x20], [0x20, 0xb0, 0x40], [0x20, 0x40, 0xd0], [0xe0, 0xd0, 0x20], [0x90, 0x30, 0xc0]]

let scratch: string
let hub: InnerHub
let pictures: string[]
let five: string[]
let film: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_CONCURRENCY: '2' })
  pictures = makeFivePictures(scratch)
  five = await Promise.all(pictures.map(upload))
  film = await upload(makePicture(scratch, 'film.mp4', 'testsrc2=s=320x180:r=24', '-t', '3', '-pix_fmt', 'yuv420p'))
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

async function upload(file: string): Promise<string> {
  const { body } = await hub.api.request(`/api/uploads/${basename(file)}`, { method: 'PUT', body: readFileSync(file) })
  return body.source
}

async function run(input: object) {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'gif', input })
  expect([status, body.detail, body.errors]).toEqual([202, undefined, undefined])
  return hub.api.ends(body.id)
}

async function made(input: object): Promise<Buffer> {
  const job = await run(input)
  expect([job.status, job.error?.message]).toEqual(['completed', undefined])
  return (await hub.api.download(job.id, job.artifacts[0]!.name)).bytes
}

function probed(bytes: Uint8Array, demuxer: 'gif' | 'apng' = 'gif') {
  return probeAnimation(bytes, { directory: scratch, demuxer })
}

test('five pictures of different sizes and kinds come out at one size, in their order, each for as long as was asked', async () => {
  const gif = await made({ sources: five, delays_ms: [100, 250, 500, 40, 1200], width: 160, height: 120, loop: 3 })
  expect(probed(gif)).toEqual({ width: 160, height: 120, delays: [0.1, 0.25, 0.5, 0.04, 1.2] })
  expect(playsOfGif(gif)).toBe(3)
  for (const [index, color] of middleColors(gif, { width: 160, height: 120 }).entries()) {
    // JPEG and WebP are not exact, nor is what made them.
    for (let channel = 0; channel < 3; channel++) expect(Math.abs(color[channel]! - COLORS[index]![channel]!)).toBeLessThanOrEqual(12)
  }
})

test('without a size the first picture has it, and there and back shows all but the ends twice', async () => {
  const gif = await made({ sources: five.slice(0, 3), delay_ms: 200, ping_pong: true })
  expect(probed(gif)).toEqual({ width: 320, height: 180, delays: [0.2, 0.2, 0.2, 0.2] })
  const [first, second, third, fourth] = middleColors(gif, { width: 320, height: 180 })
  expect(fourth).toEqual(second)
  expect(third).not.toEqual(first)
  expect(playsOfGif(gif)).toBe(0)
})

test('what is beside a picture and what is seen through it is the background, and cover leaves none', async () => {
  const clear = await upload(makePicture(scratch, 'clear.png', 'color=c=0x00ff00@0.5:s=64x64,format=rgba', '-frames:v', '1', '-pix_fmt', 'rgba'))
  const [seenThrough] = middleColors(await made({ sources: [clear, clear], background: '#ff0000', width: 64, height: 64 }), { width: 64, height: 64 })
  expect(seenThrough!.map((value) => Math.round(value / 16))).toEqual([8, 8, 0])
  const corner = async (fit: string) => [...firstPixel(await made({ sources: [five[1]], fit, background: '#102030', width: 100, height: 60 }))]
  expect(await corner('contain')).toEqual([0x10, 0x20, 0x30])
  expect((await corner('cover'))[1]).toBeGreaterThan(150)
})

function firstPixel(gif: Buffer): Buffer {
  const args = ['-v', 'error', '-i', '-', '-vf', 'crop=1:1:0:0', '-frames:v', '1', '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-']
  return execFileSync('ffmpeg', args, { input: gif })
}

test('a photo that a telephone took lying comes out upright', async () => {
  const lying = readFileSync(makePicture(scratch, 'lying.jpg', 'color=c=blue:s=80x40,drawbox=w=20:h=40:c=red:t=fill'))
  // Exif with one entry: orientation 6, to be turned to the right. What is on the left then is at the top.
  const tiff = Buffer.from('4d4d002a00000008000101120003000000010006000000000000', 'hex')
  const exif = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff])
  const size = Buffer.alloc(2)
  size.writeUInt16BE(exif.length + 2)
  const file = join(scratch, 'turned.jpg')
  writeFileSync(file, Buffer.concat([lying.subarray(0, 2), Buffer.from([0xff, 0xe1]), size, exif, lying.subarray(2)]))
  const gif = await made({ sources: [await upload(file)] })
  expect(probed(gif)).toMatchObject({ width: 40, height: 80 })
  const [red, , blue] = firstPixel(gif)
  expect([red! > 200, blue! < 60]).toEqual([true, true])
})

test('a HEIC is a photo too: one of a single picture, and one of tiles that is turned', async () => {
  const single = await upload(join(import.meta.dirname, 'fixtures/photo.heic'))
  const tiled = join(scratch, 'IMG_0001.HEIC')
  writeFileSync(tiled, makeTiledHeic({ colors: ['0xd02020', '0x20b040', '0x2040d0', '0xe0d020', '0x9030c0', '0x808080'], columns: 3, width: 180, height: 120, quarters: 1 }))
  const lone = await made({ sources: [await upload(tiled)] })
  expect(probed(lone)).toMatchObject({ width: 120, height: 180 })
  const gif = await made({ sources: [single, await upload(tiled)], fit: 'stretch' })
  expect(probed(gif)).toMatchObject({ width: 96, height: 64, delays: [0.5, 0.5] })
  // What was right in the first row is above, and what was below is on the right.
  const places = [[0.25, 0.15], [0.25, 0.5], [0.25, 0.85], [0.75, 0.15], [0.75, 0.5], [0.75, 0.85]] as const
  const wanted = [[0x20, 0x40, 0xd0], [0x20, 0xb0, 0x40], [0xd0, 0x20, 0x20], [0x80, 0x80, 0x80], [0x90, 0x30, 0xc0], [0xe0, 0xd0, 0x20]]
  const shown = colorsAt(gif, { width: 96, height: 64, frame: 1, places })
  for (const [index, color] of shown.entries()) for (let channel = 0; channel < 3; channel++) expect(Math.abs(color[channel]! - wanted[index]![channel]!)).toBeLessThanOrEqual(16)
  const [left, right] = colorsAt(gif, { width: 96, height: 64, frame: 0, places: [[0.25, 0.5], [0.75, 0.5]] })
  expect([left![0]! > 150, left![2]! < 80, right![0]! < 80, right![2]! > 150]).toEqual([true, true, true, true])
})

test('a HEIC that is cut short, and what only calls itself one, are named with what to do', async () => {
  const photo = readFileSync(join(import.meta.dirname, 'fixtures/photo.heic'))
  for (const [name, bytes, reason] of [['short.heic', photo.subarray(0, photo.length - 100), /"short\.heic" \(sources\[1\]\) cannot be read: it is HEIC that is cut short/], ['page.heic', Buffer.from('<html>'), /"page\.heic" \(sources\[1\]\) cannot be read/]] as const) {
    writeFileSync(join(scratch, name), bytes)
    const job = await run({ sources: [five[0], await upload(join(scratch, name))] })
    expect([job.status, job.error?.message]).toEqual(['failed', expect.stringMatching(reason)])
  }
})

test('a broken picture is named as its sender called it, whether its head or its pixels are broken, and nothing is made', async () => {
  const whole = readFileSync(makePicture(scratch, 'detailed.jpg', 'testsrc2=s=320x180'))
  const [half, none] = [join(scratch, 'half a cat.jpg'), join(scratch, 'no cat.png')]
  writeFileSync(half, whole.subarray(0, whole.length / 2))
  writeFileSync(none, 'I am a letter')
  const cut = await run({ sources: [five[0], await upload(half), five[2]] })
  expect([cut.status, cut.artifacts]).toEqual(['failed', []])
  expect(cut.error!.message).toContain('"half a cat.jpg" (sources[1])')
  const wrong = await run({ sources: [five[0], five[1], await upload(none)] })
  expect(wrong.error).toMatchObject({ code: 'invalid_input' })
  expect(wrong.error!.message).toContain('"no cat.png" (sources[2])')
})

test('a part of a film is taken, cut and made faster', async () => {
  const gif = await made({ sources: [film], start_seconds: 1, duration_seconds: 1, fps: 10, speed: 2, crop: { left: 0, top: 0, width: 160, height: 180 }, width: 80 })
  const { width, height, delays } = probed(gif)
  expect([width, height, delays.length]).toEqual([80, 90, 5])
  expect(delays.reduce((sum, delay) => sum + delay, 0)).toBeCloseTo(0.5)
})

test('a size in kilobytes is met from below, and where the smallest picture does not fit, that is said', async () => {
  const whole = await made({ sources: [film], duration_seconds: 2, width: 160 })
  for (const share of [0.6, 0.25]) {
    const target_kb = Math.floor((whole.length * share) / 1000)
    const gif = await made({ sources: [film], duration_seconds: 2, width: 160, target_kb })
    expect(gif.length).toBeLessThanOrEqual(target_kb * 1000)
    // Not needlessly small either.
    expect(gif.length).toBeGreaterThan(target_kb * 1000 * 0.4)
    expect(probed(gif).delays.reduce((sum, delay) => sum + delay, 0)).toBeCloseTo(2, 1)
  }
  const job = await run({ sources: [film], target_kb: 1 })
  expect([job.status, job.artifacts]).toEqual(['failed', []])
  expect(job.error!.message).toMatch(/target_kb cannot be met: 64x36 and \d+ frames/)
})

test('WebP and APNG have the delays and the plays asked for too', async () => {
  const apng = await made({ sources: five, delays_ms: [100, 250, 500, 40, 1200], width: 64, height: 64, format: 'apng' })
  expect(probed(apng, 'apng').delays).toEqual([0.1, 0.25, 0.5, 0.04, 1.2])
  const webp = await made({ sources: five, delays_ms: [100, 250, 500, 40, 1200], width: 64, height: 64, format: 'webp', loop: 2 })
  expect(webpTimes(webp)).toEqual({ plays: 2, delays: [100, 250, 500, 40, 1200] })
})

/** ffmpeg 5.1 does not read animated WebP. */
function webpTimes(file: Buffer) {
  const delays: number[] = []
  let plays = -1
  for (let at = 12; at + 8 <= file.length; ) {
    const size = file.readUInt32LE(at + 4)
    const name = file.toString('latin1', at, at + 4)
    if (name === 'ANIM') plays = file.readUInt16LE(at + 12)
    if (name === 'ANMF') delays.push(file.readUIntLE(at + 8 + 12, 3))
    at += 8 + size + (size % 2)
  }
  return { plays, delays }
}

test('a caption is drawn as it is written, whatever it holds, and only where it was asked for', async () => {
  const plain = await made({ sources: five.slice(0, 2), width: 160, height: 120 })
  const text = "50% %{pts} it's; [v]\\n:'drawbox"
  const job = await run({ sources: five.slice(0, 2), width: 160, height: 120, captions: [text, ''], caption_position: 'middle', caption_size: 20 })
  expect([job.status, job.error?.message]).toEqual(['completed', undefined])
  const { bytes } = await hub.api.download(job.id, 'animation.gif')
  expect(bytes.length).toBeGreaterThan(plain.length + 500)
  expect(probed(bytes).delays.length).toBe(2)
  expect(middleColors(bytes, { width: 160, height: 120 })[1]).toEqual(middleColors(plain, { width: 160, height: 120 })[1])
})

test('what cannot be is refused with the field that asks for it', async () => {
  const refused = async (input: object) => (await hub.api.post('/api/jobs', { tool: 'gif', input })).body.errors?.[0]?.path
  expect(await refused({ sources: five, delays_ms: [100] })).toBe('delays_ms')
  expect(await refused({ sources: five, captions: ['a', 'b'] })).toBe('captions')
  expect(await refused({ sources: five, fps: 10 })).toBe('fps')
  expect(await refused({ sources: [] })).toBe('sources')
  expect(await refused({ sources: five, background: 'red' })).toBe('background')
  const late = await run({ sources: [film], start_seconds: 60 })
  expect(late.error).toMatchObject({ code: 'invalid_input', message: 'start_seconds: is not before the end: the video has 3 s' })
})
