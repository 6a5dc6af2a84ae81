import { z } from 'zod'
import { ffmpegCommand, inputFrom } from './ffmpeg-command.ts'
import { mediaCheck } from './media-check.ts'
import { findFormat } from './media-formats.ts'
import { refuseField, soundOf, sourceField } from './source-field.ts'
import type { MediaStream, Plan, Tool, Workspace } from './tool.ts'

const FORMATS = ['mp3', 'aac', 'opus', 'flac', 'wav', 'dfpwm'] as const
const RATES = [8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000] as const

const input = z.strictObject({
  source: sourceField,
  format: z.enum(FORMATS).default('mp3')
    .describe('mp3 plays everywhere, opus is smallest, flac and wav lose nothing, dfpwm is for speakers of ComputerCraft'),
  kbps: z.int().min(8).max(510).optional().describe('Kilobits per second; 192 for mp3, 160 for aac and 128 for opus unless given'),
  loudness_lufs: z.number().min(-40).max(-5).optional()
    .describe('How loud it is to be, by EBU R128: -16 for phones, -14 as streaming services do; as the source is unless given'),
  channels: z.enum(['source', 'mono', 'stereo']).default('source')
    .describe('source keeps them, though mp3 and opus have two at most here, and dfpwm one'),
  sample_rate: z.literal(RATES).optional().describe('Samples per second and channel; the source’s own unless given'),
})

export type AudioInput = z.infer<typeof input>

interface Encoding {
  /** As `findFormat` knows it, and the file's extension. */
  readonly file: string
  readonly encoder: string
  readonly kbps?: number
  readonly mostKbps?: number
  readonly rates: readonly number[]
}

const ENCODINGS: Readonly<Record<AudioInput['format'], Encoding>> = {
  mp3: { file: 'mp3', encoder: 'libmp3lame', kbps: 192, mostKbps: 320, rates: RATES.filter((rate) => rate <= 48_000) },
  aac: { file: 'm4a', encoder: 'aac', kbps: 160, mostKbps: 510, rates: RATES },
  opus: { file: 'opus', encoder: 'libopus', kbps: 128, mostKbps: 510, rates: [8000, 16_000, 24_000, 48_000] },
  flac: { file: 'flac', encoder: 'flac', rates: RATES },
  wav: { file: 'wav', encoder: 'pcm_s16le', rates: RATES },
  // What a speaker of ComputerCraft plays.
  dfpwm: { file: 'dfpwm', encoder: 'dfpwm', rates: [48_000] },
}

/** The sound of a song or a film, as a file of its own. */
export const audioTool: Tool<AudioInput> = {
  name: 'audio',
  title: 'Take the sound, or convert a song',
  input,
  check,
  sources: ({ source }) => [source],
  requires: ({ format, loudness_lufs }) => ({
    encoders: [ENCODINGS[format].encoder], muxers: [findFormat(ENCODINGS[format].file, 'format').muxer],
    filters: loudness_lufs === undefined ? [] : ['loudnorm'],
  }),
  presets: [
    { name: 'mp3', title: 'MP3', input: { format: 'mp3' } },
    { name: 'podcast', title: 'Podcast: mono, evenly loud', input: { format: 'mp3', kbps: 96, channels: 'mono', loudness_lufs: -16 } },
    { name: 'small-opus', title: 'Small (Opus, 64 kbit/s)', input: { format: 'opus', kbps: 64 } },
    { name: 'lossless', title: 'Lossless (FLAC)', input: { format: 'flac' } },
    { name: 'computercraft', title: 'For ComputerCraft (DFPWM)', input: { format: 'dfpwm' } },
  ],
  plan,
}

function check({ format, kbps, channels, sample_rate }: AudioInput): void {
  const { mostKbps, rates } = ENCODINGS[format]
  if (kbps !== undefined && mostKbps === undefined) {
    refuseField('kbps', `cannot be chosen for ${format}`, 'Leave it out, or send format mp3, aac or opus')
  }
  if (kbps !== undefined && mostKbps !== undefined && kbps > mostKbps) refuseField('kbps', `is at most ${mostKbps} for ${format}`)
  if (sample_rate !== undefined && !rates.includes(sample_rate)) refuseField('sample_rate', `is one of ${rates.join(', ')} for ${format}`)
  if (format === 'dfpwm' && channels === 'stereo') {
    refuseField('channels', 'dfpwm has one', 'The tool video_frame makes a file of the left and one of the right')
  }
}

async function plan(wanted: AudioInput, workspace: Workspace): Promise<Plan> {
  const file = workspace.inputs[0]!
  const info = await workspace.probe(file)
  const sound = soundOf(info)
  const { file: extension, encoder, kbps } = ENCODINGS[wanted.format]
  const format = findFormat(extension, 'format')
  const name = `audio.${extension}`
  const rate = rateOf(wanted)
  const channels = channelsOf(wanted, sound)
  const args = [
    ...inputFrom(file), '-map', '0:a:0', '-vn', '-sn', '-dn', '-map_chapters', '-1',
    ...(channels === undefined ? [] : ['-ac', String(channels)]), ...(rate === undefined ? [] : ['-ar', String(rate)]),
    ...(wanted.loudness_lufs === undefined ? [] : ['-af', `loudnorm=I=${wanted.loudness_lufs}:TP=-1.5:LRA=11`]),
    '-c:a', encoder, ...(kbps === undefined ? [] : ['-b:a', `${wanted.kbps ?? kbps}k`]),
    ...(extension === 'm4a' ? ['-movflags', '+faststart'] : []), '-f', format.muxer, `${workspace.outputDirectory}/${name}`,
  ]
  const media = mediaCheck([{ source: wanted.source, info }], { args: [], options: [], filters: [], changesDuration: false }, format)
  return {
    commands: [ffmpegCommand(args, { workspace, seconds: info.durationSeconds })],
    artifacts: [{ file: name, contentType: format.contentType, ...(media && { media }) }],
    result: { format: wanted.format, ...(rate !== undefined && { sample_rate: rate }), ...(channels !== undefined && { channels }) },
  }
}

/** undefined for the source's own. */
function rateOf({ format, sample_rate, loudness_lufs }: AudioInput): number | undefined {
  if (format === 'dfpwm') return 48_000
  // loudnorm hands on 192,000 a second, whatever it gets.
  return sample_rate ?? (loudness_lufs === undefined ? undefined : 48_000)
}

/** undefined for the source's own. */
function channelsOf({ format, channels }: AudioInput, sound: MediaStream): number | undefined {
  if (format === 'dfpwm' || channels === 'mono') return 1
  if (channels === 'stereo') return 2
  return (format === 'mp3' || format === 'opus') && (sound.channels ?? 2) > 2 ? 2 : undefined
}
