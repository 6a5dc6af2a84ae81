import type { FileWriter } from './file-writer.ts'

interface PictureFile {
  readonly head: string
  /** Behind each frame. */
  readonly afterFrame: string
  readonly tail: (frames: number) => string
}

/** A file of frames alone: its format has no place for sound, and subtitles are drawn into its pictures. */
export function pictureWriter({ head, afterFrame, tail }: PictureFile): FileWriter {
  let frames = 0
  const separator = Buffer.from(afterFrame, 'latin1')
  return {
    begin: () => piecesOf(head),
    frame: (encoded) => {
      frames++
      return separator.length > 0 ? [encoded, separator] : [encoded]
    },
    sound: () => [],
    endSound: () => [],
    subtitle: () => [],
    end: () => ({ pieces: piecesOf(tail(frames)), patches: [] }),
    heldBytes: 0,
  }
}

function piecesOf(text: string): Uint8Array[] {
  return text === '' ? [] : [Buffer.from(text, 'latin1')]
}
