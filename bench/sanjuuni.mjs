import { currentEngine } from './engine.mjs'
import { FRAMES_PER_SECOND, makeClips, makeStaticClip, SIZE } from './sanjuuni-clips.mjs'
import { compareFormats } from './sanjuuni-formats.mjs'
import { compareMovement } from './sanjuuni-movement.mjs'
import { findReference } from './sanjuuni-programs.mjs'
import { compareQuality } from './sanjuuni-quality.mjs'
import { compareTimes } from './sanjuuni-times.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

const STATIC_SECONDS = 3
/** Whose errors are looked at where time is short: the smoothest and the noisiest. */
const QUICK_CLIPS = new Set(['gradients', 'mandelbrot'])

/** The converter against sanjuuni on the same clips: how long, how large, how far from the source. */
export async function sanjuuni({ isQuick }) {
  const directory = await temporaryDirectory()
  const engine = await currentEngine()
  const reference = await findReference()
  if (!reference) console.log('skipped: sanjuuni, since it is neither on PATH nor named by REELTIME_SANJUUNI\n')
  const seconds = isQuick ? 3 : 10
  const clips = makeClips(engine, { directory, seconds, samples: isQuick ? 3 : 10 })
  const setting = { engine, reference, directory, rounds: isQuick ? 1 : 3 }
  console.log(`${seconds} s of 1280×720, ${FRAMES_PER_SECOND} a second, to 32vid of ${SIZE.width}×${SIZE.height}\n`)
  await compareTimes(clips, setting)
  await compareFormats(clips.find(({ name }) => name === 'life'), setting)
  await compareQuality(isQuick ? clips.filter(({ name }) => QUICK_CLIPS.has(name)) : clips, setting)
  await compareMovement(makeStaticClip(engine, { directory, seconds: STATIC_SECONDS }), setting)
}
