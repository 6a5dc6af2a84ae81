import { SCRIPT_SCREEN, WHITE, type Cue, type Rgb } from './cue.ts'
import { readOverrideTags } from './override-tags.ts'

/** Reads SubRip, and WebVTT as far as it is the same; what makes no sense in it is passed over. */
export function parseSrt(text: string): readonly Cue[] {
  const cues: Cue[] = []
  const rows = text.split(/\r\n|\r|\n/)
  for (let at = 0; at < rows.length; at++) {
    const times = TIMES.exec(rows[at] ?? '')
    if (!times) continue
    const texts: string[] = []
    while (at + 1 < rows.length && rows[at + 1]!.trim() !== '') texts.push(rows[++at]!)
    const cue = cueOf(times, texts.join('\n'))
    if (cue) cues.push(cue)
  }
  return cues
}

const TIME = String.raw`(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2}[.,]\d{1,3})`
const TIMES = new RegExp(String.raw`^\s*${TIME}\s*-->\s*${TIME}`)

function cueOf(times: RegExpExecArray, text: string): Cue | undefined {
  const [startSeconds, endSeconds] = [secondsOf(times.slice(1, 4)), secondsOf(times.slice(4, 7))]
  const { lines, alignment, color, position } = readOverrideTags(text)
  const plain = lines.map(withoutMarkup)
  if (endSeconds <= startSeconds || plain.every((line) => line === '')) return undefined
  return {
    startSeconds, endSeconds, lines: plain, alignment: alignment ?? 2, color: color ?? fontColor(text) ?? WHITE,
    margins: { left: 0, right: 0, vertical: 10 / SCRIPT_SCREEN.height },
    ...(position && { position: { x: position.x / SCRIPT_SCREEN.width, y: position.y / SCRIPT_SCREEN.height } }),
  }
}

function secondsOf([hours = '0', minutes = '0', seconds = '0']: readonly (string | undefined)[]): number {
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds.replace(',', '.'))
}

/** A `<` that begins no tag is a letter. */
function withoutMarkup(line: string): string {
  return line.replace(/<\/?[a-z][^<>]*>|<\d[\d:.]*>/gi, '')
    .replace(/&(amp|lt|gt|quot|nbsp|#39);/g, (_, name: string) => ENTITIES[name] ?? '')
    .trim()
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: '\u00a0', '#39': "'" }

function fontColor(text: string): Rgb | undefined {
  const name = /<font[^<>]*\bcolor\s{0,9}=\s{0,9}["']?#?([0-9a-z]+)/i.exec(text)?.[1]?.toLowerCase() ?? ''
  const digits = COLOR_NAMES[name] ?? (/^[0-9a-f]{6}$/.test(name) ? name : undefined)
  return digits === undefined ? undefined : [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16)) as unknown as Rgb
}

const COLOR_NAMES: Readonly<Record<string, string>> = {
  white: 'ffffff', silver: 'c0c0c0', gray: '808080', black: '000000', red: 'ff0000', lime: '00ff00', green: '008000',
  blue: '0000ff', yellow: 'ffff00', cyan: '00ffff', aqua: '00ffff', magenta: 'ff00ff', fuchsia: 'ff00ff', orange: 'ffa500',
  pink: 'ffc0cb', purple: '800080',
}
