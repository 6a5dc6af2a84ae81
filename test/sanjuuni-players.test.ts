import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { drawCells } from '../src/tools/sanjuuni/draw-cells.ts'
import { decodeCells, luaSource } from '../src/tools/sanjuuni/formats/index.ts'
import { encode, H264, picture, runFfmpeg, source } from './frame-media.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

const SECONDS = 3
const FPS = 20
const FRAMES = SECONDS * FPS

let directory: string
let hub: InnerHub
let film: string
let id: string
let stored: Buffer[]

beforeAll(async () => {
  directory = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(directory, 'data') })
  const file = encode(join(directory, 'film.mp4'), [...picture('320x180', FPS, SECONDS), ...source(`sine=frequency=440:duration=${SECONDS}`), ...H264, '-c:a', 'aac'])
  film = await hub.api.upload(file)
  id = await convert({ width: 102, height: 57 })
  await hub.api.ends(id)
  stored = await Promise.all(Array.from({ length: FRAMES }, async (_, index) => {
    const response = await fetch(`${hub.url}/frames/${id}/${index + 1}.raw`)
    return Buffer.from(await response.arrayBuffer())
  }))
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(directory)
})

async function convert(more: object, to: InnerHub = hub): Promise<string> {
  const { status, body } = await to.api.post('/api/jobs', { tool: 'sanjuuni', input: { source: film, output_format: '32vid', ...more } })
  if (status !== 202) throw new Error(JSON.stringify(body))
  return body.id
}

const sourceOf = (frame: Buffer) => Buffer.from(luaSource(decodeCells(frame).screens[0]!))
const get = async (path: string) => {
  const response = await fetch(`${hub.url}/api/jobs/${id}/sanjuuni${path}`)
  return { status: response.status, type: response.headers.get('content-type'), bytes: Buffer.from(await response.arrayBuffer()) }
}

describe('over HTTP, as sanjuuni --http serves them,', () => {
  test('length, rate and each frame are there', async () => {
    expect(JSON.parse(String((await get('/info')).bytes))).toEqual({ length: FRAMES, fps: FPS })
    for (const index of [0, 1, FRAMES - 1]) {
      const { status, type, bytes } = await get(`/video/${index}`)
      expect([status, type]).toEqual([200, 'text/x-lua'])
      expect(bytes.equals(sourceOf(stored[index]!))).toBe(true)
    }
    expect((await get(`/video/${FRAMES}`)).status).toBe(404)
    expect((await get('/video/first')).status).toBe(400)
  })

  test('a frame is a Lua chunk that gives 19 rows of 51 characters, and 16 colours', async () => {
    const { bytes } = await get('/video/7')
    const count = 'local image, palette = load(io.read("*a"))() print(#image, #image[1][1], #image[1][2], #image[1][3], #palette, #palette[0])'
    expect(String(execFileSync('luajit', ['-e', count], { input: bytes })).trim().split(/\s+/)).toEqual(['19', '51', '51', '51', '15', '3'])
  })

  test('the sound comes second by second, as unsigned bytes', async () => {
    const seconds = await Promise.all(Array.from({ length: SECONDS }, (_, second) => get(`/audio/${second}`)))
    expect(seconds.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(seconds.slice(0, -1).every(({ bytes }) => bytes.length === 48_000)).toBe(true)
    const whole = (await hub.api.download(id, 'audio.pcm')).bytes
    expect(Buffer.concat(seconds.map(({ bytes }) => bytes)).equals(whole.subarray(0, SECONDS * 48_000))).toBe(true)
    expect((await get('/audio/100')).status).toBe(404)
  })

  test('a video without sound is silent for as long as it lasts, since a player with a speaker waits for sound', async () => {
    const silent = await convert({ width: 102, height: 57, mute: true })
    await hub.api.ends(silent)
    const seconds = await Promise.all(Array.from({ length: SECONDS + 1 }, (_, second) => fetch(`${hub.url}/api/jobs/${silent}/sanjuuni/audio/${second}`)))
    expect(seconds.map(({ status }) => status)).toEqual([200, 200, 200, 404])
    expect(Buffer.from(await seconds[2]!.arrayBuffer())).toEqual(Buffer.alloc(48_000, 0x80))
  })

  test('the page itself is a player that knows its job', async () => {
    const { status, bytes } = await get('/')
    expect([status, String(bytes).includes(`{ "${id}", ... }`)]).toEqual([200, true])
  })

  test('a job that makes no ComputerCraft video is refused, with the way out', async () => {
    const other = await hub.api.accepted({ input_url: film, args: ['-vn'], output_format: 'wav' })
    const { status, body } = await hub.api.request(`/api/jobs/${other}/sanjuuni/info`)
    expect([status, body.hint]).toEqual([404, expect.stringMatching(/sanjuuni/)])
  })
})

class Player {
  readonly socket: WebSocket
  readonly #messages: (string | Buffer)[] = []
  #wake: () => void = () => undefined

  constructor(url: string) {
    this.socket = new WebSocket(url)
    this.socket.on('message', (data, isBinary) => {
      this.#messages.push(isBinary ? (data as Buffer) : String(data))
      this.#wake()
    })
  }

  async ask(command: string): Promise<string | Buffer> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, 'open')
    this.socket.send(command)
    const first = await this.#next()
    if (typeof first === 'string') return first
    const pieces = [first]
    while (Buffer.concat(pieces).length % 65_535 === 0) pieces.push((await this.#next()) as Buffer)
    return Buffer.concat(pieces)
  }

  async #next(): Promise<string | Buffer> {
    while (this.#messages.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.#messages.shift()!
  }
}

describe('over WebSocket, as sanjuuni --websocket serves them,', () => {
  test('commands are answered in order, what is not there with "!"', async () => {
    const player = new Player(`${hub.url.replace('http', 'ws')}/api/jobs/${id}/sanjuuni`)
    expect([await player.ask('n'), await player.ask('f')]).toEqual([String(FRAMES), '20.000000'])
    expect(await player.ask('v0')).toEqual(sourceOf(stored[0]!))
    expect(await player.ask(`v${FRAMES - 1}`)).toEqual(sourceOf(stored[FRAMES - 1]!))
    expect(await player.ask(`v${FRAMES}`)).toBe('!')
    const whole = (await hub.api.download(id, 'audio.pcm')).bytes
    expect(await player.ask('a24000')).toEqual(whole.subarray(24_000, 72_000))
    expect(await player.ask('a9000000')).toBe('!')
    player.socket.close()
  })

  test('a video plays while it is made: frames that are coming are waited for', async () => {
    const paced = join(directory, 'paced-ffmpeg')
    writeFileSync(paced, '#!/bin/sh\nexec ffmpeg -readrate 2 "$@"\n')
    chmodSync(paced, 0o755)
    const slow = await startInnerHub({ REELTIME_DATA_DIR: join(directory, 'slow'), REELTIME_FFMPEG: paced })
    try {
      const { body } = await slow.api.request('/api/uploads/film.mp4', { method: 'PUT', body: readFileSync(join(directory, 'film.mp4')) })
      const job = await convert({ source: body.source, width: 102, height: 57 }, slow)
      await slow.api.runs(job)
      const player = new Player(`${slow.url.replace('http', 'ws')}/api/jobs/${job}/sanjuuni`)
      expect(await player.ask('v0')).toEqual(sourceOf(stored[0]!))
      expect((await slow.api.job(job)).status).toBe('running')
      expect(await player.ask('n')).toBe(String(FRAMES))
      const last = await player.ask(`v${FRAMES - 1}`)
      expect(last.length, (await slow.api.job(job)).error?.message).toBeGreaterThan(1)
      expect(sourceOf(stored[FRAMES - 1]!).equals(last as Buffer)).toBe(true)
      player.socket.close()
    } finally {
      await slow.stop()
    }
  })
})

test('in a browser the cells are seen as a picture', async () => {
  const jpeg = Buffer.from(await (await fetch(`${hub.url}/api/jobs/${id}/snapshot.jpg?q=100`)).arrayBuffer())
  const seen = runFfmpeg(['-f', 'jpeg_pipe', '-i', 'pipe:0', '-vf', 'scale=102:57', '-pix_fmt', 'rgb24', '-f', 'rawvideo', 'pipe:1'], jpeg)
  const difference = (rgb: Buffer) => rgb.reduce((sum, value, index) => sum + Math.abs(value - seen[index]!), 0) / rgb.length
  const differences = stored.map((frame) => difference(drawCells(decodeCells(frame)).rgb))
  expect(Math.min(...differences)).toBeLessThan(20)
  expect(Math.max(...differences)).toBeGreaterThan(Math.min(...differences) * 1.5)
})

test('cells are pushed compressed to who offers it, and are the same', async () => {
  const read = async (perMessageDeflate: boolean) => {
    const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/api/jobs/${id}/frames`, { perMessageDeflate })
    const parts: Buffer[] = []
    socket.on('message', (data, isBinary) => isBinary && parts.push(data as Buffer))
    const carrier = once(socket, 'upgrade').then(([response]) => response.socket)
    await once(socket, 'close')
    return { packs: Buffer.concat(parts), bytesOnTheWire: (await carrier).bytesRead as number }
  }
  const [plain, compressed] = await Promise.all([read(false), read(true)])
  expect(compressed.packs.equals(plain.packs)).toBe(true)
  expect(plain.packs.length).toBeGreaterThan(FRAMES * 51 * 19 * 2)
  expect(compressed.bytesOnTheWire).toBeLessThan(plain.bytesOnTheWire * 0.6)
})
