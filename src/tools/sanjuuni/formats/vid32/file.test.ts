import { describe, expect, test } from 'vitest'
import { assembled } from '../../../../../test/sanjuuni/assembled.ts'
import { plainFrame, shownPixels } from '../../../../../test/sanjuuni/cell-frames.ts'
import { framesOf, framesOfMonitor, readVid32, soundOf, subtitlesOf } from '../../../../../test/sanjuuni/decode-vid32.ts'
import { createFrameEncoder } from '../frame-encoder.ts'
import type { FileOptions } from '../file-writer.ts'
import { Vid32Writer } from './file.ts'

const OPTIONS: FileOptions = {
  format: '32vid', compression: 'ans', isBinary: false, fps: 20, columns: 4, rows: 3, hasPicture: true, hasSound: true,
  isDfpwm: false, title: '', date: new Date(0),
}
const [VIDEO, SOUND, SUBTITLE] = [0, 1, 8]
const encode = createFrameEncoder(OPTIONS)

/** Frames that can be told apart by the colour of their first cell and by their palette. */
function frameOf(number: number) {
  return plainFrame(4, 3, { color: (number % 16) << 4, palette: new Uint8Array(48).fill(number % 256) })
}

interface Tracks {
  readonly pictures?: readonly Uint8Array[]
  readonly sound?: Uint8Array
}

function frames(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, number) => encode([frameOf(number)]))
}

function samples(count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, at) => (at * 7) % 251))
}

function fileOf(options: Partial<FileOptions>, { pictures = [], sound = Buffer.alloc(0) }: Tracks): Buffer {
  const writer = new Vid32Writer({ ...OPTIONS, ...options })
  return assembled(writer, (take) => {
    take(writer.sound(sound))
    take(writer.endSound())
    for (const picture of pictures) take(writer.frame(picture))
  })
}

describe('a 32vid', () => {
  test('holds one combined stream of each half second its sound and then its frames', () => {
    const file = readVid32(fileOf({}, { pictures: frames(25), sound: samples(60000) }))
    expect(file).toMatchObject({ columns: 4, rows: 3, rate: 20, streams: 1, compression: 'ans', isDfpwm: false, wall: undefined })
    const ten = Array<number>(10).fill(VIDEO)
    expect(file.chunks.map(({ type }) => type)).toEqual([SOUND, ...ten, SOUND, ...ten, SOUND, ...ten.slice(5)])
    expect(framesOf(file).map(shownPixels)).toEqual(Array.from({ length: 25 }, (_, number) => shownPixels(frameOf(number))))
  })

  test('loses nothing of the end of the sound: silence fills the last chunk', () => {
    const file = readVid32(fileOf({}, { pictures: frames(3), sound: samples(24001) }))
    expect(soundOf(file)).toEqual(Buffer.concat([samples(24001), Buffer.alloc(23999, 128)]))
  })

  test.each([[0x7f, 0x55], [0x80, 0xaa]])('fills the last chunk of DFPWM with bits that change, after %i', (last, idle) => {
    const file = readVid32(fileOf({ isDfpwm: true }, { pictures: frames(1), sound: Uint8Array.of(1, last) }))
    expect(file.isDfpwm).toBe(true)
    expect([...soundOf(file)]).toEqual([1, last, ...Array<number>(2998).fill(idle)])
  })

  test('adds no sound where the sound ends with a chunk', () => {
    expect(soundOf(readVid32(fileOf({}, { pictures: frames(1), sound: samples(24000) })))).toEqual(samples(24000))
  })

  test('is the same whichever of frames and sound comes first, and in however many pieces', () => {
    const [pictures, sound] = [frames(33), samples(50000)]
    const whole = fileOf({}, { pictures, sound })
    const writer = new Vid32Writer(OPTIONS)
    const inPieces = assembled(writer, (take) => {
      for (const picture of pictures.slice(0, 17)) take(writer.frame(picture))
      for (let at = 0; at < sound.length; at += 997) take(writer.sound(sound.subarray(at, at + 997)))
      for (const picture of pictures.slice(17)) take(writer.frame(picture))
    })
    expect(inPieces).toEqual(whole)
  })

  test('holds back no more than is ahead of the other', () => {
    const writer = new Vid32Writer(OPTIONS)
    const [picture] = frames(1)
    writer.begin()
    let most = 0
    for (let halfSecond = 0; halfSecond < 200; halfSecond++) {
      for (let frame = 0; frame < 10; frame++) writer.frame(picture!)
      most = Math.max(most, writer.heldBytes)
      writer.sound(samples(24000))
      most = Math.max(most, writer.heldBytes)
    }
    expect(most).toBe(10 * picture!.length)
  })

  test('can be of frames alone, none of which is held', () => {
    const writer = new Vid32Writer({ ...OPTIONS, hasSound: false })
    const file = assembled(writer, (take) => {
      for (const picture of frames(12)) {
        take(writer.frame(picture))
        expect(writer.heldBytes).toBe(0)
      }
    })
    expect(framesOf(readVid32(file))).toHaveLength(12)
  })

  test('can be of sound alone, no whole chunk of which is held', () => {
    const writer = new Vid32Writer({ ...OPTIONS, hasPicture: false })
    const file = assembled(writer, (take) => {
      take(writer.sound(samples(30000)))
      expect(writer.heldBytes).toBe(6000)
    })
    expect(soundOf(readVid32(file)).subarray(0, 30000)).toEqual(samples(30000))
    expect(readVid32(file).index).toBeUndefined()
  })

  test('goes on with sound that is longer than the picture', () => {
    expect(readVid32(fileOf({}, { pictures: frames(2), sound: samples(70000) })).chunks.map(({ type }) => type))
      .toEqual([SOUND, VIDEO, VIDEO, SOUND, SOUND])
  })

  test('has behind its stream an index of where each half second’s first frame stands', () => {
    const bytes = fileOf({}, { pictures: frames(25), sound: samples(24000) })
    const { index, chunks } = readVid32(bytes)
    const video = chunks.filter(({ type }) => type === VIDEO)
    expect(index).toEqual({ framesPerEntry: 10, offsets: [0, 10, 20].map((number) => video[number]!.offset) })
  })

  test('that was cut short before its sizes were known says as many as can be', () => {
    const [head] = new Vid32Writer(OPTIONS).begin()
    expect(Buffer.from(head!).subarray(12, 20)).toEqual(Buffer.alloc(8, 0xff))
  })
})

describe('the time of a video', () => {
  test.each([
    [12.5, 13, 100, 104], [30000 / 1001, 30, 999, 1000], [29.97002997, 30, 1000, 1001],
    [24000 / 1001, 24, 1000, 1001], [0.25, 1, 3, 12], [20.4, 20, 102, 100], [0, 1, 1, 1],
  ])('of %f frames a second is kept at a whole rate of %i: %i frames take %i places', (fps, rate, count, places) => {
    const file = readVid32(fileOf({ fps, hasSound: false }, { pictures: frames(count) }))
    expect([file.rate, framesOf(file).length]).toEqual([rate, places])
    const shown = framesOf(file).map(({ palette }) => palette[0]!)
    // At each moment the frame that the video shows then.
    expect(shown).toEqual(shown.map((_, place) => Math.floor((place / rate) * (fps || 1) + 1e-6) % 256))
  })
})

describe('subtitles', () => {
  const text = { startSeconds: 0.1, endSeconds: 1.6, x: 0, y: 2, color: 0xf0, text: 'hé' }

  test('stand before the frame on which they are first seen, with cells counted from 1', () => {
    const writer = new Vid32Writer(OPTIONS)
    const file = readVid32(assembled(writer, (take) => {
      take(writer.sound(samples(24000)))
      for (const [number, picture] of frames(4).entries()) {
        if (number === 2) take(writer.subtitle(text))
        take(writer.frame(picture))
      }
    }))
    expect(file.chunks.map(({ type }) => type)).toEqual([SOUND, VIDEO, VIDEO, SUBTITLE, VIDEO, VIDEO])
    expect(subtitlesOf(file)).toEqual([{ frame: 2, frames: 30, x: 1, y: 3, color: 0xf0, text: 'hé' }])
  })

  test('shorter than a frame are seen on one', () => {
    const writer = new Vid32Writer({ ...OPTIONS, hasSound: false })
    const file = readVid32(assembled(writer, (take) => take(writer.subtitle({ ...text, endSeconds: 0.11 }))))
    expect(subtitlesOf(file)).toMatchObject([{ frame: 2, frames: 1 }])
  })
})

test('a wall has a chunk for each monitor, with its own size', () => {
  const monitors = { columns: 3, rows: 2, blocks: { width: 8, height: 6 }, textScale: 0.5, trimsBorders: false }
  const encodeWall = createFrameEncoder({ ...OPTIONS, monitors })
  const screens = Array.from({ length: 6 }, (_, number) => plainFrame(number % 3 === 2 ? 3 : 4, 2, { color: number << 4 }))
  const pictures = [encodeWall(screens), encodeWall(screens)]
  const file = readVid32(fileOf({ columns: 11, rows: 4, monitors, hasSound: false }, { pictures }))
  expect(file).toMatchObject({ columns: 11, rows: 4, wall: { columns: 3, rows: 2 } })
  expect(file.chunks).toHaveLength(12)
  for (const [number, screen] of screens.entries()) {
    const [first, second, third] = framesOfMonitor(file, { column: number % 3, row: Math.trunc(number / 3) })
    expect([first, second].map((frame) => ({ columns: frame!.columns, pixels: shownPixels(frame!) })))
      .toEqual(Array(2).fill({ columns: screen.columns, pixels: shownPixels(screen) }))
    expect(third).toBeUndefined()
  }
})
