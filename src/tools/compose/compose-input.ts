import { z } from 'zod'
import { qualityField } from '../media-encoders.ts'
import { sourceField } from '../source-field.ts'
import { captionStyleFields, colorField } from '../subtitles/captions-style.ts'

const moment = z.number().min(0).max(86_400)
const side = z.int().min(64).max(4096).multipleOf(2).optional()
const volume = z.number().min(0).max(10)

export const clipField = z.strictObject({
  source: sourceField,
  start_seconds: moment.default(0).describe('Where the part begins that may be shown'),
  end_seconds: moment.optional().describe('Where it ends; the clip’s own end unless given'),
})

const caption = z.strictObject({ start_seconds: moment, end_seconds: moment, text: z.string().min(1).max(1000) })

export const subtitlesField = z.strictObject({
  source: sourceField.optional().describe('A file of subtitles: SRT, WebVTT, or ASS, which brings its own looks'),
  text: z.string().min(1).max(100_000).optional()
    .describe('Plain text, timed over the voice by the lengths of its sentences; or what an SRT file says, with its own times'),
  captions: z.array(caption).min(1).max(5000).optional().describe('Texts, and from when to when each is shown'),
  ...captionStyleFields,
})

export const composeInput = z.strictObject({
  clips: z.array(clipField).min(1).max(500).describe('Films and pictures, in the order in which they are shown'),
  voice: sourceField.optional().describe('Somebody who speaks: a file with sound. The film is as long as it'),
  music: sourceField.optional().describe('Played under it all, over and over, and faded out at the end'),
  subtitles: subtitlesField.optional().describe('What is written into the picture'),
  aspect: z.enum(['16:9', '9:16', '1:1', '4:3', '3:4', '21:9']).default('16:9').describe('The picture’s width to its height; 9:16 is for phones'),
  short_side: z.int().min(64).max(2160).multipleOf(2).default(1080).describe('Pixels of the picture’s shorter side'),
  width: side.describe('Pixels, instead of aspect and short_side; together with height'),
  height: side.describe('Pixels; together with width'),
  fps: z.int().min(1).max(60).default(30).describe('Frames per second'),
  fit: z.enum(['cover', 'contain', 'blur']).default('cover')
    .describe('What becomes of a clip of another aspect: cut to fill the picture, shown whole, or shown whole over a blurred copy of itself'),
  background: colorField.default('#000000').describe('Behind what does not fill the picture, with fit contain'),
  order: z.enum(['sequential', 'random']).default('sequential').describe('Of the clips, and of their parts where clip_seconds cuts them up'),
  seed: z.int().min(0).max(2 ** 32 - 1).optional().describe('Decides all that is left to chance; drawn for each new job unless given'),
  clip_seconds: z.number().min(1).max(600).optional().describe('The most that is shown of a clip at one time; a picture is shown for 5 s unless given'),
  transition: z.enum(['none', 'fade', 'fade_in', 'fade_out', 'slide', 'shuffle']).default('none')
    .describe('Between clips: none; one into the other; from black; into black; one pushes the other out; any of these at random'),
  transition_seconds: z.number().min(0.1).max(3).default(0.5).describe('How long a transition takes; at most a third of a clip'),
  still_motion: z.enum(['zoom', 'none']).default('zoom').describe('Whether pictures are slowly zoomed'),
  duration_seconds: z.number().min(0.5).max(14_400).optional().describe('How long the film is, where there is no voice; each clip once unless given'),
  voice_volume: volume.default(1).describe('1 is as loud as it was recorded'),
  music_volume: volume.default(0.2).describe('1 is as loud as it was recorded'),
  clip_volume: volume.optional().describe('How loud the clips’ own sound is; 0 with a voice and 1 without unless given'),
  ducking: z.boolean().default(true).describe('The music gets quieter while somebody speaks'),
  music_fade_seconds: z.number().min(0).max(30).default(3).describe('How long the music takes to fade out at the end'),
  count: z.int().min(1).max(5).default(1).describe('How many films to make of the same, each with a seed of its own'),
  quality: qualityField.describe('How good the picture is, whatever size that takes'),
})

export type ComposeInput = z.infer<typeof composeInput>
export type SubtitlesInput = z.infer<typeof subtitlesField>

const ASPECTS: Readonly<Record<ComposeInput['aspect'], readonly [number, number]>> = {
  '16:9': [16, 9], '9:16': [9, 16], '1:1': [1, 1], '4:3': [4, 3], '3:4': [3, 4], '21:9': [21, 9],
}

/** Both even, as 4:2:0 wants them. */
export function sizeOf({ aspect, short_side: short, width, height }: ComposeInput): { readonly width: number; readonly height: number } {
  if (width !== undefined && height !== undefined) return { width, height }
  const [across, down] = ASPECTS[aspect]
  const side = (share: number) => 2 * Math.round((short * share) / Math.min(across, down) / 2)
  return { width: side(across), height: side(down) }
}
