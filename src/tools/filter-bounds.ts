import {
  MAX_SECONDS, MAX_SIDE, anyOf, duration, frameRate, oneOf, parseDuration, pattern, pictureSize, wholeNumber,
} from './option-values.ts'
import type { ValueRule } from './option-values.ts'

/** What the value of that option may be, where it decides over memory or time; undefined where any will do. */
export function boundOf(filter: string, key: string): ValueRule | undefined {
  const shared = EXCEPTIONS.has(`${filter}.${key}`) ? undefined : KEYS_OF_ALL.get(key)
  return BOUNDS.get(`${filter}.${key}`) ?? shared
}

/**
 * ffmpeg computes many values at run time, frame by frame, and nothing stops it inside one frame: loops are refused
 * wherever they stand. ffmpeg drops all space first, so `w hile (1,0)` is a loop too.
 */
export function complaintAboutExpression(value: string): string | undefined {
  const loop = /(?<![A-Za-z0-9_])(while|taylor|root|st|ld|print)\(/.exec(value.replaceAll(/\s/g, ''))
  return loop === null ? undefined : `cannot use ${loop[1]}() in an expression, since it may never end`
}

/** Values that look like a path or an address, in an option that takes neither. */
export function complaintAboutPath(value: string): string | undefined {
  return /^\s*(?:\.{0,2}\/|~|\\)/.test(value) || /:\/\//.test(value)
    ? 'takes no path and no address'
    : undefined
}

/** An expression in which no number is larger than `most`. */
function numbersUpTo(most: number): ValueRule {
  return (value) => {
    for (const [, number, unit = ''] of value.matchAll(NUMBER)) {
      if (/^[khKMGTPEZY]/.test(unit) || !(Number(number) <= most)) return `takes numbers up to ${most}, written without a unit`
    }
    return undefined
  }
}

const NUMBER = /(?<![A-Za-z_\d.])(0x[\da-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([a-z]*)/gi

const side = numbersUpTo(MAX_SIDE)
const rate = anyOf('a frame rate of at most 240', frameRate, pattern(/^source_fps(\*\d{1,2}(\.\d+)?|\/\d+(\.\d+)?)?$/, ''))
const streams = wholeNumber(0, 32)
const sampleRate = wholeNumber(0, 768_000)
const samples = wholeNumber(-1, 20_000_000_000)

/** A time that ffmpeg takes as a number of seconds or as a clock. */
const span: ValueRule = (value) => duration(value.replace(/^-1$/, '0'))

const tiles: ValueRule = (value) => {
  const [, columns, rows] = /^(\d{1,3})x(\d{1,3})$/.exec(value) ?? []
  return Number(columns) * Number(rows) <= 400 ? undefined : 'takes columns x rows, at most 400 tiles'
}

const frames: ValueRule = (value) => {
  const factors = /^\d{1,9}(?:\.\d+)?(?:\*\d{1,9}(?:\.\d+)?)?$/.test(value) ? value.split('*') : ['NaN']
  return factors.reduce((product, factor) => product * Number(factor), 1) <= 10_000
    ? undefined
    : 'takes a number of frames of at most 10000'
}

const BOUNDS: ReadonlyMap<string, ValueRule> = new Map<string, ValueRule>([
  ...['scale', 'scale2ref', 'zscale', 'pad', 'v360', 'crop', 'rotate'].flatMap((filter) =>
    ['w', 'h', 'width', 'height', 'out_w', 'out_h'].map((key): [string, ValueRule] => [`${filter}.${key}`, side])),
  ['fps.fps', rate],
  ['minterpolate.fps', rate],
  ['framerate.fps', rate],
  ['zoompan.fps', rate],
  ['zoompan.d', frames],
  ['zoompan.s', pictureSize],
  ['loop.loop', wholeNumber(-1, 100_000)],
  ['loop.size', wholeNumber(0, 1000)],
  ['aloop.loop', wholeNumber(-1, 100_000)],
  ['aloop.size', wholeNumber(0, 50_000_000)],
  ['tpad.start', wholeNumber(0, 10_000)],
  ['tpad.stop', wholeNumber(0, 10_000)],
  ['tpad.start_duration', span],
  ['tpad.stop_duration', span],
  ['apad.pad_dur', span],
  ['apad.whole_dur', span],
  ['apad.pad_len', samples],
  ['apad.whole_len', samples],
  ['apad.packet_size', wholeNumber(0, 1_000_000)],
  ['tile.layout', tiles],
  ['tile.nb_frames', wholeNumber(0, 400)],
  ['thumbnail.n', wholeNumber(2, 1000)],
  ['tmix.frames', wholeNumber(1, 128)],
  ['nlmeans.p', wholeNumber(0, 15)],
  ['nlmeans.pc', wholeNumber(0, 15)],
  ['nlmeans.r', wholeNumber(0, 31)],
  ['nlmeans.rc', wholeNumber(0, 31)],
  ['median.radius', wholeNumber(1, 64)],
  ['median.radiusV', wholeNumber(0, 64)],
  ['setpts.expr', numbersUpTo(MAX_SECONDS)],
  ['asetpts.expr', numbersUpTo(MAX_SECONDS)],
  ['asetnsamples.nb_out_samples', wholeNumber(1, 1_000_000)],
  ['asetrate.sample_rate', numbersUpTo(768_000)],
  ['drawtext.font', pattern(/^[A-Za-z0-9 _-]{1,64}$/, 'the name of a font family')],
  ['drawtext.fontsize', numbersUpTo(2000)],
  ['drawtext.tabsize', wholeNumber(0, 100)],
  ['concat.n', wholeNumber(2, 64)],
  ['concat.v', wholeNumber(0, 16)],
  ['concat.a', wholeNumber(0, 16)],
  ['showspectrum.fps', anyOf('auto or a frame rate', oneOf('auto'), frameRate)],
  ['adelay.delays', (value) => (value.split('|').every(isDelay) ? undefined : 'takes delays of at most 24 hours, such as 500|500')],
])

/** Options that mean the same in every filter that has them, but for the exceptions. */
const KEYS_OF_ALL: ReadonlyMap<string, ValueRule> = new Map<string, ValueRule>([
  ['size', pictureSize],
  ['rate', frameRate],
  ['duration', span],
  ['inputs', streams],
  ['nb_inputs', streams],
  ['outputs', streams],
  ['sample_rate', sampleRate],
  ['out_sample_rate', sampleRate],
  ['nb_samples', samples],
  ['win_size', wholeNumber(16, 65_536)],
])

/** Here the word means something else, such as how many of its inputs an amix lasts. */
const EXCEPTIONS: ReadonlySet<string> = new Set([
  'deflicker.size', 'anequalizer.size', 'monochrome.size', 'amix.duration', 'mix.duration', 'interleave.duration', 'ainterleave.duration',
])

/** Milliseconds, or `500S` samples, or `1.5s`. */
function isDelay(text: string): boolean {
  const [, digits, unit] = /^\s*(\d{1,12}(?:\.\d+)?)([sS]?)\s*$/.exec(text) ?? []
  const seconds = parseDuration(digits ?? '')
  const unitsPerSecond = unit === 's' ? 1 : unit === 'S' ? 48_000 : 1000
  return seconds !== undefined && seconds <= MAX_SECONDS * unitsPerSecond
}
