import type { ColorSpace, Compression, Dither, PaletteMethod, VideoFormat } from './converter-options.ts'
import { parseMonitorSize, type MonitorSize } from './monitors.ts'

/** What one option says. */
export interface Said {
  readonly format?: VideoFormat
  readonly palette?: PaletteMethod
  /** 16 entries: `[red, green, blue]`, or null where a colour is to be found. */
  readonly fixedColors?: readonly (readonly [number, number, number] | null)[]
  readonly dither?: Dither
  readonly colorSpace?: ColorSpace
  readonly isNfpized?: boolean
  readonly compression?: Compression
  readonly isBinary?: boolean
  readonly isDfpwm?: boolean
  readonly isMute?: boolean
  readonly width?: number
  readonly height?: number
  readonly framesPerSecond?: number
  readonly monitors?: MonitorSize
  readonly trimsBorders?: boolean
  /** What was accepted and changes nothing, for the job's log. */
  readonly note?: string
}

export interface Option {
  readonly names: readonly string[]
  /** Undefined for a flag. `optional` takes the next word only where `read` knows it. */
  readonly value?: 'needed' | 'optional'
  /** What the value has to be, to stand after the option's name. */
  readonly takes?: string
  /** Why this option is not to be had, and the way out. */
  readonly refusal?: string
  /** Undefined where the value is not what the option takes; a flag is given an empty one. */
  readonly read: (value: string) => Said | undefined
}

export const MAX_SIDE = 4096
export const MAX_FRAME_RATE = 60

export const OPTIONS: readonly Option[] = [
  flag('l lua', { format: 'lua' }),
  flag('n nfp', { format: 'nfp' }),
  flag('r raw', { format: 'raw' }),
  flag('b blit-image', { format: 'bimg' }),
  flag('3 32vid', { format: '32vid' }),
  flag('p default-palette', { palette: 'default' }),
  flag('8 octree', { palette: 'octree' }),
  flag('k kmeans', { palette: 'k-means' }),
  flag('median-cut', { palette: 'median-cut' }),
  value('P palette', 'takes at most 16 colours such as ff8800, apart by commas, with X for each that is to be found', (text) => {
    const fixedColors = readColors(text)
    return fixedColors && { fixedColors }
  }),
  flag('t threshold', { dither: 'none' }),
  flag('O ordered', { dither: 'ordered' }),
  flag('L lab-color', { colorSpace: 'lab' }),
  flag('N nfpize', { isNfpized: true }),
  value('c compression', 'takes one of none, ans, deflate, custom', (text) => {
    const compression = COMPRESSIONS.find((name) => name === text.toLowerCase())
    return compression && { compression }
  }),
  flag('B binary', { isBinary: true }),
  flag('S separate-streams', { note: '--separate-streams: one combined stream is written, which is what players read' }),
  flag('d dfpwm', { isDfpwm: true }),
  flag('m mute', { isMute: true }),
  value('W width', `takes a whole number of pixels from 1 to ${MAX_SIDE}, two for each character`, (text) => {
    const width = readPixels(text)
    return width === undefined ? undefined : { width }
  }),
  value('H height', `takes a whole number of pixels from 1 to ${MAX_SIDE}, three for each character`, (text) => {
    const height = readPixels(text)
    return height === undefined ? undefined : { height }
  }),
  value('fps', `takes a number of frames a second, at most ${MAX_FRAME_RATE}, such as 20 or 30000/1001`, (text) => {
    const framesPerSecond = readFrameRate(text)
    return framesPerSecond === undefined ? undefined : { framesPerSecond }
  }),
  {
    names: ['M', 'monitor-size'], value: 'optional',
    takes: 'takes the blocks of one monitor and its text scale, such as 8x6@0.5: 1 to 32 blocks each way, scales of 0.5, 1, 1.5 … 5',
    read: (text) => {
      const monitors = parseMonitorSize(text === '' ? '8x6@0.5' : text)
      return monitors && { monitors }
    },
  },
  flag('trim-borders', { trimsBorders: true }),
  flag('disable-opencl', {}),
  refused('i input', 'the input is the field input_url or source, never in args', 'needed'),
  refused('subtitle', 'subtitles are the field subtitles, a source as the input is', 'needed'),
  refused('f format', 'what the input is shows by itself; what is made is the field output_format', 'needed'),
  refused('o output', 'the hub names the file; what is made is the field output_format', 'needed'),
  refused('s http', 'the hub serves the frames of each job itself, at /api/jobs/ID/sanjuuni/', 'needed'),
  refused('w websocket', 'the hub serves the frames of each job itself, at /api/jobs/ID/sanjuuni', 'needed'),
  refused('u websocket-client', 'the hub connects to nobody; let the player connect to /api/jobs/ID/sanjuuni', 'needed'),
  refused('T streamed', 'frames can be watched while they are made anyway, at /api/jobs/ID/sanjuuni'),
  refused('h help', 'GET /api/tools/sanjuuni tells what there is'),
]

function flag(names: string, said: Said): Option {
  return { names: names.split(' '), read: () => said }
}

function value(names: string, takes: string, read: Option['read']): Option {
  return { names: names.split(' '), value: 'needed', takes, read }
}

function refused(names: string, refusal: string, value?: 'needed'): Option {
  return { names: names.split(' '), refusal, ...(value && { value }), read: () => undefined }
}

const COMPRESSIONS: readonly Compression[] = ['none', 'ans', 'deflate', 'custom']

function readColors(text: string): Said['fixedColors'] | undefined {
  const entries = text.split(',').map((entry) => entry.trim())
  if (entries.length > 16 || !entries.every((entry) => /^(?:#?[0-9a-f]{6}|x?)$/i.test(entry))) return undefined
  return Array.from({ length: 16 }, (_, index) => {
    const digits = /[0-9a-f]{6}/i.exec(entries[index] ?? '')?.[0]
    if (digits === undefined) return null
    const color = parseInt(digits, 16)
    return [color >> 16, (color >> 8) & 255, color & 255]
  })
}

/** Some Lua writes 102 as `102.0`. */
function readPixels(text: string): number | undefined {
  const pixels = /^\d{1,4}(?:\.0+)?$/.test(text) ? Number(text) : 0
  return pixels >= 1 && pixels <= MAX_SIDE ? pixels : undefined
}

function readFrameRate(text: string): number | undefined {
  const [, numerator, denominator = '1'] = /^(\d{1,7}(?:\.\d{1,6})?)(?:\/(\d{1,7}))?$/.exec(text) ?? []
  const rate = Number(numerator) / Number(denominator)
  return rate > 0 && rate <= MAX_FRAME_RATE ? rate : undefined
}
