import { currentEngine } from './engine.mjs'
import { FRAMES_PER_SECOND, makeClips, makeStaticClip, repeatClip, SIZE } from './sanjuuni-clips.mjs'
import { compareFormats } from './sanjuuni-formats.mjs'
import { compareMovement } from './sanjuuni-movement.mjs'
import { findReference } from './sanjuuni-programs.mjs'
import { compareQuality } from './sanjuuni-quality.mjs'
import { compareTimes } from './sanjuuni-times.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

const STATIC_SECONDS = 3
/** The smoothest and the noisiest: whose errors are looked at where time is short, and which are converted for a minute too. */
const EXTREMES = new Set(['gradients', 'mandelbrot'])
/** Six times ten seconds: the start is then a small part, as it is of what people convert. */
const LONG_TIMES = 6

/** The converter against sanjuuni on the same clips: how long, how large, how far from the source. */
export async function sanjuuni({ isQuick }) {
  const directory = await temporaryDirectory()
  const engine = await currentEngine()
  const reference = await findReference()
  if (!reference) console.log('skipped: sanjuuni, since it is neither on PATH nor named by REELTIME_SANJUUNI\n')
  const seconds = isQuick ? 3 : 10
  const clips = makeClips(engine, { directory, seconds, samples: isQuick ? 3 : 10 })
  const extremes = clips.filter(({ name }) => EXTREMES.has(name))
  const long = isQuick ? [] : extremes.map((clip) => repeatClip(engine, clip, LONG_TIMES))
  const setting = { engine, reference, directory, rounds: isQuick ? 1 : 3 }
  console.log(`${seconds} s of 1280×720, ${FRAMES_PER_SECOND} a second, to 32vid of ${SIZE.width}×${SIZE.height}\n`)
  await compareTimes({ clips, long }, setting)
  await compareFormats(clips.find(({ name }) => name === 'life'), setting)
  await compareQuality(isQuick ? extremes : clips, setting)
  await compareMovement(makeStaticClip(engine, { directory, seconds: STATIC_SECONDS }), setting)
}
