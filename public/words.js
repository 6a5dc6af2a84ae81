const WORD = /"((?:[^"\\]|\\.)*)"|'([^']*)'|((?:[^\s"'\\]|\\.)+)/g

/** Splits a line into words as a shell would: quotes hold a word together, a backslash takes the next character as it is. */
export function splitWords(line) {
  const words = []
  let end = -1
  for (const { 0: piece, 1: double, 2: single, 3: plain, index } of line.matchAll(WORD)) {
    const text = single ?? (double ?? plain).replace(/\\(.)/g, '$1')
    // What touches is one word: -vf"scale=1".
    if (index === end) words[words.length - 1] += text
    else words.push(text)
    end = index + piece.length
  }
  return words
}

/** The line that `splitWords` makes these of. */
export function joinWords(words) {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, String.raw`\$&`)}"`)).join(' ')
}
