import { z } from 'zod'
import { ffmpegCommand, inputFrom } from './ffmpeg-command.ts'
import { mediaCheck } from './media-check.ts'
import { passArgs, qualityField, TWO_PASS_ENCODERS, VIDEO_CODECS, VIDEO_ENCODERS } from './media-encoders.ts'
import { findFormat } from './media-formats.ts'
import { filmOf, refuseField, sourceField } from './source-field.ts'
import type { Plan, Requirements, Tool, Workspace } from './tool.ts'
import { bitratesFor } from './transcode-bitrates.ts'

const side = z.int().min(16).max(8192).optional()

const input = z.strictObject({
  source: sourceField,
  codec: z.enum(VIDEO_CODECS).default('h264').describe('How the picture is encoded: h264 plays everywhere, av1 is smallest'),
  container: z.enum(['mp4', 'webm', 'mkv']).optional().describe('The kind of file; mp4 for h264 and h265, webm for vp9 and av1 unless given'),
  quality: qualityField.describe('How good the picture is, whatever size that takes'),
  crf: z.int().min(0).max(63).optional().describe('The encoder’s own scale instead of quality; less is better and larger'),
  target_mb: z.number().min(0.05).max(100_000).optional().describe('Megabytes of 1,000,000 bytes to come close to from below, in two passes, instead of quality'),
  max_width: side.describe('Pixels; a wider picture is made smaller and keeps its aspect'),
  max_height: side.describe('Pixels; a higher picture is made smaller and keeps its aspect'),
  fps: z.number().min(1).max(120).optional().describe('Frames per second; the source’s own unless given'),
  sound: z.boolean().default(true).describe('Keep the sound'),
  sound_kbps: z.int().min(16).max(512).optional().describe('Kilobits per second of sound; 128 unless given, less where target_mb is scarce'),
})

export type TranscodeInput = z.infer<typeof input>

/** A film becomes one that plays elsewhere, or is smaller. */
export const transcodeTool: Tool<TranscodeInput> = {
  name: 'transcode',
  title: 'Convert a video, or make it smaller',
  input,
  check,
  sources: ({ source }) => [source],
  requires,
  presets: [
    { name: '480p-copy', title: '480p copy', input: { codec: 'h264', max_height: 480 } },
    { name: '1080p-web', title: '1080p for the web', input: { codec: 'h264', max_width: 1920, max_height: 1080, sound_kbps: 160 } },
    { name: 'chat-8-mb', title: 'Small enough for chat (8 MB)', input: { codec: 'h264', target_mb: 8, max_height: 720 } },
  ],
  plan,
}

function check({ codec, crf, target_mb, container, sound, sound_kbps }: TranscodeInput): void {
  if (crf !== undefined && target_mb !== undefined) refuseField('target_mb', 'cannot be met together with crf', 'Send one of them')
  const { worstCrf } = VIDEO_ENCODERS[codec]
  if (crf !== undefined && crf > worstCrf) refuseField('crf', `is at most ${worstCrf} for ${codec}`)
  if (container === 'webm' && (codec === 'h264' || codec === 'h265')) refuseField('container', `webm cannot hold ${codec}`, 'Send mp4 or mkv, or codec vp9 or av1')
  if (!sound && sound_kbps !== undefined) refuseField('sound_kbps', 'means nothing where sound is false', 'Leave it out')
}

function requires(wanted: TranscodeInput): Requirements {
  return {
    encoders: [encoderOf(wanted).name, ...(wanted.sound ? [soundEncoder(wanted)] : [])],
    filters: ['scale', 'format', ...(wanted.fps === undefined ? [] : ['fps'])],
    muxers: [findFormat(containerOf(wanted), 'container').muxer],
  }
}

async function plan(wanted: TranscodeInput, workspace: Workspace): Promise<Plan> {
  const file = workspace.inputs[0]!
  const info = await workspace.probe(file)
  const picture = filmOf(info)
  const { width, height } = evenSize(picture, { width: wanted.max_width, height: wanted.max_height })
  const { codec, fps, target_mb } = wanted
  const sound = wanted.sound ? info.streams.find(({ kind }) => kind === 'audio') : undefined
  const seconds = info.durationSeconds
  const encoder = encoderOf(wanted)
  const framesPerSecond = fps ?? picture.stream.framesPerSecond ?? 30
  const rates = target_mb === undefined ? undefined
    : bitratesFor({ bytes: target_mb * 1e6, seconds, framesPerSecond, soundKbps: sound && (wanted.sound_kbps ?? 'as it fits') })
  const container = containerOf(wanted)
  const output = `${workspace.outputDirectory}/video.${container}`
  const filters = [...(fps === undefined ? [] : [`fps=${fps}`]), `scale=${width}:${height}`, 'format=yuv420p']
  const pictureArgs = [
    ...inputFrom(file), '-map', '0:V:0', '-vf', filters.join(','), '-c:v', encoder.name, ...encoder.args,
    ...(rates ? ['-b:v', `${rates.pictureKbps}k`] : ['-crf', String(wanted.crf ?? VIDEO_ENCODERS[codec].crf[wanted.quality])]),
    // Apple's players know it by this tag only.
    ...(codec === 'h265' && container === 'mp4' ? ['-tag:v', 'hvc1'] : []),
  ]
  const last = [
    ...(sound ? ['-map', '0:a:0', '-c:a', soundEncoder(wanted), '-b:a', `${rates?.soundKbps ?? wanted.sound_kbps ?? 128}k`] : ['-an']),
    ...((sound?.channels ?? 0) > 2 ? ['-ac', '2'] : []),
    '-sn', '-dn', '-map_chapters', '-1', ...(container === 'mp4' ? ['-movflags', '+faststart'] : []), output,
  ]
  const media = mediaCheck([{ source: wanted.source, info }], { args: [], options: [], filters: [], changesDuration: false }, findFormat(container, 'container'))
  return {
    commands: rates === undefined
      ? [ffmpegCommand([...pictureArgs, ...last], { workspace, seconds })]
      : [
          ffmpegCommand([...pictureArgs, ...passArgs(codec, 1), '-an', '-sn', '-dn', '-f', 'null', '-'], { workspace, seconds, weight: 0.5 }),
          ffmpegCommand([...pictureArgs, ...passArgs(codec, 2), ...last], { workspace, seconds }),
        ],
    artifacts: [{
      file: `video.${container}`, contentType: findFormat(container, 'container').contentType, ...(media && { media }),
      ...(target_mb !== undefined && { mostBytes: Math.floor(target_mb * 1e6) }),
    }],
    result: { width, height, codec },
  }
}

function containerOf({ codec, container }: TranscodeInput): 'mp4' | 'webm' | 'mkv' {
  return container ?? (codec === 'vp9' || codec === 'av1' ? 'webm' : 'mp4')
}

function encoderOf({ codec, target_mb }: TranscodeInput) {
  return target_mb === undefined ? VIDEO_ENCODERS[codec] : TWO_PASS_ENCODERS[codec]
}

function soundEncoder(wanted: TranscodeInput): string {
  return containerOf(wanted) === 'webm' ? 'libopus' : 'aac'
}

/** Within the bounds, with the source's aspect; both sides even, as 4:2:0 wants them, and never larger than the source. */
export function evenSize(
  { width, height }: { readonly width: number; readonly height: number },
  most: { readonly width?: number | undefined; readonly height?: number | undefined },
): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, (most.width ?? Infinity) / width, (most.height ?? Infinity) / height)
  const even = (pixels: number, bound = Infinity) => Math.max(2, Math.min(2 * Math.round((pixels * scale) / 2), 2 * Math.floor(bound / 2)))
  return { width: even(width, most.width), height: even(height, most.height) }
}
