import type { Caption } from './caption.ts'

/** A file of SubRip. */
export function srtDocument(captions: readonly Caption[]): string {
  return captions.map(({ startSeconds, endSeconds, text }, index) =>
    `${index + 1}\n${srtTime(startSeconds)} --> ${srtTime(endSeconds)}\n${text.replace(/\n{2,}/g, '\n')}\n`).join('\n')
}

/** `00:01:02,500` */
function srtTime(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000)
  const padded = (number: number, digits: number) => String(number).padStart(digits, '0')
  const [hours, minutes, rest] = [Math.floor(milliseconds / 3_600_000), Math.floor(milliseconds / 60_000) % 60, milliseconds % 60_000]
  return `${padded(hours, 2)}:${padded(minutes, 2)}:${padded(Math.floor(rest / 1000), 2)},${padded(rest % 1000, 3)}`
}
