import { z } from 'zod'
import { HubError } from '../errors.ts'
import { ALLOCATION_GUARD, inputGuards } from './input-guards.ts'
import type { MediaInfo, MediaStream } from './tool.ts'

/** The arguments with which ffprobe prints what `parseMediaInfo` reads, as JSON on its stdout. */
export function probeArgs(file: string, { demuxer }: { readonly demuxer?: string | undefined } = {}): readonly string[] {
  return [
    '-v', 'error', ...ALLOCATION_GUARD, ...inputGuards(),
    '-show_format', '-show_streams', '-of', 'json', ...(demuxer === undefined ? [] : ['-f', demuxer]), '-i', file,
  ]
}

/**
 * What ffprobe printed, whatever its exit code: of a file that it cannot read it prints an empty object. Throws a
 * NotMediaError where there is no stream in it.
 */
export function parseMediaInfo(ffprobeJson: string): MediaInfo {
  const report = reportSchema.safeParse(parseJson(ffprobeJson))
  const streams = report.success ? report.data.streams.flatMap(toStream) : []
  if (!report.success || streams.length === 0) throw new NotMediaError()
  const longestStream = Math.max(0, ...streams.map(({ durationSeconds }) => durationSeconds ?? 0))
  const durationSeconds = secondsOf(report.data.format?.duration) ?? (longestStream > 0 ? longestStream : undefined)
  return {
    format: report.data.format?.format_name ?? '',
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    streams,
  }
}

/** The staged file holds nothing that ffmpeg can decode. */
export class NotMediaError extends HubError {
  override name = 'NotMediaError'

  constructor() {
    super('invalid_input', 'The input is no media file that ffmpeg can read', {
      hint: 'Check that the source delivers the sound, video or picture itself and not a web page or a playlist',
    })
  }
}

const text = z.string().optional().catch(undefined)
const count = z.coerce.number().int().positive().optional().catch(undefined)

const streamSchema = z.object({
  codec_type: text,
  codec_name: text,
  duration: text,
  width: count,
  height: count,
  sample_aspect_ratio: text,
  avg_frame_rate: text,
  sample_rate: count,
  channels: count,
  pix_fmt: text,
  profile: text,
  disposition: z.record(z.string(), z.unknown()).optional().catch(undefined),
  tags: z.record(z.string(), z.unknown()).optional().catch(undefined),
  side_data_list: z.array(z.object({ rotation: z.number().optional().catch(undefined) })).optional().catch(undefined),
})

const reportSchema = z.object({
  streams: z.array(streamSchema.catch({})).default([]),
  format: z.object({ format_name: text, duration: text }).optional(),
})

export const KINDS = ['video', 'audio', 'subtitle', 'data', 'attachment'] as const

function toStream(stream: z.infer<typeof streamSchema>): MediaStream[] {
  const kind = KINDS.find((known) => known === stream.codec_type)
  if (kind === undefined) return []
  const turned = isTurned(stream.side_data_list)
  const entries = {
    // Matroska tells the duration of a stream in a tag only.
    durationSeconds: secondsOf(stream.duration) ?? secondsOf(stream.tags?.DURATION),
    width: turned ? stream.height : stream.width,
    height: turned ? stream.width : stream.height,
    framesPerSecond: ratioOf(stream.avg_frame_rate),
    sampleRate: stream.sample_rate,
    channels: stream.channels,
    pixelAspect: aspectOf(stream.sample_aspect_ratio, { turned }),
    pixelFormat: stream.pix_fmt,
    profile: stream.profile,
    isAttachedPicture: stream.disposition?.attached_pic === 1 ? true : undefined,
  }
  return [{ kind, codec: stream.codec_name ?? 'unknown', ...definedOnly(entries) }]
}

/** ffmpeg turns what it decodes, as a player does: a telephone's portrait clip is stored lying. */
export function isTurned(sides: readonly { readonly rotation?: number | undefined }[] = []): boolean {
  return sides.some(({ rotation }) => rotation !== undefined && Math.abs(rotation) % 180 === 90)
}

export function definedOnly<Entries extends object>(entries: Entries): { [Key in keyof Entries]?: Exclude<Entries[Key], undefined> } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as
    { [Key in keyof Entries]?: Exclude<Entries[Key], undefined> }
}

/** `12.5` or `00:00:12.500000000`; undefined for `N/A` and for what is not longer than nothing. */
export function secondsOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^[\d:.]+$/.test(value)) return undefined
  const total = value.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return Number.isFinite(total) && total > 0 ? total : undefined
}

/** `30000/1001`; undefined for `0/0`. */
export function ratioOf(value: string | undefined): number | undefined {
  const [numerator, denominator] = (value ?? '').split('/').map(Number)
  const result = (numerator ?? 0) / (denominator ?? 1)
  return Number.isFinite(result) && result > 0 ? result : undefined
}

/** `4:3`; undefined for `1:1`, for `0:1`, which says nothing, and for what no film has. */
export function aspectOf(value: string | undefined, { turned }: { readonly turned: boolean }): number | undefined {
  const aspect = ratioOf(value?.replace(':', '/'))
  if (aspect === undefined || aspect === 1 || aspect < 0.1 || aspect > 10) return undefined
  return turned ? 1 / aspect : aspect
}

export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
