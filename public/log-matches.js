/** Lines that are looked at before the clock is. */
const LINES_AT_ONCE = 500

const LEVELS = {
  all: () => true,
  warning: ({ level }) => level === 'warning' || level === 'error' || level === 'fatal',
  error: ({ level }) => level === 'error' || level === 'fatal',
}

export const LEVEL_NAMES = Object.keys(LEVELS)

/** The lines of a log and those of them that are wanted, in their order. Of a long log these are found piece by piece. */
export function makeLogMatches() {
  const lines = []
  let matches = lines
  let looked = 0
  let level = 'all'
  let wanted = ''

  return {
    get all() { return lines },
    get shown() { return matches },
    /** All lines have been looked at. */
    get isWhole() { return matches === lines || looked === lines.length },
    add(more) {
      for (const line of more) lines.push(line)
    },
    clear() {
      lines.length = 0
      anew()
    },
    /** Those of that level or worse that hold the text, in whatever case. */
    want({ level: nextLevel = level, text = wanted }) {
      level = nextLevel
      wanted = text.trim().toLowerCase()
      anew()
    },
    /** Looks at lines that have not been looked at, for as long as there is time. */
    look(milliseconds) {
      if (matches === lines) return
      const isOfLevel = LEVELS[level]
      const end = performance.now() + milliseconds
      while (looked < lines.length) {
        const stop = Math.min(lines.length, looked + LINES_AT_ONCE)
        for (; looked < stop; looked++) {
          const line = lines[looked]
          if (isOfLevel(line) && (wanted === '' || line.text.toLowerCase().includes(wanted))) matches.push(line)
        }
        if (performance.now() > end) return
      }
    },
  }

  function anew() {
    matches = level === 'all' && wanted === '' ? lines : []
    looked = 0
  }
}
