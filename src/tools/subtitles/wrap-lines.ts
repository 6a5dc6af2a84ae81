import { unitsOf, wordsOf } from './time-text.ts'

/** Breaks a text into lines that are about as long as each other and none wider than that; its own line breaks stay. */
export function wrapLines(text: string, mostUnits: number): readonly string[] {
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '').flatMap((line) => wrapLine(line, mostUnits))
}

function wrapLine(line: string, mostUnits: number): readonly string[] {
  const units = unitsOf(line)
  if (units <= mostUnits) return [line]
  const words = wordsOf(line).flatMap((word) => (unitsOf(word) > mostUnits ? broken(word, mostUnits) : [word]))
  const inTwo = atMark(words, units, mostUnits)
  if (inTwo) return inTwo
  // The narrowest that takes no more lines than the widest does.
  const least = filled(words, mostUnits).length
  for (let width = units / least; width < mostUnits; width += 0.5) {
    const lines = filled(words, width)
    if (lines.length <= least && lines.every((each) => unitsOf(each) <= mostUnits)) return lines
  }
  return filled(words, mostUnits)
}

/** Two lines of which the first ends with a mark, where they are about as long as each other. */
function atMark(words: readonly string[], units: number, mostUnits: number): readonly string[] | undefined {
  const breaks = words.flatMap((word, index) => {
    const [first, second] = [words.slice(0, index + 1).join('').trim(), words.slice(index + 1).join('').trim()]
    const fits = unitsOf(first) <= mostUnits && unitsOf(second) <= mostUnits
    const unevenness = Math.abs(unitsOf(first) - unitsOf(second))
    return fits && second !== '' && /[。！？!?.，、；：,;:،؛؟—][”’」』）)]*\s*$/u.test(word) && unevenness < units * 0.4 ? [{ lines: [first, second], unevenness }] : []
  })
  return breaks.sort((a, b) => a.unevenness - b.unevenness)[0]?.lines
}

function filled(words: readonly string[], mostUnits: number): readonly string[] {
  const lines: string[] = []
  for (const word of words) {
    const before = lines.at(-1)
    if (before !== undefined && unitsOf((before + word).trimEnd()) <= mostUnits) lines[lines.length - 1] = before + word
    else lines.push(word)
  }
  return lines.map((each) => each.trim()).filter((each) => each !== '')
}

/** A word that no line takes, such as an address. */
function broken(word: string, mostUnits: number): readonly string[] {
  const letters = Math.max(1, Math.floor(mostUnits / 0.55) - 1)
  return word.match(new RegExp(`[^]{1,${letters}}`, 'gu')) ?? [word]
}
