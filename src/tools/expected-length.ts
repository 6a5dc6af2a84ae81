import type { CheckedArguments } from './ffmpeg-arguments.ts'
import { lastSeconds, lastValue } from './ffmpeg-arguments.ts'
import type { FfmpegSource } from './ffmpeg-input.ts'
import type { MediaFormat } from './media-formats.ts'
import type { MediaInfo } from './tool.ts'

/** How much an output will hold; null where nobody can tell before it is made. */
export interface ExpectedLength {
  readonly seconds: number | null
  readonly frames: number | null
}

export interface ProbedSource extends FfmpegSource {
  readonly info: MediaInfo
}

export function expectedLength(inputs: readonly ProbedSource[], args: CheckedArguments, format: MediaFormat): ExpectedLength {
  const frames = format.kind === 'picture' ? 1 : frameCount(args)
  if (frames !== null || args.changesDuration) return { seconds: limitOf(args) ?? null, frames }
  const lengths = mapped(inputs, args).map(lengthOf).filter((seconds) => seconds !== 0)
  const isKnown = lengths.length > 0 && !lengths.includes(null)
  const known = lengths.filter((seconds) => seconds !== null)
  const longest = isShortest(args) ? Math.min(...known) : Math.max(...known)
  const start = lastSeconds(args, 'ss') ?? 0
  const seconds = Math.min(isKnown ? Math.max(0, longest - start) : Infinity, limitOf(args) ?? Infinity)
  // Pictures alone are over after their one frame, whatever the limit says.
  return { seconds: lengths.length > 0 && seconds > 0 && Number.isFinite(seconds) ? seconds : null, frames: null }
}

/** A still picture, which is one frame unless it is looped. */
export function isStill(info: MediaInfo): boolean {
  return info.format.split(',').some((name) => name.endsWith('_pipe')) || info.format === 'ico'
}

function frameCount(args: CheckedArguments): number | null {
  const value = args.options.findLast(({ name, stream }) =>
    name === 'vframes' || (name === 'frames' && /^(v|V|$)/.test(stream)))?.value
  return value === undefined ? null : Number(value)
}

/** What `-t` or `-to` allow; ffmpeg prefers `-t` where both stand. */
export function limitOf(args: CheckedArguments): number | undefined {
  const end = lastSeconds(args, 'to')
  return lastSeconds(args, 't') ?? (end === undefined ? undefined : Math.max(0, end - (lastSeconds(args, 'ss') ?? 0)))
}

function isShortest(args: CheckedArguments): boolean {
  return lastValue(args, 'shortest') !== undefined
}

/** The inputs that `-map` names, or all. */
function mapped(inputs: readonly ProbedSource[], args: CheckedArguments): readonly ProbedSource[] {
  const maps = args.options.filter(({ name, value }) => name === 'map' && !value.startsWith('-'))
  if (maps.length === 0 || maps.some(({ value }) => value.startsWith('['))) return inputs
  const indices = new Set(maps.map(({ value }) => Number.parseInt(value, 10)))
  return inputs.filter((_, index) => indices.has(index))
}

/** Seconds that an input gives; 0 for a still picture, Infinity where it is looped, null where nobody knows. */
function lengthOf({ info, loop, seek_seconds = 0, duration_seconds = Infinity, frame_rate }: ProbedSource): number | null {
  if (loop === true) return duration_seconds
  if (isStill(info)) return 0
  const known = info.durationSeconds
  if (known === undefined) return Number.isFinite(duration_seconds) ? duration_seconds : null
  const own = Math.min(Math.max(0, known - seek_seconds), duration_seconds)
  const rate = info.streams.find(({ kind, isAttachedPicture }) => kind === 'video' && isAttachedPicture !== true)?.framesPerSecond
  return frame_rate === undefined ? own : rate === undefined ? null : own * rate / frame_rate
}
