export const LINES_PER_SECOND = 20

/** Where a line's text begins inside the JSON that every server here sends: exactly once for each line. */
export const MARK = Buffer.from('"text":"#')

const NUMBER_DIGITS = 8
const STAMP_CHARACTERS = '0000000123456.789'.length

/** From the mark to the end of the stamp. */
export const MARKED_BYTES = MARK.length + NUMBER_DIGITS + 1 + STAMP_CHARACTERS

/** `#00000012@0000000123456.789 …`: its number, and when it was made. */
export function makeLine(number, length) {
  const head = `#${String(number).padStart(NUMBER_DIGITS, '0')}@${now().toFixed(3).padStart(STAMP_CHARACTERS, '0')} `
  return head.padEnd(length, 'the rest of a line as ffmpeg says it ')
}

/** Reads the line whose mark begins at `at`: fixed places, digits only, since this runs for each delivery. */
export function readNumber(bytes, at) {
  return readDigits(bytes, at + MARK.length, NUMBER_DIGITS)
}

export function readStamp(bytes, at) {
  const start = at + MARK.length + NUMBER_DIGITS + 1
  return readDigits(bytes, start, STAMP_CHARACTERS - 4) + readDigits(bytes, start + STAMP_CHARACTERS - 3, 3) / 1000
}

/**
 * Milliseconds of the clock that all processes of a machine share. The wall clock will not do: what Node adds to
 * performance.now() for it is off by milliseconds in a process that was interrupted as it started.
 */
export function now() {
  return Number(process.hrtime.bigint()) / 1e6
}

function readDigits(bytes, start, count) {
  let value = 0
  for (let index = start; index < start + count; index++) value = value * 10 + bytes[index] - 48
  return value
}
