import { writeFileSync } from 'node:fs'
import type { FrameLook } from '../gif-task.ts'

/** The mean width of a letter, and of one of the wide scripts, as parts of the font's size. */
const [NARROW, WIDE] = [0.56, 1]
const LINE_HEIGHT = 1.2
const MARGIN = 0.04

/**
 * Filters that draw a text, in lines that fit, each read from a file of its own in the current directory: no text gets
 * into the graph.
 */
export function captionFilters(text: string, look: FrameLook, { width, height, name }: { readonly width: number; readonly height: number; readonly name: string }): readonly string[] {
  if (text === '') return []
  const size = Math.max(6, Math.round((height * look.captionSize) / 100))
  const lines = brokenLines(text, (width * (1 - 2 * MARGIN)) / size)
  const step = Math.round(size * LINE_HEIGHT)
  const top = { top: Math.round(height * MARGIN), middle: Math.round((height - step * lines.length) / 2), bottom: height - step * lines.length - Math.round(height * MARGIN) }[look.captionPosition]
  return lines.map((line, index) => {
    const file = `${name}-${index}.txt`
    writeFileSync(file, line)
    return [
      `drawtext=textfile=${file}:expansion=none:font=Sans`, `fontsize=${size}`, `fontcolor=0x${look.captionColor}`,
      `borderw=${Math.max(1, Math.round(size / 12))}`, 'bordercolor=0x000000', 'x=(w-text_w)/2', `y=${top + step * index}`,
    ].join(':')
  })
}

/** Breaks between words, and within one only where it is longer than a line. `most` is in sizes of the font. */
export function brokenLines(text: string, most: number): readonly string[] {
  const lines: string[] = []
  for (const paragraph of text.split(/\r?\n/)) {
    let line = ''
    for (const word of paragraph.split(/\s+/).filter((each) => each !== '').flatMap((each) => partsOf(each, most))) {
      const longer = line === '' ? word : `${line} ${word}`
      if (line !== '' && widthOf(longer) > most) {
        lines.push(line)
        line = word
      } else line = longer
    }
    lines.push(line)
  }
  return lines.filter((line) => line !== '')
}

function partsOf(word: string, most: number): readonly string[] {
  const parts = ['']
  for (const letter of word) {
    if (parts.at(-1) !== '' && widthOf(parts.at(-1)! + letter) > most) parts.push('')
    parts[parts.length - 1] += letter
  }
  return parts
}

function widthOf(text: string): number {
  let width = 0
  for (const letter of text) width += /[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\u{1f300}-\u{3ffff}]/u.test(letter) ? WIDE : NARROW
  return width
}
