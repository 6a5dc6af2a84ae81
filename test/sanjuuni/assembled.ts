import type { FileWriter } from '../../src/tools/sanjuuni/formats/file-writer.ts'

type Take = (pieces: readonly Uint8Array[]) => void

/** The file that a writer makes of frames, or of what `feed` hands over. */
export function assembled(writer: FileWriter, frames: readonly Uint8Array[] | ((take: Take) => void)): Buffer {
  const pieces: Uint8Array[] = [...writer.begin()]
  if (typeof frames === 'function') frames((more) => pieces.push(...more))
  else for (const frame of frames) pieces.push(...writer.frame(frame))
  const { pieces: last, patches } = writer.end()
  const file = Buffer.concat([...pieces, ...last])
  for (const { offset, bytes } of patches) file.set(bytes, offset)
  return file
}
