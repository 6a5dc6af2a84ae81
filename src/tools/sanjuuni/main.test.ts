import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { FrameSplitter } from '../../streams/frame-splitter.ts'
import type { Conversion } from './conversion.ts'
import { decodeCells } from './formats/cells.ts'

const MAIN = fileURLToPath(new URL('../../../dist/tools/sanjuuni/main.js', import.meta.url))
const FFMPEG = JSON.stringify({ program: 'ffmpeg', args: ['-v', 'level+error', '-nostdin'] })
const WIDTH = 164
const HEIGHT = 120
const FRAMES = 250

let directory: string
let clip: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'reeltime-converter-'))
  clip = join(directory, 'clip.nut')
  // From black to white, so that the brightness of a frame tells its number.
  const ramp = `color=size=${WIDTH}x${HEIGHT}:rate=20,format=gbrp,geq=r=N:g=N:b=N`
  const encoding = ['-frames:v', String(FRAMES), '-c:v', 'rawvideo', '-pix_fmt', 'rgb24']
  spawnSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', ramp, ...encoding, clip])
})
afterAll(() => rmSync(directory, { recursive: true }))

function conversion(more: Partial<Conversion> = {}): Conversion {
  return {
    options: {
      format: '32vid', width: WIDTH, height: HEIGHT, compression: 'none', isBinary: false, isDfpwm: false, isMute: false,
      picture: { palette: 'median-cut', dither: 'none', colorSpace: 'rgb', isNfpized: false },
    },
    framesPerSecond: 20, expectedFrames: FRAMES, title: 'clip', output: join(directory, 'clip.32vid'),
    decode: ['-i', clip, '-f', 'rawvideo', '-pix_fmt', 'gbrp', 'pipe:1'], ...more,
  }
}

function start(wanted: Conversion, ffmpeg = FFMPEG) {
  const child = spawn(process.execPath, [MAIN, ffmpeg, JSON.stringify(wanted)], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  const [, stdout, stderr, progress] = child.stdio as unknown as readonly [null, Readable, Readable, Readable]
  return { child, pid: child.pid!, stdout, complaints: text(stderr), progress: text(progress) }
}

/** Resolves when a look finds it so; of what happens in other processes only looks tell. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((looked) => setTimeout(looked, 20))
}

const childrenOf = (pid: number) => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((other) => {
  const [, state, parent] = /\) (\S) (\d+)/.exec(stat(other)) ?? []
  return Number(parent) === pid && state !== 'Z'
})
const isRunning = (pid: number) => /\) [^ZX] /.test(stat(pid))

function stat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return ''
  }
}

/** Of the processor, in ticks. */
const timeOf = (pid: number) => stat(pid).replace(/^.*\) /s, '').split(' ').slice(11, 13).reduce((sum, ticks) => sum + Number(ticks), 0)

/** Of the first cell. */
function brightness(frame: Buffer): number {
  const { colors, palette } = decodeCells(frame).screens[0]!
  return palette[(colors[0]! >> 4) * 3]!
}

test.each([
  { comes: 'at once', when: [] }, { comes: 'in its own time', when: ['-readrate', '20'] },
])('while nobody reads the frames of an input that comes $comes it waits; then they come, in order, and the file is whole', async ({ when }) => {
  const { child, pid, stdout, progress } = start(conversion({ progressDescriptor: 3, decode: [...when, ...conversion().decode] }))
  let quietLooks = 0
  let lastTime = 0
  await until(() => {
    const time = timeOf(pid)
    quietLooks = time === lastTime && time > 0 && childrenOf(pid).length > 0 ? quietLooks + 1 : 0
    lastTime = time
    return quietLooks > 25
  })
  expect(statSync(join(directory, 'clip.32vid')).size).toBeLessThan(FRAMES / 2 * 82 * 40 * 2)
  const splitter = new FrameSplitter({ type: 'sized' })
  const frames: Buffer[] = []
  stdout.on('data', (chunk: Buffer) => frames.push(...splitter.push(chunk)))
  const [code] = await once(child, 'close')
  expect([code, frames.length]).toEqual([0, FRAMES])
  expect(decodeCells(frames[0]!).screens[0]).toMatchObject({ columns: 82, rows: 40 })
  const shades = frames.map(brightness)
  expect(shades).toEqual(shades.toSorted((a, b) => a - b))
  expect(shades.at(-1)! - shades[0]!).toBeGreaterThan(200)
  const { size } = statSync(join(directory, 'clip.32vid'))
  expect((await progress).trim().split('\n').slice(-6)).toEqual([
    `frame=${FRAMES}`, expect.stringMatching(/^fps=\d/), `total_size=${size}`, 'out_time_us=12500000',
    expect.stringMatching(/^speed=[\d.]+x$/), 'progress=end',
  ])
})

test('a frame that no other follows is handed over all the same', async () => {
  const oneFrame = `head -c ${WIDTH * HEIGHT * 3} /dev/zero; exec tail -f /dev/null`
  const { child, pid, stdout } = start(conversion(), JSON.stringify({ program: 'sh', args: ['-c', oneFrame] }))
  onTestFinished(() => void child.kill())
  const splitter = new FrameSplitter({ type: 'sized' })
  const frames: Buffer[] = []
  stdout.on('data', (chunk: Buffer) => frames.push(...splitter.push(chunk)))
  await until(() => frames.length > 0)
  expect(isRunning(pid)).toBe(true)
  child.kill()
  await once(child, 'close')
  expect(frames.map(brightness)).toEqual([0])
})

test.each(['SIGTERM', 'SIGKILL'] as const)('%s to it alone ends its ffmpeg as well', async (signal) => {
  const { child, pid, stdout } = start(conversion({ decode: ['-re', ...conversion().decode] }))
  stdout.resume()
  await once(stdout, 'data')
  const [ffmpeg] = childrenOf(pid)
  child.kill(signal)
  expect(await once(child, 'exit')).toEqual([null, signal])
  await until(() => !isRunning(ffmpeg!))
})

const PLANES = ['-f', 'rawvideo', '-pix_fmt', 'gbrp', 'pipe:1']

test.each<{ what: string; wrong: () => Partial<Conversion>; message: RegExp }>([
  { what: 'an input that is not there', wrong: () => ({ decode: ['-i', '/nowhere/at/all', ...PLANES] }), message: /No such file/ },
  { what: 'frames of another size', wrong: () => ({ decode: ['-i', clip, '-s', '100x50', '-t', '1', ...PLANES] }), message: /of frame \d/ },
  { what: 'no frame at all', wrong: () => ({ decode: ['-i', clip, '-t', '0', ...PLANES] }), message: /no picture/ },
  { what: 'subtitles that are none', wrong: () => ({ subtitles: MAIN }), message: /neither ASS/ },
])('$what ends with an error that says so', async ({ wrong, message }) => {
  const { child, stdout, complaints } = start(conversion(wrong()))
  stdout.resume()
  const [code] = await once(child, 'close')
  expect(code).toBe(1)
  expect((await complaints).trim().split('\n').at(-1)).toMatch(message)
})
