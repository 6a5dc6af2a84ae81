import { parseSrt } from '../sanjuuni/subtitles/parse-srt.ts'
import { refuseField } from '../source-field.ts'
import type { Caption } from './caption.ts'

export function isSrt(text: string): boolean {
  return /^\s*(?:\d{1,3}:)?\d{1,2}:\d{1,2}[.,]\d{1,3}\s*-->/m.test(text)
}

/** The texts of an SRT, or of a WebVTT, in order of their start. Throws a HubError that names the field where there is none. */
export function readCaptions(text: string, field: string): readonly Caption[] {
  const captions = parseSrt(text).map(({ startSeconds, endSeconds, lines }) => ({ startSeconds, endSeconds, text: lines.join('\n') }))
  if (captions.length === 0) refuseField(field, 'holds no subtitles', 'Send SRT, WebVTT or ASS, with a text that lasts some time')
  return [...captions].sort((a, b) => a.startSeconds - b.startSeconds)
}
