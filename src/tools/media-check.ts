import { isStill, limitOf, type ProbedSource } from './expected-length.ts'
import { lastSeconds, lastValue, type CheckedArguments } from './ffmpeg-arguments.ts'
import type { MediaFormat } from './media-formats.ts'
import type { DeclaredSeconds, MediaCheck, MediaInfo } from './tool.ts'

/** How it is told that an output of ffmpeg is whole; undefined where ffprobe cannot open such a file. */
export function mediaCheck(inputs: readonly ProbedSource[], args: CheckedArguments, format: MediaFormat): MediaCheck | undefined {
  if (HEADLESS.has(format.name)) return undefined
  if (!TELLS_LENGTH.has(format.muxer) || !isPlain(args) || !inputs.every(isPlainSource)) {
    const demuxer = DEMUXERS.get(format.name)
    return { isTimed: false, ...(demuxer !== undefined && { demuxer }) }
  }
  return { isTimed: true, declaredSeconds: declaredSeconds(inputs, args) }
}

/** Sound without a head, and pictures that ffprobe knows by their name only. */
const HEADLESS: ReadonlySet<string> = new Set(['dfpwm', 's8', 'u8', 's16le', 'f32le', 'tga'])

/** By its name ffprobe would take it for a row of pictures, of which it must not read the others. */
const DEMUXERS: ReadonlyMap<string, string> = new Map([['jpg', 'jpeg_pipe'], ['jpeg', 'jpeg_pipe']])

/** Of other files ffprobe guesses the length from their size, or does not tell it. */
const TELLS_LENGTH: ReadonlySet<string> = new Set([
  'mp4', 'ipod', 'mov', '3gp', 'matroska', 'webm', 'avi', 'mpegts', 'ogg', 'opus', 'mp3', 'wav', 'flac', 'aiff', 'caf', 'w64', 'tta', 'wv', 'asf',
])

/** Options under which a file may be shorter than what went into it, or not tell its length, and yet be as asked for. */
const UNTIMED: ReadonlySet<string> = new Set([
  'frames', 'vframes', 'aframes', 'dframes', 'bsf', 'absf', 'vbsf', 'copyts', 'vsync', 'fps_mode', 'fflags', 'movflags', 'use_editlist',
  'live', 'dash', 'write_xing', 'write_header', 'write_index', 'reserve_index_space', 'timestamp',
])

const KEEPS_TIME: ReadonlySet<string> = new Set([
  'acompressor', 'aformat', 'afade', 'alimiter', 'anull', 'aresample', 'asplit', 'bass', 'boxblur', 'crop', 'curves', 'drawbox', 'drawtext',
  'dynaudnorm', 'eq', 'equalizer', 'fade', 'format', 'fps', 'gblur', 'hflip', 'highpass', 'hue', 'loudnorm', 'lowpass', 'noise', 'null', 'pad',
  'pan', 'rotate', 'scale', 'setdar', 'setsar', 'split', 'transpose', 'treble', 'unsharp', 'vflip', 'vignette', 'volume', 'yadif',
])

function isPlain({ options, filters }: CheckedArguments): boolean {
  // A copy can only begin with a key frame.
  const isCutCopy = options.some(({ name, value }) => /codec$|^c$/.test(name) && value === 'copy') && options.some(({ name }) => name === 'ss')
  return !isCutCopy && filters.every((name) => KEEPS_TIME.has(name))
    && options.every(({ name, value }) => !UNTIMED.has(name) || (name === 'movflags' && /^\+?faststart$/.test(value)))
}

function isPlainSource({ info, loop, frame_rate }: ProbedSource): boolean {
  return loop !== true && frame_rate === undefined && !isStill(info)
}

/** Formats that say how long they are, and are right; of the others the length is a guess, or where they happen to end. */
const DECLARING = /^mov,|^matroska,|^avi$|^flac$/

/** Of each kind of stream what the shortest one of the sources is said to give. */
function declaredSeconds(inputs: readonly ProbedSource[], args: CheckedArguments): DeclaredSeconds {
  const video = shortest(inputs, args, 'video')
  const audio = shortest(inputs, args, 'audio')
  const both = [video, audio].filter((seconds) => seconds !== undefined)
  if (lastValue(args, 'shortest') !== undefined) return both.length === 0 ? {} : { video: Math.min(...both), audio: Math.min(...both) }
  return { ...(video !== undefined && { video }), ...(audio !== undefined && { audio }) }
}

function shortest(inputs: readonly ProbedSource[], args: CheckedArguments, kind: 'video' | 'audio'): number | undefined {
  const lengths = inputs.flatMap(({ info, seek_seconds = 0, duration_seconds = Infinity }) =>
    streamLengths(info, kind).map((seconds) => seconds && Math.min(seconds - seek_seconds, duration_seconds)))
  const known = lengths.filter((seconds) => seconds !== undefined)
  if (known.length === 0 || known.length < lengths.length) return undefined
  return Math.max(0, Math.min(Math.min(...known) - (lastSeconds(args, 'ss') ?? 0), limitOf(args) ?? Infinity))
}

/** Whether such a file says how long it is, and is right. */
export function declaresLength({ format }: MediaInfo): boolean {
  return DECLARING.test(format)
}

function streamLengths(info: MediaInfo, kind: 'video' | 'audio'): readonly (number | undefined)[] {
  const streams = info.streams.filter(({ isAttachedPicture, kind: each }) => isAttachedPicture !== true && (each === 'video' || each === 'audio'))
  const whole = streams.length === 1 ? info.durationSeconds : undefined
  return streams.filter((stream) => stream.kind === kind).map(({ durationSeconds = whole }) => (declaresLength(info) ? durationSeconds : undefined))
}
