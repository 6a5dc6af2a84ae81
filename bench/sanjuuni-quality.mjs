import { join } from 'node:path'
import { scaledFrames, SIZE } from './sanjuuni-clips.mjs'
import { decodeFrame, read32vid } from './sanjuuni-file.mjs'
import { convertClip, convertReadyFrames } from './sanjuuni-per-frame.mjs'
import { errorOf, meanError, toPixels, toReference } from './sanjuuni-picture-error.mjs'
import { readOutput, runReference } from './sanjuuni-programs.mjs'
import { printTable, short } from './table.mjs'

const PALETTES = [['median cut', []], ['median cut, Lab', ['-L']], ['k-means', ['-k']], ['octree', ['-8']], ['default', ['-p']]]
const DITHERS = [['diffusion', []], ['ordered', ['-O']], ['none', ['-t']]]
const HEAD = ['palette, dither', ...['PSNR', 'blurred', 'OKLab', 'blurred', 'a frame'].flatMap((name) => [name, 'sanjuuni’s'])]

/**
 * Each palette with each dither: how far what a screen shows is from the source. Ours is the whole clip's, with what its
 * palettes take over from frame to frame; the reference begins anew with each frame and is given those that are looked at.
 */
export async function compareQuality(clips, { engine, reference, directory }) {
  for (const clip of clips) {
    const sources = scaledFrames(engine, clip).map((pixels) => toReference(pixels, SIZE.width))
    const rows = []
    for (const [palette, paletteArgs] of PALETTES) {
      for (const [dither, ditherArgs] of DITHERS) {
        const args = ['-3', ...paletteArgs, ...ditherArgs]
        const ours = await convertClip(clip, { engine, args, directory })
        const milliseconds = await convertReadyFrames(clip, { engine, args, directory })
        const output = join(directory, 'sample.32v')
        const theirs = reference && (await runReference(reference, { clip: clip.sample, args, output }))
        const error = errorIn(await readOutput(ours), { sources, step: clip.step })
        const otherError = theirs && errorIn(await readOutput(theirs), { sources, step: 1 })
        rows.push([
          `${palette}, ${dither}`, ...cellsOf(error, otherError),
          `${short(milliseconds)} ms`, `${short(theirs ? (theirs.cpuSeconds / sources.length) * 1000 : Number.NaN)} ms`,
        ])
      }
    }
    console.log(`\n${clip.name}, ${sources.length} of its frames; OKLab in hundredths; only our time is without decoding\n`)
    printTable(HEAD, rows)
  }
  console.log('\nthe goals: at most 6 ms a frame; blurred, the default at least as good as sanjuuni’s k-means')
}

function errorIn(bytes, { sources, step }) {
  const video = read32vid(bytes)
  return meanError(sources.map((source, index) => errorOf(toPixels(decodeFrame(video.chunks[index * step], video), video), source)))
}

function cellsOf(ours, theirs) {
  return ['psnr', 'oklab'].flatMap((measure) => ['plain', 'blurred'].flatMap((name) => [ours, theirs].map((error) => {
    const value = error?.[name][measure] ?? Number.NaN
    return measure === 'psnr' ? `${short(value)} dB` : short(value * 100)
  })))
}
