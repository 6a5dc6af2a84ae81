import type { Caption } from './caption.ts'

/** Times a plain text over a voice that takes so many seconds for it: each phrase gets the time that saying it takes. */
export function timeText(text: string, seconds: number, { mostUnits }: { readonly mostUnits: number }): readonly Caption[] {
  const phrases = sentencesOf(text).flatMap((sentence) => phrasesOf(sentence, mostUnits))
  const whole = phrases.reduce((sum, phrase) => sum + effortOf(phrase), 0)
  let spoken = 0
  return phrases.map((phrase) => {
    const startSeconds = (seconds * spoken) / whole
    spoken += effortOf(phrase)
    return { startSeconds, endSeconds: (seconds * spoken) / whole, text: phrase.trim() }
  })
}

/** Seconds in which the text is said, or read, at an ordinary pace. */
export function speakingSeconds(text: string): number {
  return sentencesOf(text).reduce((sum, sentence) => sum + effortOf(sentence), 0) / EFFORT_PER_SECOND
}

/** How wide a text is beside one Chinese character. */
export function unitsOf(text: string): number {
  let units = 0
  for (const { segment } of graphemes.segment(text)) units += WIDE.test(segment) ? 1 : 0.55
  return units
}

/** Chinese characters and kana, Hangul, what is written as wide as they are, and emoji. */
export const WIDE = /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Extended_Pictographic}|\p{Regional_Indicator}/u

export const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** A Chinese character is a syllable, and a syllable is what some three letters of an alphabet make. */
const EFFORT_PER_SECOND = 4.5
const PAUSES: readonly (readonly [RegExp, number])[] = [[/[。！？!?…؟]|[.](?=\s|$)/gu, 1.6], [/[，、；：,;:،؛—]/gu, 0.8]]

function effortOf(text: string): number {
  let effort = 0
  for (const character of text) effort += WIDE.test(character) ? 1 : /[\p{L}]/u.test(character) ? 0.32 : /\p{N}/u.test(character) ? 0.8 : 0
  return PAUSES.reduce((sum, [mark, pause]) => sum + pause * (text.match(mark)?.length ?? 0), Math.max(effort, 0.5))
}

function sentencesOf(text: string): readonly string[] {
  const ends = /[^。！？!?…؟\n]*?(?:[。！？!?…؟]+[”’」』)）"']*|[.]+["')]*(?=\s|$)|\n|$)/gu
  return (text.replace(/\r\n?/g, '\n').match(ends) ?? []).map((sentence) => sentence.trim()).filter((sentence) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(sentence))
}

/** A sentence that is more than the screen takes at a time becomes several, by its commas, else by its words. */
function phrasesOf(sentence: string, mostUnits: number): readonly string[] {
  if (unitsOf(sentence) <= mostUnits) return [sentence]
  return evenly(sentence.split(/(?<=[，、；：,;:،؛—])/u), sentence, mostUnits).flatMap((phrase) =>
    (unitsOf(phrase) <= mostUnits ? [phrase] : evenly(wordsOf(phrase), phrase, mostUnits)))
}

/** Parts put together so that all phrases are about as long. */
function evenly(parts: readonly string[], whole: string, mostUnits: number): readonly string[] {
  const wanted = unitsOf(whole) / Math.ceil(unitsOf(whole) / mostUnits)
  const phrases: string[] = []
  for (const part of parts) {
    const before = phrases.at(-1)
    const isRoom = before !== undefined && unitsOf(before) < wanted * 0.95 && unitsOf((before + part).trimEnd()) <= mostUnits
    if (isRoom) phrases[phrases.length - 1] = before + part
    else phrases.push(part)
  }
  return phrases
}

/** Where a line may be broken: after a space, and between words of a script without spaces, but before marks that close. */
export function wordsOf(text: string): readonly string[] {
  const words: string[] = []
  for (const { segment } of wordSegments.segment(text)) {
    const before = words.at(-1)
    const isJoined = before !== undefined && (CLOSING.test(segment) || OPENING.test(before.at(-1)!) || /^\s/.test(segment)
      || !(/\s$/.test(before) || WIDE.test(segment) || WIDE.test(before.at(-1)!) || CLOSING.test(before.at(-1)!)))
    if (isJoined) words[words.length - 1] = before + segment
    else words.push(segment)
  }
  return words
}

const wordSegments = new Intl.Segmenter(undefined, { granularity: 'word' })
const CLOSING = /^[。！？，、；：…～·!?,.;:%”’」』》〉）】〕\])}؟،؛—]/u
const OPENING = /^[“‘「『《〈（【〔[({$¥€£#@]/u
