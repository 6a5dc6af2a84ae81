import { z } from 'zod'
import { FfmpegProgressParser } from './ffmpeg-progress.ts'
import { DITHERINGS } from './gif/encoder/dithering.ts'
import {
  CAPTION_POSITIONS, FITS, GIF_FORMATS, GIF_QUALITIES, MOST_SIDE, type GifFormat, type GifSource, type GifTask,
} from './gif/gif-task.ts'
import { sourcesOf } from './gif/gif-sources.ts'
import { refuseField, sourceField } from './source-field.ts'
import type { ArtifactSpec, Plan, Requirements, Tool, Workspace } from './tool.ts'

const MOST_SOURCES = 500
const side = z.int().min(16).max(MOST_SIDE).optional()
const delay = z.int().min(20).max(60_000)
const color = z.string().regex(/^#[0-9a-f]{6}$/i, 'is six hexadecimal digits behind #, such as #202020')
const pixels = z.int().min(0).max(16_384)

const input = z.strictObject({
  sources: z.array(sourceField).min(1).max(MOST_SOURCES)
    .describe('Pictures, one a frame, in this order; or one video. Each an http or https URL, upload:ID or job:ID/ARTIFACT'),
  format: z.enum(GIF_FORMATS).default('gif').describe('gif plays everywhere; webp is much smaller; apng is without loss'),
  delay_ms: delay.default(500).describe('Milliseconds for which each picture is shown'),
  delays_ms: z.array(delay).optional().describe('Milliseconds for each picture on its own, instead of delay_ms'),
  loop: z.int().min(0).max(1000).default(0).describe('How often it is played; 0 for ever'),
  ping_pong: z.boolean().default(false).describe('Forwards and then backwards'),
  width: side.describe('Pixels; where width and height are missing, that of the first picture, at most 640'),
  height: side.describe('Pixels; follows from width unless given'),
  fit: z.enum(FITS).default('contain').describe('contain: whole, on the background; cover: fills the frame, what sticks out is cut off; stretch: does not keep the aspect'),
  background: color.default('#000000').describe('What is seen beside a picture and through it, such as #202020'),
  colors: z.int().min(2).max(256).default(256).describe('Of a GIF, at most; fewer make it smaller'),
  dither: z.enum(['auto', ...DITHERINGS]).default('auto')
    .describe('How a GIF shows colours it does not have: sierra is finest, bayer smaller where little moves, none smallest; auto measures which is needed'),
  quality: z.enum(GIF_QUALITIES).default('high').describe('Less makes a GIF or WebP smaller'),
  target_kb: z.number().min(1).max(1_000_000).optional().describe('Kilobytes of 1,000 bytes that the file has at most; colours, quality and size give way'),
  captions: z.array(z.string().max(200)).max(MOST_SOURCES).optional().describe('Text on the picture: one for all, or one for each source'),
  caption_position: z.enum(CAPTION_POSITIONS).default('bottom').describe('Where captions stand'),
  caption_color: color.default('#ffffff').describe('Of captions, which have a dark rim'),
  caption_size: z.number().min(2).max(40).default(9).describe('Percent of the height'),
  start_seconds: z.number().min(0).max(86_400).optional().describe('Where the part of the video begins'),
  duration_seconds: z.number().min(0.05).max(600).optional().describe('How long a part of the video is taken'),
  fps: z.number().min(1).max(50).optional().describe('Frames per second of a video; 12 unless given'),
  crop: z.strictObject({ left: pixels, top: pixels, width: z.int().min(16).max(16_384), height: z.int().min(16).max(16_384) }).optional()
    .describe('The part of the video’s picture that is taken, in its pixels'),
  speed: z.number().min(0.1).max(20).optional().describe('How many times as fast as the video'),
})

export type GifInput = z.infer<typeof input>

/** What only means something for a video. */
const OF_A_FILM = ['start_seconds', 'duration_seconds', 'fps', 'crop', 'speed'] as const

/** Pictures become an animation, or a part of a video does. */
export const gifTool: Tool<GifInput> = {
  name: 'gif',
  title: 'Make a GIF of pictures, or of a part of a video',
  input,
  check,
  sources: ({ sources }) => sources,
  requires,
  presets: [
    { name: 'slideshow', title: 'Slide show', input: { delay_ms: 1500, width: 640, height: 480, fit: 'contain' } },
    { name: 'boomerang', title: 'Boomerang', input: { delay_ms: 100, ping_pong: true, width: 480 } },
    { name: 'emoji', title: 'Emoji (128 px, 256 KB)', input: { width: 128, height: 128, fit: 'cover', target_kb: 256, delay_ms: 150 } },
    { name: 'chat', title: 'Small enough for chat (5 MB)', input: { width: 480, target_kb: 5000 } },
    { name: 'webp', title: 'WebP for a page', input: { format: 'webp', width: 640, quality: 'medium' } },
  ],
  plan,
}

function check({ sources, delays_ms, captions, ...wanted }: GifInput): void {
  if (delays_ms !== undefined && delays_ms.length !== sources.length) {
    refuseField('delays_ms', `has ${delays_ms.length} entries for ${sources.length} sources`, 'Send one for each source, or delay_ms for all')
  }
  if (captions !== undefined && captions.length > 1 && captions.length !== sources.length) {
    refuseField('captions', `has ${captions.length} entries for ${sources.length} sources`, 'Send one for all, or one for each source; an empty one is none')
  }
  const misplaced = sources.length > 1 ? OF_A_FILM.find((name) => wanted[name] !== undefined) : undefined
  if (misplaced !== undefined) refuseField(misplaced, 'is for a video, which is the only source then', 'Leave it out, or send one video')
}

const ENCODERS: Readonly<Record<GifFormat, readonly string[]>> = { gif: [], webp: ['libwebp_anim'], apng: ['apng'] }

function requires({ format, captions = [] }: GifInput): Requirements {
  const isWritten = captions.some((text) => text.trim() !== '')
  return {
    encoders: ['rawvideo', 'ppm', ...ENCODERS[format]],
    filters: ['scale', 'pad', 'overlay', 'premultiply', 'lutrgb', ...(isWritten ? ['drawtext'] : [])],
    muxers: ['rawvideo', 'image2pipe', ...(format === 'gif' ? [] : [format])],
    ...(isWritten && { fonts: true }),
  }
}

async function plan(wanted: GifInput, workspace: Workspace): Promise<Plan> {
  const sources = await sourcesOf(wanted, workspace)
  const misplaced = sources[0]!.type === 'picture' ? OF_A_FILM.find((name) => wanted[name] !== undefined) : undefined
  if (misplaced !== undefined) refuseField(misplaced, 'is for a video, and the source is a picture', 'Leave it out')
  const artifact = ARTIFACTS[wanted.format]
  const { target_kb } = wanted
  const targetBytes = target_kb === undefined ? undefined : Math.floor(target_kb * 1000)
  const task: GifTask = {
    format: wanted.format, output: artifact.file, plays: wanted.loop, isPingPong: wanted.ping_pong, colors: wanted.colors,
    dither: wanted.dither, quality: wanted.quality, progressDescriptor: 3, ...(targetBytes !== undefined && { targetBytes }),
    frame: {
      ...(wanted.width !== undefined && { width: wanted.width }), ...(wanted.height !== undefined && { height: wanted.height }),
      fit: wanted.fit, background: wanted.background.slice(1), captionPosition: wanted.caption_position,
      captionColor: wanted.caption_color.slice(1), captionSize: wanted.caption_size,
    },
  }
  return {
    commands: [{
      program: 'gif',
      args: [JSON.stringify(task), ...sources.map((source) => JSON.stringify(source))],
      createParser: () => new FfmpegProgressParser({ expectedSeconds: null, expectedFrames: PROGRESS_STEPS, hiddenPaths: hiddenPaths(workspace, sources) }),
    }],
    artifacts: [{ ...artifact, ...(targetBytes !== undefined && { mostBytes: targetBytes }) }],
    result: { format: wanted.format, sources: sources.length },
  }
}

/** The program tells how far it is in thousandths. */
const PROGRESS_STEPS = 1000

const ARTIFACTS: Readonly<Record<GifFormat, ArtifactSpec>> = {
  gif: { file: 'animation.gif', contentType: 'image/gif', media: { isTimed: false } },
  // ffprobe 5.1 does not read animated WebP.
  webp: { file: 'animation.webp', contentType: 'image/webp' },
  apng: { file: 'animation.png', contentType: 'image/apng', media: { isTimed: false } },
}

function hiddenPaths({ outputDirectory }: Workspace, sources: readonly GifSource[]): ReadonlyMap<string, string> {
  // The last first: the path of the first is the beginning of that of the tenth.
  const labels = sources.toReversed().map(({ file, label }): [string, string] => [file, label])
  return new Map([...labels, [`${outputDirectory}/`, '']])
}
