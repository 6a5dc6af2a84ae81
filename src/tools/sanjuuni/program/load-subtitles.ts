import { readFile, stat } from 'node:fs/promises'
import { CELL_HEIGHT, CELL_WIDTH } from '../cell-frame.ts'
import type { Conversion } from '../conversion.ts'
import type { SubtitleEvent } from '../subtitles/place-cues.ts'
import { MAX_SUBTITLE_BYTES, readSubtitles } from '../subtitles/read-subtitles.ts'

/** The subtitles of a conversion, placed on its screen, in order of their start. */
export async function loadSubtitles({ subtitles, options: { width, height } }: Conversion): Promise<readonly SubtitleEvent[]> {
  if (subtitles === undefined) return []
  // One byte more than is read tells that there is too much, without all of it in memory.
  const { size } = await stat(subtitles)
  const bytes = size > MAX_SUBTITLE_BYTES ? new Uint8Array(MAX_SUBTITLE_BYTES + 1) : await readFile(subtitles)
  return readSubtitles(bytes, { columns: width / CELL_WIDTH, rows: height / CELL_HEIGHT })
}
