import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CellFrame } from '../src/tools/sanjuuni/cell-frame.ts'
import { decodeCells } from '../src/tools/sanjuuni/formats/index.ts'
import { encode, H264, picture, source } from './frame-media.ts'
import { fetchPack } from './frame-packs.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'
import { shownPixels } from './sanjuuni/cell-frames.ts'
import { readRaw } from './sanjuuni/decode-raw.ts'
import { framesOf, framesOfMonitor, readVid32 } from './sanjuuni/decode-vid32.ts'
import { expectedScreen, inBytes, loadLua, type LuaTable, runProgram, shownTable } from './sanjuuni/run-lua.ts'
import { shown } from './sanjuuni/shown-cells.ts'

let scratch: string
let hub: InnerHub

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data') })
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

type Wall = { readonly columns: number; readonly rows: number }
type Shows = (file: Buffer, frames: readonly (readonly CellFrame[])[], wall?: Wall) => void

/** Each format by a reader of its own, which knows nothing of the writer, against the cells that the job made. */
const FORMATS: Readonly<Record<string, { readonly input: object; readonly showsWalls: boolean; readonly shows: Shows }>> = {
  lua: { input: { output_format: 'lua' }, showsWalls: true, shows: showsAsProgram },
  bimg: { input: { output_format: 'bimg' }, showsWalls: true, shows: showsAsTable },
  'binary bimg': { input: { output_format: 'bimg', binary: true }, showsWalls: true, shows: showsAsTable },
  raw: {
    input: { output_format: 'raw' }, showsWalls: false,
    shows: (file, frames) => expect(readRaw(file).frames.map(shown)).toEqual(frames.map(([screen]) => shown(screen!))),
  },
  nfp: { input: { output_format: 'nfp' }, showsWalls: false, shows: showsAsPixels },
  ...Object.fromEntries(['none', 'ans', 'deflate', 'custom'].map((compression) => [
    `32vid ${compression}`, { input: { output_format: '32vid', compression }, showsWalls: true, shows: showsAs32vid },
  ])),
}

function showsAsProgram(file: Buffer, frames: readonly (readonly CellFrame[])[], wall?: Wall): void {
  const moments = runProgram(file, wall).slice(0, frames.length)
  const screens = moments.map((moment) => moment.screens.map((screen) => inBytes({ ...screen, scale: 0 })))
  expect(screens).toEqual(frames.map((frame) => frame.map(expectedScreen)))
}

function showsAsTable(file: Buffer, frames: readonly (readonly CellFrame[])[]): void {
  const [image] = loadLua(file, 'expression')
  const all = frames.flat().map((_, index) => image![index + 1] as LuaTable)
  expect(all.map((rows) => inBytes(shownTable(rows, rows['palette'] as LuaTable)))).toEqual(frames.flat().map(expectedScreen))
}

function showsAsPixels(file: Buffer, frames: readonly (readonly CellFrame[])[]): void {
  const lines = file.toString('latin1').trimEnd().split('\n')
  const height = lines.length / frames.length
  frames.forEach(([screen], number) => {
    const rows = lines.slice(number * height, (number + 1) * height)
    const pixels = Array.from({ length: screen!.characters.length * 6 }, (_, index) => {
      const [cell, pixel] = [Math.trunc(index / 6), index % 6]
      const [x, y] = [(cell % screen!.columns) * 2 + (pixel % 2), Math.trunc(cell / screen!.columns) * 3 + Math.trunc(pixel / 2)]
      return parseInt(rows[y]![x]!, 16)
    })
    expect(pixels).toEqual(shownPixels(screen!))
  })
}

function showsAs32vid(file: Buffer, frames: readonly (readonly CellFrame[])[], wall?: Wall): void {
  const video = readVid32(file)
  if (!wall) return expect(framesOf(video).map(shown)).toEqual(frames.map(([screen]) => shown(screen!)))
  for (let index = 0; index < wall.columns * wall.rows; index++) {
    const monitor = { column: index % wall.columns, row: Math.floor(index / wall.columns) }
    expect(framesOfMonitor(video, monitor).map(shown)).toEqual(frames.map((screens) => shown(screens[index]!)))
  }
}

const still = (filter: string) => [...source(filter), '-frames:v', '1']

interface Input {
  readonly file: string
  readonly make: readonly string[]
  readonly input?: object
  readonly frames: number
  readonly size: readonly [columns: number, rows: number]
  readonly wall?: Wall
  readonly subtitles?: string
}

const INPUTS: Readonly<Record<string, Input>> = {
  'a photo': { file: 'photo.jpg', make: still('mandelbrot=size=640x480,noise=alls=12'), input: { width: 102, height: 57 }, frames: 1, size: [51, 19] },
  'one colour': { file: 'red.mp4', make: [...source('color=red:size=64x48:rate=10:duration=0.5'), ...H264], frames: 5, size: [32, 16] },
  'one pixel': { file: 'one.png', make: still('testsrc=size=1x1'), frames: 1, size: [1, 1] },
  'one cell': { file: 'cell.png', make: still('testsrc=size=2x3'), frames: 1, size: [1, 1] },
  'a film whose light changes, 328×243 at 20 a second': {
    file: 'light.mp4', make: [...picture('328x244', 20, 0.5), '-vf', 'fade=in:0:10', ...H264], input: { width: 328, height: 243 }, frames: 10, size: [164, 81],
  },
  'a film with subtitles': {
    file: 'told.mp4', make: [...picture('160x96', 10, 1), ...H264], frames: 10, size: [80, 32],
    subtitles: '1\n00:00:00,200 --> 00:00:00,700\nHello, game\n',
  },
  'a wall of monitors': {
    file: 'wide.png', make: still('testsrc2=size=640x240'), input: { width: 656, height: 243, monitors: '8x6@0.5' }, frames: 1, size: [328, 81],
    wall: { columns: 2, rows: 1 },
  },
}

describe.each(Object.entries(INPUTS))('%s', (_, { file, make, input, frames: count, size: [columns, rows], wall, subtitles }) => {
  let from: string
  let told: string | undefined
  beforeAll(async () => {
    from = await hub.api.upload(encode(join(scratch, file), make))
    if (subtitles === undefined) return
    writeFileSync(join(scratch, 'told.srt'), subtitles)
    told = await hub.api.upload(join(scratch, 'told.srt'))
  })

  const formats = Object.entries(FORMATS).filter(([name, { showsWalls }]) => (!wall || showsWalls) && !(subtitles && name.startsWith('32vid')))

  test.each(formats)('shows in %s what the encoder meant, cell by cell', async (_name, format) => {
    const { status, body } = await hub.api.post('/api/jobs', { tool: 'sanjuuni', input: { source: from, ...input, ...format.input, ...(told && { subtitles: told }) } })
    expect([status, body.detail]).toEqual([202, undefined])
    const job = await hub.api.ends(body.id)
    expect([job.status, job.result]).toMatchObject(['completed', { current_frames: count, columns, rows }])
    const { frames } = await fetchPack(hub.api, `/api/jobs/${job.id}/framepack`)
    expect(frames).toHaveLength(count)
    const { bytes } = await hub.api.download(job.id, job.artifacts.at(-1)!.name)
    format.shows(bytes, frames.map((frame) => decodeCells(frame).screens), wall)
  })
})
