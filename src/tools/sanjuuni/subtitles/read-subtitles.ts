import { HubError } from '../../../errors.ts'
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
  const text = decode(bytes)
  const isScript = /^[ \t]*\[(?:script info|v4\+? styles|events)\]/im.test(text)
  if (!isScript && !text.includes('-->')) throw invalid('The subtitles are neither ASS, SSA nor SRT')
  return placeCues(isScript ? parseAss(text) : parseSrt(text), screen)
}

function invalid(message: string): HubError {
  return new HubError('invalid_input', message, { errors: [{ path: 'subtitles', message }] })
}

/** UTF-8, UTF-16 where it is marked, else what Windows wrote in western Europe. */
function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}
