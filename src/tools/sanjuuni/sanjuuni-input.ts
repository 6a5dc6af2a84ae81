import { z } from 'zod'
import { sourceField } from '../source-field.ts'
import { MAX_FRAME_RATE, MAX_SIDE } from './options-table.ts'
import { OUTPUT_FORMATS } from './output-formats.ts'

const side = z.int().min(1).max(MAX_SIDE)

/** What a job of the converter is asked for. What a field says, an argument may say as well. */
export const sanjuuniInput = z.strictObject({
  source: sourceField.describe('The video or picture: an http or https URL, upload:ID or job:ID/ARTIFACT'),
  args: z.array(z.string()).default([])
    .describe('sanjuuni’s options, such as ["--width=102", "-8 -L"]; each of the fields below has one'),
  output_format: z.string().min(1).max(64).optional()
    .describe(`What to make: ${OUTPUT_FORMATS.join(', ')}; lua unless args say otherwise`),
  width: side.optional().describe('Pixels, two for each character; by the height or the source’s own where missing'),
  height: side.optional().describe('Pixels, three for each character; by the width or the source’s own where missing'),
  fit: z.enum(['stretch', 'pad', 'contain']).default('stretch')
    .describe('Where width and height are both given. stretch: does not keep the aspect; pad: keeps it and fills up with black; contain: keeps it within the size'),
  fps: z.number().positive().max(MAX_FRAME_RATE).optional()
    .describe('Frames per second; the source’s own, but at most 20, where missing'),
  palette: z.enum(['median-cut', 'octree', 'k-means', 'default']).optional()
    .describe('How the 16 colours are found; default is ComputerCraft’s own; median-cut unless given'),
  dither: z.enum(['diffusion', 'ordered', 'none']).optional().describe('diffusion unless given'),
  color_space: z.enum(['rgb', 'lab']).optional().describe('Where distances between colours are measured; rgb unless given'),
  monitors: z.string().max(16).optional().describe('For a wall of monitors: the blocks of one and its text scale, such as 8x6@0.5'),
  trim_borders: z.boolean().optional().describe('Leave out what the monitors’ frames would hide'),
  compression: z.enum(['none', 'ans', 'deflate', 'custom']).optional().describe('Of 32vid; ans, which every player reads, unless given'),
  binary: z.boolean().optional().describe('BIMG without escapes: smaller, and no text editor’s'),
  nfpize: z.boolean().optional().describe('Cells of one colour each'),
  dfpwm: z.boolean().optional().describe('The sound of 32vid as DFPWM, an eighth of the size'),
  mute: z.boolean().optional().describe('No sound'),
  subtitles: sourceField.optional().describe('A file of subtitles, ASS or SRT, as a source'),
  engine: z.enum(['builtin', 'sanjuuni']).default('builtin')
    .describe('builtin: the hub’s own converter; sanjuuni: the one that has been installed'),
})

export type SanjuuniInput = z.infer<typeof sanjuuniInput>
