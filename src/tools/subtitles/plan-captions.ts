import { decodeText } from '../decode-text.ts'
import { refuseField } from '../source-field.ts'
import type { Workspace } from '../tool.ts'
import { assDocument, lineUnits } from './ass-document.ts'
import type { Caption } from './caption.ts'
import type { CaptionStyle } from './captions-style.ts'
import { cleanAss, isAss } from './clean-ass.ts'
import { isSrt, readCaptions } from './read-captions.ts'
import { timeText } from './time-text.ts'

/** Where the texts come from: one of these. */
export interface CaptionSources extends CaptionStyle {
  readonly source?: string | undefined
  readonly text?: string | undefined
  readonly captions?: readonly { readonly start_seconds: number; readonly end_seconds: number; readonly text: string }[] | undefined
}

export interface PlannedCaptions {
  /** What libass draws. */
  readonly ass: string
  /** Empty for a script that brings its own looks. */
  readonly captions: readonly Caption[]
}

/** Refuses what the schema's types cannot. */
export function checkCaptionSources({ source, text, captions, position, position_percent }: CaptionSources, field: string): void {
  const given = Object.entries({ source, text, captions }).filter(([, value]) => value !== undefined).map(([name]) => name)
  if (given.length === 0) refuseField(field, 'holds no text', 'Send source, text or captions')
  if (given.length > 1) refuseField(`${field}.${given[1]}`, `cannot be given together with ${given[0]}`, 'Send one of them')
  captions?.forEach(({ start_seconds, end_seconds }, index) => {
    if (end_seconds <= start_seconds) refuseField(`${field}.captions[${index}].end_seconds`, 'is not after start_seconds')
  })
  if (position_percent !== undefined && position !== 'custom') refuseField(`${field}.position_percent`, 'means something with position custom only', 'Send position custom too')
}

/** Lines of a text that is shown at one time. */
const MOST_LINES = 2

/** Reads or times the texts, over so many seconds. `file` is the staged one that holds them, where there is one. */
export async function planCaptions(
  sources: CaptionSources,
  { workspace, file, seconds, width, height }: { readonly workspace: Workspace; readonly file: string | undefined; readonly seconds: number; readonly width: number; readonly height: number },
): Promise<PlannedCaptions> {
  const screen = { width, height }
  if (file !== undefined) {
    const text = decodeText(await workspace.read(file))
    if (isAss(text)) return { ass: cleanAss(text), captions: [] }
    return drawn(readCaptions(text, 'subtitles.source'))
  }
  const { captions, text = '' } = sources
  if (captions) return drawn(captions.map(({ start_seconds, end_seconds, text: said }) => ({ startSeconds: start_seconds, endSeconds: end_seconds, text: said })))
  if (isSrt(text)) return drawn(readCaptions(text, 'subtitles.text'))
  return drawn(timeText(text, seconds, { mostUnits: MOST_LINES * lineUnits(screen, sources) * 0.9 }))

  function drawn(given: readonly Caption[]): PlannedCaptions {
    return { ass: assDocument(given, sources, screen), captions: given }
  }
}
