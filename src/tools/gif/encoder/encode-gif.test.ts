import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { encodeGif, type GifOptions } from './encode-gif.ts'
import { measuredDithering } from './measured-dithering.ts'
import { planScenes } from './scenes.ts'

const [WIDTH, HEIGHT] = [64, 48]
const EXACTLY: GifOptions = { plays: 0, dithering: 'none', hold: 0, lossy: 0 }

type Pixel = (x: number, y: number, frame: number) => readonly [number, number, number]

function sourceOf(frames: number, pixel: Pixel, delay = 100) {
  const made = Array.from({ length: frames }, (_, frame) => Uint8Array.from(
    Array.from({ length: WIDTH * HEIGHT }, (_each, at) => pixel(at % WIDTH, Math.floor(at / WIDTH), frame)).flat()))
  return { width: WIDTH, height: HEIGHT, delays: made.map(() => delay), read: (index: number, frame: Uint8Array) => frame.set(made[index]!), frames: made }
}

async function encoded(source: ReturnType<typeof sourceOf>, colors: number, options: Partial<GifOptions> = {}): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of encodeGif(source, planScenes(source, colors), { ...EXACTLY, ...options })) parts.push(part)
  return Buffer.concat(parts)
}

/** As ffmpeg shows it, which is not ours. */
function shown(gif: Buffer): Buffer[] {
  const rgb = execFileSync('ffmpeg', ['-v', 'error', '-f', 'gif', '-i', '-', '-fps_mode', 'passthrough', '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-'], { input: gif, maxBuffer: 2 ** 28 })
  return Array.from({ length: rgb.length / (WIDTH * HEIGHT * 3) }, (_, index) => rgb.subarray(index * WIDTH * HEIGHT * 3, (index + 1) * WIDTH * HEIGHT * 3))
}

function meanSquare(one: ArrayLike<number> & Iterable<number>, other: ArrayLike<number>): number {
  return [...one].reduce((sum, value, at) => sum + (value - other[at]!) ** 2, 0) / one.length
}

const BALL: Pixel = (x, y, frame) => ((x - 10 - 4 * frame) ** 2 + (y - 24) ** 2 < 64 ? [250, 120, 10] : [x > 30 ? 20 : 40, 60, 90])
const SKY: Pixel = (x, y, frame) => [2 * x + y, 100 + y + frame, 255 - x - 2 * y]

test('a drawing of few colours comes out as it was, pixel by pixel, whatever moves in it', async () => {
  const source = sourceOf(8, BALL)
  const frames = shown(await encoded(source, 256))
  expect(frames.length).toBe(8)
  expect(frames.map((frame, index) => meanSquare(frame, source.frames[index]!))).toEqual(Array(8).fill(0))
})

test('what has more colours than a GIF may have comes near, nearer the more there are', async () => {
  const source = sourceOf(3, SKY)
  const errors = await Promise.all([16, 64, 255].map(async (colors) => meanSquare(shown(await encoded(source, colors))[2]!, source.frames[2]!)))
  expect(errors[0]).toBeLessThan(400)
  expect(errors[1]).toBeLessThan(errors[0]! / 2)
  expect(errors[2]).toBeLessThan(errors[1]! / 2)
})

test('dithering spends error on pixels to have less of it in their mean', async () => {
  const source = sourceOf(1, SKY)
  const means = async (dithering: GifOptions['dithering']) => {
    const frame = shown(await encoded(source, 12, { dithering }))[0]!
    return meanSquare(blurred(frame), blurred(source.frames[0]!))
  }
  const none = await means('none')
  expect(await means('sierra')).toBeLessThan(none / 2)
  expect(await means('bayer')).toBeLessThan(none * 0.9)
  expect(measuredDithering(source, planScenes(source, 12))).not.toBe('none')
  expect(measuredDithering(sourceOf(2, BALL), planScenes(sourceOf(2, BALL), 256))).toBe('none')
})

test('frames that are alike become one that lasts as long as all of them', async () => {
  const gif = await encoded(sourceOf(6, (x, y, frame) => BALL(x, y, frame < 4 ? 0 : frame), 33), 256)
  const packets = execFileSync('ffprobe', ['-v', 'error', '-f', 'gif', '-show_entries', 'packet=duration_time', '-of', 'csv=p=0', '-'], { input: gif, encoding: 'utf8' })
  // 33 ms are no whole hundredths, and yet nothing is lost over all.
  expect(packets.trim().split('\n').map(Number)).toEqual([0.13, 0.04, 0.03])
})

test('a scene that shares no colours with the others gets its own, and loses none of them', async () => {
  const cut: Pixel = (x, y, frame) => (frame < 2 ? [x * 3, y * 2, 10] : [10, 255 - x * 3, 255 - y * 2])
  const source = sourceOf(4, cut)
  const { scenes } = planScenes(source, 32)
  expect(scenes.map(({ end }) => end)).toEqual([2, 4])
  expect(scenes.some(({ isShared }) => !isShared)).toBe(false)
  // One frame long, it is worth a table even in a picture as small as this.
  const short = sourceOf(2, (x, y, frame) => cut(x, y, 2 * frame))
  expect(planScenes(short, 32).scenes.map(({ isShared }) => isShared)).toEqual([false, false])
  const frames = shown(await encoded(short, 32))
  expect(Math.max(...frames.map((frame, index) => meanSquare(frame, short.frames[index]!)))).toBeLessThan(60)
})

test('what flickers unseen stays as it is, and that is most of the file', async () => {
  const noisy = sourceOf(10, (x, y, frame) => { const [r, g, b] = SKY(x, y, 0); return [r, g + ((x * 7 + y * 13 + frame * 5) % 3), b] })
  const [exact, held] = await Promise.all([encoded(noisy, 255), encoded(noisy, 255, { hold: 3 })])
  expect(held.length).toBeLessThan(exact.length / 3)
})

function blurred(rgb: Uint8Array): Float64Array {
  const SIDE = 4
  const means = new Float64Array((WIDTH / SIDE) * (HEIGHT / SIDE) * 3)
  rgb.forEach((value, at) => {
    const [x, y, channel] = [Math.floor(at / 3) % WIDTH, Math.floor(at / 3 / WIDTH), at % 3]
    means[(Math.floor(y / SIDE) * (WIDTH / SIDE) + Math.floor(x / SIDE)) * 3 + channel]! += value / SIDE ** 2
  })
  return means
}
