import { z } from 'zod'
import { ALLOCATION_GUARD, inputGuards } from './input-guards.ts'
import { aspectOf, definedOnly, isTurned, KINDS, NotMediaError, parseJson, ratioOf, secondsOf } from './media-info.ts'

/** All that ffprobe tells of a file, for people and their programs; the names are those of the wire. */
export interface MediaReport {
  /** ffprobe's format names, comma-separated as it prints them. */
  readonly format: string
  readonly format_title?: string
  /** Absent where the file does not tell. */
  readonly duration_seconds?: number
  /** Bytes. */
  readonly size: number
  readonly bits_per_second?: number
  readonly streams: readonly StreamReport[]
  readonly chapters: readonly Chapter[]
  readonly tags: Readonly<Record<string, string>>
}

export interface StreamReport {
  readonly index: number
  readonly kind: (typeof KINDS)[number]
  readonly codec: string
  readonly codec_title?: string
  readonly profile?: string
  readonly duration_seconds?: number
  readonly bits_per_second?: number
  /** Pixels, as players show it: turned where it is to be turned. */
  readonly width?: number
  readonly height?: number
  /** Degrees, clockwise, by which it is turned: 90, 180 or 270. */
  readonly rotation?: number
  /** Width of a pixel by its height; absent where they are square. */
  readonly pixel_aspect?: number
  readonly fps?: number
  readonly frames?: number
  readonly pixel_format?: string
  readonly color_transfer?: string
  /** Hz. */
  readonly sample_rate?: number
  readonly channels?: number
  readonly channel_layout?: string
  /** ISO 639-2. */
  readonly language?: string
  readonly is_default?: true
  /** A cover picture, not moving picture. */
  readonly is_attached_picture?: true
  readonly tags?: Readonly<Record<string, string>>
}

export interface Chapter {
  readonly start_seconds: number
  readonly end_seconds: number
  readonly title?: string
}

/** The arguments with which ffprobe prints what `parseMediaReport` reads, as JSON on its stdout. */
export function reportArgs(file: string): readonly string[] {
  return ['-v', 'error', ...ALLOCATION_GUARD, ...inputGuards(), '-show_format', '-show_streams', '-show_chapters', '-of', 'json', '-i', file]
}

/** What ffprobe printed. Throws a NotMediaError where there is no stream in it. */
export function parseMediaReport(ffprobeJson: string): MediaReport {
  const report = reportSchema.safeParse(parseJson(ffprobeJson))
  const streams = report.success ? report.data.streams.flatMap(streamReport) : []
  if (!report.success || streams.length === 0) throw new NotMediaError()
  const { format = {}, chapters } = report.data
  return {
    format: format.format_name ?? '',
    ...definedOnly({ format_title: plain(format.format_long_name), duration_seconds: secondsOf(format.duration) }),
    size: format.size ?? 0,
    ...definedOnly({ bits_per_second: format.bit_rate }),
    streams,
    chapters: chapters.slice(0, MOST_CHAPTERS).flatMap(({ start_time, end_time, tags }) => (start_time === undefined || end_time === undefined ? []
      : [{ start_seconds: start_time, end_seconds: end_time, ...definedOnly({ title: plain(tags?.title) }) }])),
    tags: cleanTags(format.tags),
  }
}

const MOST_CHAPTERS = 1000
const MOST_TAGS = 64

const text = z.string().optional().catch(undefined)
const count = z.coerce.number().int().positive().optional().catch(undefined)
const moment = z.coerce.number().finite().optional().catch(undefined)
const tags = z.record(z.string(), z.unknown()).optional().catch(undefined)

const streamSchema = z.object({
  index: z.coerce.number().int().min(0).catch(0),
  codec_type: text, codec_name: text, codec_long_name: text, profile: text, duration: text, bit_rate: count,
  width: count, height: count, sample_aspect_ratio: text, avg_frame_rate: text, nb_frames: count, pix_fmt: text, color_transfer: text,
  sample_rate: count, channels: count, channel_layout: text, tags,
  disposition: z.record(z.string(), z.unknown()).optional().catch(undefined),
  side_data_list: z.array(z.object({ rotation: z.number().optional().catch(undefined) })).optional().catch(undefined),
})

const reportSchema = z.object({
  streams: z.array(streamSchema).default([]).catch([]),
  chapters: z.array(z.object({ start_time: moment, end_time: moment, tags })).default([]).catch([]),
  format: z.object({ format_name: text, format_long_name: text, duration: text, size: count, bit_rate: count, tags }).optional().catch(undefined),
})

function streamReport(stream: z.infer<typeof streamSchema>): StreamReport[] {
  const kind = KINDS.find((known) => known === stream.codec_type)
  if (kind === undefined) return []
  const turned = isTurned(stream.side_data_list)
  const rotation = stream.side_data_list?.find((side) => side.rotation !== undefined)?.rotation ?? 0
  const cleaned = cleanTags(stream.tags)
  const { language, ...others } = cleaned
  return [{
    index: stream.index, kind, codec: stream.codec_name ?? 'unknown',
    ...definedOnly({
      codec_title: plain(stream.codec_long_name), profile: plain(stream.profile),
      // Matroska tells these of a stream in tags only.
      duration_seconds: secondsOf(stream.duration) ?? secondsOf(stream.tags?.DURATION), bits_per_second: stream.bit_rate ?? count.parse(stream.tags?.BPS),
      width: turned ? stream.height : stream.width, height: turned ? stream.width : stream.height,
      // ffprobe counts the other way round.
      rotation: (360 - (((Math.round(rotation) % 360) + 360) % 360)) % 360 || undefined,
      pixel_aspect: rounded(aspectOf(stream.sample_aspect_ratio, { turned })), fps: kind === 'video' ? rounded(ratioOf(stream.avg_frame_rate)) : undefined, frames: stream.nb_frames,
      pixel_format: stream.pix_fmt, color_transfer: stream.color_transfer,
      sample_rate: stream.sample_rate, channels: stream.channels, channel_layout: plain(stream.channel_layout),
      language: language === 'und' ? undefined : language,
      is_default: stream.disposition?.default === 1 ? true as const : undefined, is_attached_picture: stream.disposition?.attached_pic === 1 ? true as const : undefined,
      tags: Object.keys(others).length > 0 ? others : undefined,
    }),
  }]
}

/** What containers and muxers note for themselves. */
const INTERNAL = /^(?:major_brand|minor_version|compatible_brands|handler_name|vendor_id|duration|bps|number_of_(?:frames|bytes)|_statistics_.*)(?:-\w+)?$/

/** Names in lower case; nothing in names and values that a terminal or a page could take for more than text. */
function cleanTags(found: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, string>> {
  const kept = Object.entries(found ?? {}).map(([name, value]) => [plain(name)?.toLowerCase() ?? '', plain(value)] as const)
    .filter(([name, value]) => name !== '' && name !== '__proto__' && value !== undefined && !INTERNAL.test(name))
  return Object.fromEntries(kept.slice(0, MOST_TAGS)) as Record<string, string>
}

function plain(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const shown = value.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ').replaceAll(/\s+/g, ' ').trim()
  return shown === '' ? undefined : shown.slice(0, 1000)
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 1000) / 1000
}
