import type { FilmFacts } from './task.ts'

/** The name that the overlay filter has for the format, so that it keeps it. */
export function overlayFormat({ pixelFormat }: Pick<FilmFacts, 'pixelFormat'>): string {
  return `yuv${/4[0-4][0-4]/.exec(pixelFormat)![0]}${pixelFormat.endsWith('10le') ? 'p10' : ''}`
}
