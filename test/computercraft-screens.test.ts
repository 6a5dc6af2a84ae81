import { afterEach, expect, test } from 'vitest'
import { type Cells, readCellsFrame, scribble, writeCellsFrame } from './computercraft/cells-frame.ts'
import { Computer, type ComputerOptions } from './computercraft/computer.ts'
import { NATIVE_PALETTE, type Picture } from './computercraft/picture.ts'
import { type ScreenProgram, serveScreenProgram } from './computercraft/screen-program.ts'

const served: ScreenProgram[] = []

afterEach(async () => {
  for (const program of served.splice(0)) await program.stop()
})

/** Two by one blocks are 36 by 10 characters at scale 0.5, and 18 by 5 at scale 1. */
const BLOCKS = [2, 1] as const
const SMALL = { columns: 36, rows: 10 } as const
const MONITOR = { name: 'monitor_0', blocks: BLOCKS } as const
const WALL: ComputerOptions = { monitors: [{ name: 'monitor_3', blocks: BLOCKS }, { name: 'top', blocks: BLOCKS }] }

const single = (cells: Cells) => writeCellsFrame([1, 1], [cells])
const pair = (seed: number) => writeCellsFrame([2, 1], [scribble({ ...SMALL, seed }), scribble({ ...SMALL, seed: seed + 50 })])
const drawn = ({ pictures }: Computer, name: string) => pictures.filter(({ screen, blits }) => screen === name && blits > 0)
const cellsOf = ({ columns, rows, characters, colors, palette }: Picture): Cells => ({ columns, rows, characters, colors, palette })
const lastOf = (computer: Computer, screen: string) => computer.pictures.findLast((picture) => picture.screen === screen)!

async function show(frames: readonly Buffer[], options: ComputerOptions, ...words: readonly string[]) {
  const computer = new Computer({ speed: 4, ...options })
  return { computer, ended: await computer.wgetRun(await program(frames), ...words) }
}

async function program(frames: readonly Buffer[]): Promise<string> {
  const serving = await serveScreenProgram(frames)
  served.push(serving)
  return serving.url
}

function expectEmptyAgain(picture: Picture): void {
  expect(picture.palette).toEqual(NATIVE_PALETTE)
  expect(picture.characters.every((character) => character === 0x20)).toBe(true)
  expect(picture.colors.every((color) => color === 0xf0)).toBe(true)
}

test('a monitor shows exactly the characters, colours and palette of each frame, and then is as it was', async () => {
  const frames = [1, 2, 3].map((seed) => single(scribble({ ...SMALL, seed })))
  const { computer, ended } = await show(frames, { monitors: [MONITOR] })
  expect(ended).toEqual({ ok: true, problem: '' })
  expect(drawn(computer, 'monitor_0').map(cellsOf)).toEqual(frames.flatMap(readCellsFrame))
  expect(drawn(computer, 'monitor_0').every(({ textScale }) => textScale === 0.5)).toBe(true)
  expect(computer.printed).toEqual(['72x30'])
  expectEmptyAgain(lastOf(computer, 'monitor_0'))
  expect(lastOf(computer, 'monitor_0').textScale).toBe(1)
})

test('only rows and palette entries that changed are drawn again', async () => {
  const cells = scribble({ ...SMALL, seed: 1 })
  const [characters, colors, palette] = [Buffer.from(cells.characters), Buffer.from(cells.colors), Buffer.from(cells.palette)]
  characters.writeUInt8(0x8f, 4 * SMALL.columns + 7)
  colors.writeUInt8(0x11, 9 * SMALL.columns)
  palette.writeUInt8(cells.palette[20]! ^ 1, 20)
  const frames = [single(cells), single({ ...cells, characters, colors, palette }), single(cells)]
  const { computer } = await show(frames, { monitors: [MONITOR] })
  expect(drawn(computer, 'monitor_0').map(({ blits, paints }) => [blits, paints])).toEqual([[10, 16], [2, 1], [2, 1]])
  const changed = drawn(computer, 'monitor_0').map((picture) => picture.characters[4 * SMALL.columns + 7])
  expect(changed).toEqual([cells.characters[151], 0x8f, cells.characters[151]])
})

test('takes the largest monitor with colours, at the scale that is asked for', async () => {
  const monitors = [
    { name: 'monitor_0', blocks: [1, 1] }, { name: 'monitor_1', blocks: BLOCKS }, { name: 'monitor_2', blocks: [8, 6], isAdvanced: false },
  ] as const
  const { computer, ended } = await show([single(scribble({ columns: 18, rows: 5, seed: 1 }))], { monitors }, '--scale', '1')
  expect(ended.problem).toBe('')
  expect([...new Set(computer.pictures.filter(({ blits }) => blits > 0).map(({ screen }) => screen))]).toEqual(['monitor_1'])
  expect(computer.printed).toEqual(['36x15'])
})

test('a smaller picture stands in the middle', async () => {
  const cells = scribble({ columns: 30, rows: 6, seed: 1 })
  const { computer } = await show([single(cells)], { monitors: [MONITOR] })
  const { characters } = drawn(computer, 'monitor_0')[0]!
  expect(characters.subarray((2 + 1) * 36 + 3, (2 + 1) * 36 + 33)).toEqual(cells.characters.subarray(30, 60))
  expect(characters.subarray(0, 2 * 36).every((character) => character === 0x20)).toBe(true)
})

test('where there is no monitor the terminal shows them, and is cleared behind them', async () => {
  const frames = [1, 2].map((seed) => single(scribble({ columns: 51, rows: 19, seed })))
  const { computer, ended } = await show(frames, {})
  expect(ended.problem).toBe('')
  expect(drawn(computer, 'term').map(cellsOf)).toEqual(frames.flatMap(readCellsFrame))
  expectEmptyAgain(lastOf(computer, 'term'))
})

test('each monitor of a wall shows its own part with its own palette, in the order of the names', async () => {
  const frames = [1, 2].map(pair)
  const { computer, ended } = await show(frames, WALL, '--monitors', '2x1=top,monitor_3')
  expect(ended.problem).toBe('')
  expect(drawn(computer, 'top').map(cellsOf)).toEqual(frames.map((frame) => readCellsFrame(frame)[0]))
  expect(drawn(computer, 'monitor_3').map(cellsOf)).toEqual(frames.map((frame) => readCellsFrame(frame)[1]))
  expect(computer.printed).toEqual(['144x30'])
  for (const name of ['top', 'monitor_3']) expectEmptyAgain(lastOf(computer, name))
})

test('a wall is known by touching its monitors once, also to sanjuuni’s players', async () => {
  const frames = [pair(1)]
  const touched = new Computer({ ...WALL, speed: 4 })
  const order = ['top', 'nothing', 'top', 'monitor_3']
  touched.onPrint = (text) => {
    if (text.startsWith('Touch')) for (const name of order.splice(0, text.includes('column 1') ? 1 : 3)) touched.touch(name)
  }
  expect(await touched.wgetRun(await program(frames), '--monitors', '2x1')).toEqual({ ok: true, problem: '' })
  expect(touched.settings).toEqual({ 'sanjuuni.multimonitor': [['top', 'monitor_3']] })
  expect(drawn(touched, 'top').map(cellsOf)).toEqual([readCellsFrame(frames[0]!)[0]])

  const settings = { 'sanjuuni.multimonitor': [['monitor_3', 'top']] }
  const { computer, ended } = await show(frames, { ...WALL, settings }, '--monitors', '2x1')
  expect(ended.problem).toBe('')
  expect(drawn(computer, 'monitor_3').map(cellsOf)).toEqual([readCellsFrame(frames[0]!)[0]])
})

test.each([
  ['a wall of two sizes', { monitors: [MONITOR, { name: 'top', blocks: [3, 1] as const }] }, ['--monitors', '2x1=top,monitor_0'],
    'The monitors of a wall are of one size: top has 57x10 characters, and monitor_0 has 36x10'],
  ['too few monitors', WALL, ['--monitors', '2x2'], '--monitors 2x2 takes 4 advanced monitors; this computer has 2'],
  ['a monitor that is not there', WALL, ['--monitors', '2x1=top,left'], 'There is no advanced monitor left. There are monitor_3, top'],
  ['a monitor named twice', WALL, ['--monitors', '2x1=top,top'], 'The monitor top is named twice'],
  ['no colours anywhere', { isAdvanced: false, monitors: [{ ...MONITOR, isAdvanced: false }] }, [],
    'The monitor monitor_0 shows no colours; an advanced one does. This computer shows no colours; an advanced one does'],
  ['a monitor asked for, and none there', {}, ['--screen', 'monitor'], 'There is no advanced monitor'],
  ['no such screen', {}, ['--screen', 'projector'], '--screen takes gpu, monitor or term'],
  ['no such scale', {}, ['--scale', '0.7'], '--scale takes 0.5 to 5 in steps of 0.5'],
  ['no such wall', {}, ['--monitors', '9x9'],
    '--monitors takes how many there are side by side and one above the other: 2x1, or 2x1=monitor_0,monitor_1'],
  ['pictures for more monitors than one', { monitors: [MONITOR] }, [],
    'These pictures are for 2x1 monitors: play them with --monitors 2x1'],
])('ends with a sentence at %s', async (_, options: ComputerOptions, words, problem) => {
  const { computer, ended } = await show([pair(1)], options, ...words)
  expect(ended).toEqual({ ok: false, problem })
  expect(computer.pictures.every(({ blits }) => blits === 0)).toBe(true)
})

test('pictures that are larger than the monitor end it with both sizes', async () => {
  const { ended } = await show([single(scribble({ ...SMALL, seed: 1 }))], { monitors: [MONITOR] }, '--scale', '1')
  expect(ended.problem).toBe('These pictures are of 36x10 characters, and the monitor monitor_0 has room for 18x5')
})

test.each([
  ['resized', (computer: Computer) => computer.build('top', [1, 1]),
    'The monitor top has become another size, 15x10 characters and not 36x10: start the player again'],
  ['removed', (computer: Computer) => computer.remove('top'), 'The monitor top is gone'],
])('a monitor that is %s while it shows ends it with a sentence, and the others are as they were', async (_, happens, problem) => {
  const computer = new Computer({ ...WALL, speed: 4 })
  computer.onPicture = ({ screen, blits }) => blits > 0 && screen === 'top' && drawn(computer, 'top').length === 2 && happens(computer)
  const url = await program([1, 2, 3, 4, 5, 6].map(pair))
  expect(await computer.wgetRun(url, '--monitors', '2x1=top,monitor_3')).toEqual({ ok: false, problem })
  expectEmptyAgain(lastOf(computer, 'monitor_3'))
  expect(drawn(computer, 'monitor_3').length).toBeLessThan(5)
})

test('bytes that are no frame are told of, and draw nothing', async () => {
  const cut = pair(1).subarray(0, -1)
  const longer = Buffer.concat([pair(1), Buffer.alloc(1)])
  for (const broken of [Buffer.alloc(0), Buffer.from([1]), Buffer.from([0, 1]), cut, longer]) {
    const { computer, ended } = await show([broken], { monitors: [MONITOR] })
    expect(ended).toEqual({ ok: false, problem: 'it is no picture of characters' })
    expect(drawn(computer, 'monitor_0')).toEqual([])
  }
})
