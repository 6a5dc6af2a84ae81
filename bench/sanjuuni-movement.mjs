import { join } from 'node:path'
import { decodeFrame, read32vid } from './sanjuuni-file.mjs'
import { planConversion, readOutput, runReference } from './sanjuuni-programs.mjs'
import { printTable, short } from './table.mjs'

/** The reference's octree would need minutes. */
const PALETTES = [['median cut', []], ['median cut, Lab', ['-L']], ['k-means', ['-k']]]

/** How far the palettes of one picture under noise move from frame to frame, entry by entry. */
export async function compareMovement(clip, { engine, reference, directory }) {
  const rows = []
  for (const [name, palette] of PALETTES) {
    const args = ['-3', ...palette]
    const ours = await (await planConversion(engine, { clip, args, directory: join(directory, 'static') })).convert()
    const theirs = reference && (await runReference(reference, { clip, args, output: join(directory, 'static.32v') }))
    rows.push([name, ...movementIn(await readOutput(ours)), ...(theirs ? movementIn(await readOutput(theirs)) : ['–', '–'])])
  }
  console.log('\none picture under noise: how far a channel of a palette’s entry moves from one frame to the next, of 255\n')
  printTable(['palette', 'most', 'mean', 'sanjuuni’s most', 'mean'], rows)
  console.log('\nthe goal is at most 2')
}

function movementIn(bytes) {
  const video = read32vid(bytes)
  const palettes = video.chunks.map((chunk) => decodeFrame(chunk, video).palette)
  const moves = palettes.slice(1).flatMap((palette, index) => Array.from(palette, (value, at) => Math.abs(value - palettes[index][at])))
  return [String(Math.max(...moves)), short(moves.reduce((sum, move) => sum + move, 0) / moves.length)]
}
