import { z } from 'zod'
import { concatGraph, type Part } from './concat-graph.ts'
import { copiedParts } from './concat-copy.ts'
import { isStill } from './expected-length.ts'
import { ffmpegCommand, inputFrom } from './ffmpeg-command.ts'
import { declaresLength } from './media-check.ts'
import { qualityField, VIDEO_ENCODERS } from './media-encoders.ts'
import { findFormat } from './media-formats.ts'
import { NotMediaError } from './media-info.ts'
import { shownPicture, squareSize } from './shown-picture.ts'
import { colorField, refuseField, soundOf, sourceField } from './source-field.ts'
import type { DeclaredSeconds, MediaInfo, Plan, Tool, Workspace } from './tool.ts'
import { evenSize } from './transcode.ts'

const MOST_SIDE = 8192
const side = z.int().min(16).max(MOST_SIDE).optional()

const input = z.strictObject({
  sources: z.array(sourceField).min(2).max(100).describe('What stands one behind the other: films, songs and pictures, each an http or https URL, upload:ID or job:ID/ARTIFACT'),
  width: side.describe('Pixels; those of the first film unless given'),
  height: side.describe('Pixels; those of the first film unless given'),
  fps: z.number().min(1).max(120).optional().describe('Frames per second; those of the first film unless given'),
  background: colorField.default('#000000').describe('What is around a picture of another shape, such as #000000'),
  picture_seconds: z.number().min(0.1).max(3600).default(5).describe('How long a picture that does not move is shown'),
  crossfade_seconds: z.number().min(0).max(10).default(0).describe('How long one fades into the next; the whole becomes shorter by that'),
  quality: qualityField.describe('How good the picture is, whatever size that takes'),
  exact: z.boolean().default(true)
    .describe('true: encoded anew, and made to fit. false: copied as they are, at once and without loss, which takes sources that are all alike'),
})

export type ConcatInput = z.infer<typeof input>

/** Films, songs and pictures become one film; songs alone one song. */
export const concatTool: Tool<ConcatInput> = {
  name: 'concat',
  title: 'Join videos, songs and pictures one behind the other',
  input,
  check,
  sources: ({ sources }) => sources,
  requires: ({ exact, crossfade_seconds }) => (exact
    ? {
        encoders: [VIDEO_ENCODERS.h264.name, 'aac'], muxers: ['mp4', 'ipod'],
        filters: ['concat', 'fps', 'scale', 'pad', 'setsar', 'format', 'loop', 'color', 'anullsrc', 'aresample', ...(crossfade_seconds > 0 ? ['xfade', 'acrossfade', 'tpad', 'apad'] : [])],
      }
    : { muxers: ['matroska'] }),
  presets: [
    { name: 'join', title: 'One behind the other', input: {} },
    { name: 'crossfade', title: 'Each fades into the next', input: { crossfade_seconds: 1 } },
    { name: 'slideshow', title: 'A slideshow in 1080p', input: { width: 1920, height: 1080, fps: 30, picture_seconds: 4, crossfade_seconds: 1 } },
    { name: 'copy', title: 'At once, without loss', input: { exact: false } },
  ],
  plan,
}

const MEANS_NOTHING_FOR_A_COPY = ['width', 'height', 'fps', 'crossfade_seconds'] as const

function check(wanted: ConcatInput): void {
  if (wanted.exact) return
  const field = MEANS_NOTHING_FOR_A_COPY.find((name) => (wanted[name] ?? 0) !== 0)
  if (field !== undefined) refuseField(field, 'cannot be had of a copy', 'Send exact: true')
}

async function plan(wanted: ConcatInput, workspace: Workspace): Promise<Plan> {
  const infos = await probeAll(workspace)
  const film = infos.find(isFilm)
  const hasPicture = film !== undefined || infos.some(isStill)
  if (!hasPicture) infos.forEach((info, index) => soundOf(info, `sources[${index}]`))
  const parts = infos.map((info): Part => partOf(info, wanted))
  assertLongEnough(parts, wanted.crossfade_seconds)
  const seconds = totalOf(parts.map((part) => part.seconds), wanted)
  const format = findFormat(wanted.exact ? (hasPicture ? 'mp4' : 'm4a') : (hasPicture ? 'mkv' : 'mka'), 'exact')
  const file = `${hasPicture ? 'video' : 'audio'}.${format.name}`
  const output = ['-map_chapters', '-1', '-f', format.muxer, `${workspace.outputDirectory}/${file}`]
  const media = { isTimed: true, declaredSeconds: declaredSeconds(infos, seconds) }
  const artifacts = [{ file, contentType: format.contentType, media }]
  const told = { sources: infos.length, ...(seconds !== undefined && { duration_seconds: Math.round(seconds * 1000) / 1000 }) }
  if (!wanted.exact) {
    return { commands: [ffmpegCommand([...copiedParts(infos, workspace), ...output], { workspace, seconds })], artifacts, result: told }
  }
  const frame = hasPicture ? frameOf(wanted, film ?? infos.find(isStill)!) : undefined
  const { graph, maps } = concatGraph(parts, { frame, background: wanted.background, crossfadeSeconds: wanted.crossfade_seconds })
  const { name, args, crf } = VIDEO_ENCODERS.h264
  const encoding = [
    ...(frame === undefined ? [] : ['-c:v', name, ...args, '-crf', String(crf[wanted.quality])]), '-c:a', 'aac', '-b:a', '192k', '-movflags', '+faststart',
  ]
  return {
    commands: [ffmpegCommand([
      ...workspace.inputs.flatMap((staged) => inputFrom(staged)), '-filter_complex', graph, ...maps.flatMap((label) => ['-map', label]), ...encoding, ...output,
    ], { workspace, seconds })],
    artifacts,
    result: { ...told, ...frame },
  }
}

async function probeAll({ inputs, probe }: Workspace): Promise<readonly MediaInfo[]> {
  const infos: MediaInfo[] = []
  for (const [index, file] of inputs.entries()) {
    infos.push(await probe(file).catch((error: unknown) => {
      if (error instanceof NotMediaError) refuseField(`sources[${index}]`, 'is no media file that ffmpeg can read', error.hint)
      throw error
    }))
  }
  return infos
}

function isFilm(info: MediaInfo): boolean {
  return !isStill(info) && info.streams.some(({ kind, isAttachedPicture, width }) => kind === 'video' && isAttachedPicture !== true && width !== undefined)
}

function partOf(info: MediaInfo, { picture_seconds }: ConcatInput): Part {
  const hasSound = info.streams.some(({ kind }) => kind === 'audio')
  if (isStill(info)) return { picture: 'still', hasSound: false, seconds: picture_seconds }
  return { picture: isFilm(info) ? 'film' : 'none', hasSound, seconds: info.durationSeconds }
}

function totalOf(lengths: readonly (number | undefined)[], { crossfade_seconds }: ConcatInput): number | undefined {
  const known = lengths.filter((seconds) => seconds !== undefined)
  if (known.length < lengths.length) return undefined
  return known.reduce((sum, seconds) => sum + seconds, 0) - crossfade_seconds * (lengths.length - 1)
}

/** Where all sources are to be believed, the whole is as long as they say. */
function declaredSeconds(infos: readonly MediaInfo[], seconds: number | undefined): DeclaredSeconds {
  return seconds !== undefined && infos.every((info) => isStill(info) || declaresLength(info)) ? { video: seconds, audio: seconds } : {}
}

function assertLongEnough(parts: readonly Part[], crossfadeSeconds: number): void {
  if (crossfadeSeconds === 0) return
  parts.forEach(({ seconds }, index) => {
    if (seconds === undefined) refuseField('crossfade_seconds', `cannot be had: sources[${index}] does not tell how long it is`, 'Send 0')
    // What stands between two others fades in and out.
    const least = crossfadeSeconds * (index === 0 || index === parts.length - 1 ? 1 : 2)
    if (seconds < least) refuseField('crossfade_seconds', `is too long: sources[${index}] has ${Math.round(seconds * 100) / 100} s and needs ${least}`)
  })
}

function frameOf({ width, height, fps }: ConcatInput, first: MediaInfo) {
  const picture = shownPicture(first)
  const own = squareSize(picture)
  const size = evenSize({
    width: width ?? (height === undefined ? own.width : (own.width * height) / own.height),
    height: height ?? (width === undefined ? own.height : (own.height * width) / own.width),
  }, { width: MOST_SIDE, height: MOST_SIDE })
  const rate = isStill(first) ? undefined : picture.stream.framesPerSecond
  return { ...size, fps: fps ?? Math.min(120, Math.max(1, Math.round((rate ?? 25) * 1000) / 1000)) }
}
