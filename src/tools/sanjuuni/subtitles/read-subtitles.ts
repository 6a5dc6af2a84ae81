import { HubError } from '../../../errors.ts'
import { decodeText } from '../../decode-text.ts'
import { parseAss } from './parse-ass.ts'
import { parseSrt } from './parse-srt.ts'
import { placeCues, type CellScreen, type SubtitleEvent } from './place-cues.ts'

/** No film has more to say. */
export const MAX_SUBTITLE_BYTES = 8 * 1024 * 1024

/**
 * Reads a file of subtitles (ASS, SSA, SubRip; WebVTT as SubRip) for a screen of that size, in order of their start.
 * Throws a HubError where it is none of these.
 */
export function readSubtitles(bytes: Uint8Array, screen: CellScreen): readonly SubtitleEvent[] {
  if (bytes.length > MAX_SUBTITLE_BYTES) throw invalid(`The subtitles are larger than ${MAX_SUBTITLE_BYTES / 1024 / 1024} MiB`)
  const text = decodeText(bytes)
  const isScript = /^[ \t]*\[(?:script info|v4\+? styles|events)\]/im.test(text)
  if (!isScript && !text.includes('-->')) throw invalid('The subtitles are neither ASS, SSA nor SRT')
  return placeCues(isScript ? parseAss(text) : parseSrt(text), screen)
}

function invalid(message: string): HubError {
  return new HubError('invalid_input', message, { errors: [{ path: 'subtitles', message }] })
}
