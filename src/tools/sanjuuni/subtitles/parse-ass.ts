import { SCRIPT_SCREEN, WHITE, type Alignment, type Cue, type Rgb } from './cue.ts'
import { fromBlueGreenRed, fromOldAlignment, readOverrideTags } from './override-tags.ts'

/** Reads a script of Advanced SubStation Alpha or its forerunner; what makes no sense in it is passed over. */
export function parseAss(text: string): readonly Cue[] {
  const script: Script = { screen: {}, styles: new Map(), cues: [] }
  let section = ''
  let columns: readonly string[] = []
  for (const line of text.split(/\r\n|\r|\n/)) {
    const heading = /^\s*\[([^\]]+)\]/.exec(line)?.[1]
    if (heading !== undefined) {
      section = heading.trim().toLowerCase()
      columns = USUAL_COLUMNS[section] ?? []
      continue
    }
    const [, kind = '', content = ''] = /^\s*([A-Za-z]+)\s*:\s*(.*)$/.exec(line) ?? []
    const field = kind.toLowerCase()
    if (field === 'format') columns = content.split(',').map((name) => name.trim().toLowerCase())
    else if (field === 'playresx') script.screen.width = Number.parseInt(content, 10)
    else if (field === 'playresy') script.screen.height = Number.parseInt(content, 10)
    else if (field === 'style') addStyle(script, fieldsOf(content, columns), section)
    else if (field === 'dialogue') addCue(script, fieldsOf(content, columns))
  }
  return script.cues
}

interface Script {
  readonly screen: { width?: number; height?: number }
  readonly styles: Map<string, Style>
  readonly cues: Cue[]
}

interface Style {
  readonly alignment: Alignment
  readonly color: Rgb
  readonly left: number
  readonly right: number
  readonly vertical: number
}

const STYLE_COLUMNS = 'name,fontname,fontsize,primarycolour,secondarycolour,outlinecolour,backcolour,bold,italic,underline,strikeout,'
  + 'scalex,scaley,spacing,angle,borderstyle,outline,shadow,alignment,marginl,marginr,marginv,encoding'
const OLD_STYLE_COLUMNS = 'name,fontname,fontsize,primarycolour,secondarycolour,tertiarycolour,backcolour,bold,italic,borderstyle,outline,'
  + 'shadow,alignment,marginl,marginr,marginv,alphalevel,encoding'
const EVENT_COLUMNS = 'layer,start,end,style,name,marginl,marginr,marginv,effect,text'

/** For sections that have no Format line. */
const USUAL_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  'v4+ styles': STYLE_COLUMNS.split(','), 'v4 styles': OLD_STYLE_COLUMNS.split(','), 'events': EVENT_COLUMNS.split(','),
}

const USUAL_STYLE: Style = { alignment: 2, color: WHITE, left: 10, right: 10, vertical: 10 }

/** The last column has the rest, commas and all. */
function fieldsOf(content: string, columns: readonly string[]): ReadonlyMap<string, string> {
  const values = content.split(',')
  const last = columns.length - 1
  return new Map(columns.map((name, at) => [name, (at === last ? values.slice(at).join(',') : values[at] ?? '').trim()]))
}

function addStyle({ styles }: Script, fields: ReadonlyMap<string, string>, section: string): void {
  const number = Number.parseInt(fields.get('alignment') ?? '', 10)
  const alignment = section === 'v4+ styles' ? (number >= 1 && number <= 9 ? (number as Alignment) : undefined) : fromOldAlignment(number)
  styles.set(styleName(fields.get('name')), {
    alignment: alignment ?? USUAL_STYLE.alignment,
    color: readColor(fields.get('primarycolour') ?? '') ?? USUAL_STYLE.color,
    left: readMargin(fields.get('marginl')) ?? USUAL_STYLE.left,
    right: readMargin(fields.get('marginr')) ?? USUAL_STYLE.right,
    vertical: readMargin(fields.get('marginv')) ?? USUAL_STYLE.vertical,
  })
}

function addCue({ screen, styles, cues }: Script, fields: ReadonlyMap<string, string>): void {
  const [startSeconds, endSeconds] = [readSeconds(fields.get('start')), readSeconds(fields.get('end'))]
  const { lines, alignment, color, position } = readOverrideTags(fields.get('text') ?? '')
  if (startSeconds === undefined || endSeconds === undefined || endSeconds <= startSeconds || lines.every((line) => line === '')) return
  const style = styles.get(styleName(fields.get('style'))) ?? styles.get('default') ?? USUAL_STYLE
  const { width, height } = scriptScreen(screen)
  // A margin of 0 is the style's.
  const margin = (name: string, ofStyle: number) => readMargin(fields.get(name)) || ofStyle
  cues.push({
    startSeconds, endSeconds, lines, alignment: alignment ?? style.alignment, color: color ?? style.color,
    margins: {
      left: margin('marginl', style.left) / width, right: margin('marginr', style.right) / width,
      vertical: margin('marginv', style.vertical) / height,
    },
    ...(position && { position: { x: position.x / width, y: position.y / height } }),
  })
}

/** One side alone makes the other at 4:3. */
function scriptScreen({ width, height }: Script['screen']): { readonly width: number; readonly height: number } {
  const [wide, high] = [width && width > 0 ? width : undefined, height && height > 0 ? height : undefined]
  if (wide === undefined && high === undefined) return SCRIPT_SCREEN
  return { width: wide ?? (high! * 4) / 3, height: high ?? (wide! * 3) / 4 }
}

/** Names may begin with a star that means nothing. */
function styleName(name = ''): string {
  return name.replace(/^\*+/, '').toLowerCase()
}

function readMargin(text = ''): number | undefined {
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined
}

/** `&H00BBGGRR`, or the same as a decimal number in older scripts. */
function readColor(text: string): Rgb | undefined {
  const [, hex, decimal] = /^(?:&H([0-9a-f]{1,8})&?|(-?\d{1,10}))$/i.exec(text) ?? []
  if (hex === undefined && decimal === undefined) return undefined
  return fromBlueGreenRed(hex === undefined ? Number(decimal) : parseInt(hex, 16))
}

/** `0:01:02.50` */
function readSeconds(text = ''): number | undefined {
  const [, hours, minutes, seconds] = /^(\d{1,3}):(\d{1,2}):(\d{1,2}(?:\.\d{1,3})?)$/.exec(text) ?? []
  return hours === undefined ? undefined : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
}
