import { z } from 'zod'
import { qualityField } from '../media-encoders.ts'
import { refuseField, sourceField } from '../source-field.ts'
import { METHODS } from './task.ts'

const MOST_REGIONS = 20
const MOST_KEYFRAMES = 100
const coordinate = z.number().min(0).max(16_384)
const size = z.number().positive().max(16_384)
const moment = z.number().min(0).max(86_400)

const region = z.strictObject({
  x: coordinate.optional().describe('Left edge; not where there are keyframes'),
  y: coordinate.optional().describe('Upper edge; not where there are keyframes'),
  width: size,
  height: size,
  from_seconds: moment.optional().describe('When it appears; at the beginning unless given'),
  to_seconds: moment.optional().describe('When it goes; at the end unless given'),
  keyframes: z.array(z.strictObject({ at_seconds: moment, x: coordinate, y: coordinate })).min(2).max(MOST_KEYFRAMES).optional()
    .describe('Where it is at which time; between two of them it moves in a straight line'),
})

export const POSITIONS = ['top-left', 'top', 'top-right', 'left', 'center', 'right', 'bottom-left', 'bottom', 'bottom-right'] as const
const color = z.string().regex(/^#[0-9a-f]{6}$/i, 'is six hexadecimal digits behind #, such as #ffffff')

export const watermarkInput = z.strictObject({
  source: sourceField.describe('A video that you own: an http or https URL, upload:ID or job:ID/ARTIFACT'),
  mode: z.enum(['remove', 'find', 'add']).default('remove').describe('remove: take it off; find: only tell where it is, and draw that; add: put one on'),
  regions: z.array(region).min(1).max(MOST_REGIONS).optional().describe('Where it is; found by itself unless given'),
  unit: z.enum(['pixels', 'fractions']).default('pixels').describe('Of the regions; fractions are of the picture, from 0 to 1'),
  find: sourceField.optional().describe('A picture of the logo to look for, with its transparency, such as a PNG, also where it jumps; else what stays while the film moves is found'),
  method: z.enum(METHODS).default('inpaint')
    .describe('inpaint: what is below, from other frames and around; delogo: from its edges, quickly; blur: unrecognizable; cover: below a picture'),
  cover: sourceField.optional().describe('The picture for method cover'),
  image: sourceField.optional().describe('For mode add: the picture to put on'),
  text: z.string().min(1).max(500).refine((text) => !/[^\P{Cc}\n]/u.test(text), 'holds control characters').optional().describe('For mode add: the text to put on; may have several lines'),
  position: z.enum(POSITIONS).default('bottom-right').describe('For mode add'),
  margin: z.number().min(0).max(0.5).default(0.03).describe('For mode add: from the edge, as a fraction of the picture’s height'),
  size: z.number().min(0.01).max(1).optional().describe('For mode add: the picture’s width as a fraction of the film’s (0.15), or the text’s height as one of the film’s (0.05)'),
  opacity: z.number().min(0.02).max(1).default(0.7).describe('For mode add: 1 lets nothing through'),
  color: color.default('#ffffff').describe('For mode add: of the text'),
  from_seconds: moment.optional().describe('For mode add: when it appears'),
  to_seconds: moment.optional().describe('For mode add: when it goes'),
  codec: z.enum(['h264', 'h265']).default('h264').describe('How the picture is encoded'),
  quality: qualityField.default('high').describe('How good the picture is, whatever size that takes'),
  crf: z.int().min(0).max(51).optional().describe('The encoder’s own scale instead of quality; less is better and larger'),
  container: z.enum(['mp4', 'mkv']).optional().describe('The kind of file; mp4 unless it cannot hold the sound as it is. Where mp4 is asked for, such sound becomes AAC'),
})

export type WatermarkInput = z.infer<typeof watermarkInput>

/** Throws a HubError that names the field. */
export function checkWatermark(wanted: WatermarkInput): void {
  if (wanted.mode === 'add') checkAdding(wanted)
  else checkRemoving(wanted)
}

function checkAdding({ image, text, regions, find, cover, from_seconds = 0, to_seconds = Infinity }: WatermarkInput): void {
  if (image === undefined && text === undefined) refuseField('text', 'is missing, and so is image', 'Send what is to be put on: text or image')
  if (image !== undefined && text !== undefined) refuseField('text', 'cannot be put on together with image', 'Send one of them; the other is another job')
  for (const [path, value] of Object.entries({ regions, find, cover })) if (value !== undefined) refuseField(path, 'means nothing where mode is add', 'Leave it out')
  if (to_seconds <= from_seconds) refuseField('to_seconds', 'is not after from_seconds')
}

function checkRemoving({ mode, image, text, regions, find, method, cover, unit }: WatermarkInput): void {
  for (const [path, value] of Object.entries({ image, text })) if (value !== undefined) refuseField(path, `means nothing where mode is ${mode}`, 'Send mode add to put it on')
  if (regions !== undefined && find !== undefined) refuseField('find', 'cannot be looked for where regions are given', 'Send one of them')
  if (method === 'cover' && mode === 'remove' && cover === undefined) refuseField('cover', 'is missing', 'Send the picture to cover with')
  if (method !== 'cover' && cover !== undefined) refuseField('cover', `means nothing for method ${method}`, 'Send method cover, or leave it out')
  for (const [index, each] of (regions ?? []).entries()) checkRegion(each, `regions[${index}]`, unit)
}

function checkRegion({ x, y, width, height, from_seconds = 0, to_seconds = Infinity, keyframes }: z.infer<typeof region>, path: string, unit: WatermarkInput['unit']): void {
  if (keyframes === undefined && x === undefined) refuseField(`${path}.x`, 'is missing')
  if (keyframes === undefined && y === undefined) refuseField(`${path}.y`, 'is missing')
  if (keyframes !== undefined && (x !== undefined || y !== undefined)) refuseField(`${path}.keyframes`, 'say where it is: x and y are to be left out')
  if (to_seconds <= from_seconds) refuseField(`${path}.to_seconds`, 'is not after from_seconds')
  for (const [index, { at_seconds }] of (keyframes ?? []).entries()) {
    if (index > 0 && at_seconds <= keyframes![index - 1]!.at_seconds) refuseField(`${path}.keyframes[${index}].at_seconds`, 'is not after the one before')
  }
  if (unit === 'pixels') return
  for (const [name, value] of Object.entries({ x, y, width, height })) if (value !== undefined && value > 1) refuseField(`${path}.${name}`, 'is more than 1, and unit is fractions', 'Send unit pixels, or a fraction of the picture')
}
