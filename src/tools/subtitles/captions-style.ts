import { z } from 'zod'

export const colorField = z.string().regex(/^#[0-9a-f]{6}$/i, 'is six hexadecimal digits behind #, such as #ffffff')

/** How captions look. */
export const captionStyleFields = {
  font: z.string().min(1).max(80).regex(/^[\p{L}\p{N} ._+-]+$/u, 'is the name of a font family: letters, digits and spaces').default('Sans')
    .describe('A font family that the hub’s machine has; what it lacks is taken from others'),
  size: z.int().min(8).max(400).optional().describe('Height of a line in pixels; an eighteenth of the picture’s shorter side unless given'),
  color: colorField.default('#ffffff').describe('Of the letters, such as #ffffff'),
  outline_color: colorField.default('#000000').describe('Around the letters'),
  outline_width: z.number().min(0).max(40).optional().describe('Pixels; a twentieth of the size unless given'),
  background_color: colorField.optional().describe('Of a box behind the text; none unless given'),
  background_opacity: z.number().min(0).max(1).default(0.6).describe('Of that box, from 0 (clear) to 1'),
  position: z.enum(['top', 'center', 'bottom', 'custom']).default('bottom').describe('Where the text stands; custom takes position_percent'),
  position_percent: z.number().min(0).max(100).optional().describe('How far down the text stands, with position custom: 0 is the top, 100 the bottom'),
}

export const captionStyle = z.strictObject(captionStyleFields)
export type CaptionStyle = z.infer<typeof captionStyle>
