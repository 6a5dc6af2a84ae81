import type { Caption } from './caption.ts'
import type { CaptionStyle } from './captions-style.ts'
import { graphemes } from './time-text.ts'
import { wrapLines } from './wrap-lines.ts'

interface Screen {
  readonly width: number
  readonly height: number
}

/** Lines are at most as wide as this part of the picture. */
const ROOM = 0.88
/** Fonts are so much higher than their characters are wide; less than most, so that a line always fits. */
const HEIGHT_PER_UNIT = 1.12

/** How wide a line may be, in Chinese characters. */
export function lineUnits({ width, height }: Screen, style: CaptionStyle): number {
  return Math.max(4, (width * ROOM * HEIGHT_PER_UNIT) / sizeOf(style, { width, height }))
}

/**
 * A script of Advanced SubStation Alpha v4.00+ that shows the captions so, for libass. Nothing in the texts is taken for
 * more than text.
 */
export function assDocument(captions: readonly Caption[], style: CaptionStyle, screen: Screen): string {
  const { width, height } = screen
  const size = sizeOf(style, screen)
  const outline = style.outline_width ?? size / 20
  const isBoxed = style.background_color !== undefined
  const side = Math.round((width * (1 - ROOM)) / 2)
  const back = style.background_color === undefined ? '&HFF000000' : assColor(style.background_color, 1 - style.background_opacity)
  const alignment = { top: 8, center: 5, bottom: 2, custom: 8 }[style.position]
  const columns = [
    'Captions', style.font, size, assColor(style.color), assColor(style.color), assColor(style.outline_color), back, 0, 0, 0, 0, 100, 100, 0, 0,
    // libass draws one box around all lines in style 4, as far around them as the shadow would reach.
    isBoxed ? 4 : 1, round(outline), isBoxed ? Math.round(size / 6) : 0, alignment, side, side, Math.round(height * 0.05),
    // Each line runs the way its letters do.
    -1,
  ]
  const events = captions.map(({ startSeconds, endSeconds, text }) => {
    const lines = wrapLines(plain(text), lineUnits(screen, style))
    const margin = style.position === 'custom' ? Math.max(1, Math.round(((height - lines.length * size) * (style.position_percent ?? 70)) / 100)) : 0
    return `Dialogue: 0,${assTime(startSeconds)},${assTime(endSeconds)},Captions,,0,0,${margin},,${lines.map(assText).join('\\N')}`
  })
  return [
    '[Script Info]', 'ScriptType: v4.00+', `PlayResX: ${width}`, `PlayResY: ${height}`, 'WrapStyle: 0', 'ScaledBorderAndShadow: yes', '',
    '[V4+ Styles]',
    'Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, '
      + 'Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding',
    `Style: ${columns.join(',')}`, '',
    '[Events]', 'Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text', ...events, '',
  ].join('\n')
}

function sizeOf({ size }: CaptionStyle, { width, height }: Screen): number {
  return size ?? Math.max(8, Math.round(Math.min(width, height) / 18))
}

/** Without what directs a terminal or a line, and the marks that choose among emoji, which libass draws as boxes. */
function plain(text: string): string {
  return text.replace(/[\ufe0e\ufe0f\u{1f3fb}-\u{1f3ff}]|(?!\n)[\p{Cc}\p{Cs}\u2028\u2029]/gu, '')
}

/** A backslash would begin an override where one of some letters follows; a word joiner, which is not seen, keeps them apart. */
function assText(line: string): string {
  const escaped = (text: string) => text.replace(/\\/g, '\\\u2060').replace(/[{}]/g, '\\$&')
  let text = ''
  let isEmoji = false
  for (const { segment } of graphemes.segment(line)) {
    const changes = EMOJI.test(segment) !== isEmoji
    if (changes) isEmoji = !isEmoji
    // A font with pictures in place of outlines, which libass cannot draw, must not be chosen.
    text += (changes ? (isEmoji ? `{\\fn${EMOJI_FONT}}` : '{\\fn}') : '') + escaped(segment)
  }
  // The next line is another text, and would be written with it too.
  return isEmoji ? `${text}{\\fn}` : text
}

const EMOJI = /\p{Emoji_Presentation}|\p{Regional_Indicator}|[\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff]/u
const EMOJI_FONT = 'Symbola'

/** `&HAABBGGRR`, of which the first is how clear it is. */
function assColor(color: string, clear = 0): string {
  const [red, green, blue] = [1, 3, 5].map((at) => color.slice(at, at + 2).toUpperCase())
  return `&H${Math.round(clear * 255).toString(16).toUpperCase().padStart(2, '0')}${blue}${green}${red}`
}

/** `0:01:02.50` */
function assTime(seconds: number): string {
  const hundredths = Math.round(seconds * 100)
  const two = (number: number) => String(number).padStart(2, '0')
  return `${Math.floor(hundredths / 360_000)}:${two(Math.floor(hundredths / 6000) % 60)}:${two(Math.floor(hundredths / 100) % 60)}.${two(hundredths % 100)}`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
