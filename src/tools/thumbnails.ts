import { z } from 'zod'
import { ffmpegCommand, inputFrom } from './ffmpeg-command.ts'
import { guardsWith } from './input-guards.ts'
import { refuseField, filmOf, sourceField } from './source-field.ts'
import { squareSize, type ShownPicture } from './shown-picture.ts'
import { momentsOf, MOST_PICTURES, type Moments } from './thumbnail-moments.ts'
import { spriteTrack } from './thumbnail-track.ts'
import type { ArtifactSpec, Command, Plan, Tool, Workspace } from './tool.ts'
import { evenSize } from './transcode.ts'

const side = z.int().min(16).max(4096)

const input = z.strictObject({
  source: sourceField,
  count: z.int().min(1).max(MOST_PICTURES).optional().describe('How many pictures, evenly over the film; 12 unless this, every_seconds or at_seconds is given'),
  every_seconds: z.number().min(0.1).max(86_400).optional().describe('One picture for so many seconds, from the beginning on'),
  at_seconds: z.array(z.number().min(0).max(86_400)).min(1).max(100).optional().describe('The moments themselves'),
  layout: z.enum(['single', 'contact_sheet', 'sprite']).default('single')
    .describe('single: a file each; contact_sheet: all in one picture; sprite: sheets for a player’s bar, with thumbnails.vtt that says where each one is'),
  width: side.default(320).describe('Pixels of one picture at most; it keeps its aspect'),
  height: side.optional().describe('Pixels of one picture at most'),
  format: z.enum(['jpeg', 'png', 'webp']).default('jpeg').describe('The kind of picture'),
  columns: z.int().min(1).max(20).optional().describe('Pictures side by side on a sheet; 4 on a contact sheet and 10 on a sprite unless given'),
  times: z.boolean().default(false).describe('Write into each picture when it is'),
})

export type ThumbnailsInput = z.infer<typeof input>

/** Still pictures out of a film, to see at a glance what is in it. */
export const thumbnailsTool: Tool<ThumbnailsInput> = {
  name: 'thumbnails',
  title: 'Take pictures out of a video: thumbnails, a contact sheet, a sprite for players',
  input,
  check,
  sources: ({ source }) => [source],
  requires: ({ format, layout, times }) => ({
    encoders: [ENCODERS[format].name, ...(layout === 'single' ? [] : ['png'])], muxers: ['image2'],
    filters: ['scale', 'setsar', ...(layout === 'single' ? [] : ['tile']), ...(times ? ['drawtext'] : [])],
    ...(times && { fonts: true }),
  }),
  presets: [
    { name: 'twelve', title: 'Twelve pictures', input: { count: 12 } },
    { name: 'poster', title: 'One large picture', input: { count: 1, width: 1280 } },
    { name: 'contact-sheet', title: 'A contact sheet with times', input: { count: 20, layout: 'contact_sheet', columns: 4, times: true } },
    { name: 'player-bar', title: 'For a player’s bar: sprite and WebVTT, every 10 s', input: { every_seconds: 10, layout: 'sprite', width: 160 } },
  ],
  plan,
}

function check({ count, every_seconds, at_seconds, layout, columns, times }: ThumbnailsInput): void {
  const given = Object.entries({ count, every_seconds, at_seconds }).filter(([, value]) => value !== undefined).map(([name]) => name)
  if (given.length > 1) refuseField(given[1]!, `cannot be given together with ${given[0]}`, 'Send one of them')
  if (at_seconds && layout === 'sprite') refuseField('at_seconds', 'means nothing for a sprite, whose pictures stand for equal parts of the film', 'Send count or every_seconds')
  if (columns !== undefined && layout === 'single') refuseField('columns', 'means nothing for single pictures', 'Send layout contact_sheet or sprite')
  if (times && layout === 'sprite') refuseField('times', 'means nothing for a sprite: the player shows the time')
}

async function plan(wanted: ThumbnailsInput, workspace: Workspace): Promise<Plan> {
  const file = workspace.inputs[0]!
  const picture = filmOf(await workspace.probe(file))
  const moments = momentsOf(wanted, picture)
  const size = evenSize(squareSize(picture), { width: wanted.width, height: wanted.height })
  const isSingle = wanted.layout === 'single'
  const shots = { file, picture, moments, size, times: wanted.times, format: isSingle ? wanted.format : 'png' } as const
  const taken = moments.step !== undefined && moments.step < SEEK_SECONDS ? [passCommand(shots, workspace)] : seekCommands(shots, workspace)
  const told = { count: moments.seconds.length, ...size, seconds: moments.seconds }
  if (isSingle) {
    return { commands: taken, artifacts: moments.seconds.map((_, index) => pictureArtifact(`thumbnail_${numbered(index + 1)}`, wanted.format)), result: told }
  }
  const columns = Math.min(moments.seconds.length, wanted.columns ?? (wanted.layout === 'sprite' ? 10 : 4))
  const rows = wanted.layout === 'sprite' ? Math.min(Math.ceil(moments.seconds.length / columns), SPRITE_ROWS) : Math.ceil(moments.seconds.length / columns)
  assertSheetFits({ width: size.width * columns, height: size.height * rows })
  const count = Math.ceil(moments.seconds.length / (columns * rows))
  const name = wanted.layout === 'sprite' ? 'sprite' : 'contact_sheet'
  const sheets = Array.from({ length: count }, (_, index) => pictureArtifact(count === 1 ? name : `${name}_${numbered(index + 1)}`, wanted.format))
  const track = wanted.layout === 'sprite'
    ? [{ file: 'thumbnails.vtt', text: spriteTrack(moments, { ...size, columns, rows, sheets: sheets.map((sheet) => sheet.file) }) }]
    : []
  return {
    commands: [...taken, sheetCommand({ columns, rows, count, format: wanted.format, pattern: count === 1 ? `${name}.${EXTENSIONS[wanted.format]}` : `${name}_%03d.${EXTENSIONS[wanted.format]}` }, workspace)],
    files: track,
    artifacts: [...sheets, ...track.map(({ file: name }) => ({ file: name, contentType: 'text/vtt' }))],
    result: { ...told, columns, rows },
  }
}

/** From so many seconds between two pictures on, it is less work to go to each than to decode what is between them. */
const SEEK_SECONDS = 4
/** Decoders that are open at the same time. */
const SEEKS_A_COMMAND = 8
const SPRITE_ROWS = 10
const MOST_SHEET_SIDE = 16_383
const MOST_SHEET_PIXELS = 100_000_000

type PictureFormat = ThumbnailsInput['format']

const EXTENSIONS: Readonly<Record<PictureFormat, string>> = { jpeg: 'jpg', png: 'png', webp: 'webp' }

const ENCODERS: Readonly<Record<PictureFormat, { readonly name: string; readonly args: readonly string[] }>> = {
  jpeg: { name: 'mjpeg', args: ['-q:v', '3', '-pix_fmt', 'yuvj420p'] },
  png: { name: 'png', args: ['-pix_fmt', 'rgb24', '-pred', 'up'] },
  webp: { name: 'libwebp', args: ['-pix_fmt', 'yuv420p', '-quality', '80'] },
}

interface Shots {
  readonly file: string
  readonly picture: ShownPicture
  readonly moments: Moments
  readonly size: { readonly width: number; readonly height: number }
  readonly times: boolean
  readonly format: PictureFormat
}

/** A few moments each, at once; every picture is the first one at its moment or behind it. */
function seekCommands({ file, moments, format, ...shown }: Shots, workspace: Workspace): readonly Command[] {
  const places = moments.seconds.map((seconds, index) => ({ seconds, number: index + 1 }))
  return Array.from({ length: Math.ceil(places.length / SEEKS_A_COMMAND) }, (_, at) => {
    const some = places.slice(at * SEEKS_A_COMMAND, (at + 1) * SEEKS_A_COMMAND)
    const command = ffmpegCommand([
      ...some.flatMap(({ seconds }) => inputFrom(file, '-threads', '1', '-ss', String(seconds))),
      ...some.flatMap(({ seconds, number }, index) => [
        '-map', `${index}:V:0`, '-vf', filtersFor(shown, { start: seconds }), '-frames:v', '1', ...encoding(format), '-update', '1',
        `${workspace.outputDirectory}/thumbnail_${numbered(number)}.${EXTENSIONS[format]}`,
      ]),
    ], { workspace, seconds: undefined, frames: 1 })
    return { ...command, expectedSeconds: some.length }
  })
}

/** Of equal distances that are short: all is decoded once. */
function passCommand({ file, moments, format, picture, ...shown }: Shots, workspace: Workspace): Command {
  const { seconds: [first = 0], step = 0 } = moments
  const select = `select='gte(t,${first}+selected_n*${step})',`
  return ffmpegCommand([
    ...inputFrom(file), '-map', '0:V:0', '-vf', `${select}${filtersFor({ ...shown, picture }, { start: 0 })}`, '-vsync', 'passthrough',
    '-frames:v', String(moments.seconds.length), ...encoding(format), '-start_number', '1',
    `${workspace.outputDirectory}/thumbnail_%03d.${EXTENSIONS[format]}`,
  ], { workspace, seconds: picture.seconds, frames: moments.seconds.length })
}

/** What has been taken, side by side. It was written by us, and is read by its numbers. */
function sheetCommand(
  { columns, rows, count, format, pattern }: { readonly columns: number; readonly rows: number; readonly count: number; readonly format: PictureFormat; readonly pattern: string }, workspace: Workspace,
): Command {
  const { outputDirectory } = workspace
  const command = ffmpegCommand([
    ...guardsWith({ formats: ['image2'] }), '-f', 'image2', '-framerate', '1', '-start_number', '1', '-i', `${outputDirectory}/thumbnail_%03d.png`,
    '-vf', `tile=${columns}x${rows}`, ...encoding(format), '-start_number', '1', ...(pattern.includes('%') ? [] : ['-update', '1']), `${outputDirectory}/${pattern}`,
  ], { workspace, seconds: undefined, frames: count })
  return { ...command, expectedSeconds: 2 }
}

function encoding(format: PictureFormat): readonly string[] {
  return ['-c:v', ENCODERS[format].name, ...ENCODERS[format].args, '-f', 'image2']
}

function filtersFor({ size, times }: Pick<Shots, 'size' | 'times' | 'picture'>, { start }: { readonly start: number }): string {
  const fontSize = Math.max(10, Math.round(size.height / 9))
  const time = String.raw`drawtext=text='%{pts\:gmtime\:${Math.floor(start)}\:%H\\\:%M\\\:%S}'`
  return [
    `scale=${size.width}:${size.height}`, 'setsar=1',
    ...(times ? [`${time}:fontsize=${fontSize}:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=4:x=w-tw-8:y=h-th-8`] : []),
  ].join(',')
}

function pictureArtifact(name: string, format: PictureFormat): ArtifactSpec {
  // By its name ffprobe would take a picture for one of a row.
  const demuxers = { jpeg: 'jpeg_pipe', png: 'png_pipe', webp: 'webp_pipe' } as const
  return { file: `${name}.${EXTENSIONS[format]}`, contentType: `image/${format}`, media: { isTimed: false, demuxer: demuxers[format] } }
}

function numbered(number: number): string {
  return String(number).padStart(3, '0')
}

function assertSheetFits({ width, height }: { readonly width: number; readonly height: number }): void {
  if (width <= MOST_SHEET_SIDE && height <= MOST_SHEET_SIDE && width * height <= MOST_SHEET_PIXELS) return
  refuseField('width', `makes a sheet of ${width}x${height} pixels, of which a side may have ${MOST_SHEET_SIDE} and all ${MOST_SHEET_PIXELS}`, 'Send less, or fewer pictures')
}
