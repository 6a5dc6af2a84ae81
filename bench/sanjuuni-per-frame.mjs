import { join } from 'node:path'
import { planConversion, runReference } from './sanjuuni-programs.mjs'

/** Frames with B-frames behind them that the reference leaves in its decoder. */
const LOST_FRAMES = 2
/** The least of so many is what it takes when nothing gets in its way. */
const TURNS = 4

/**
 * What the whole clip gives, and the processor time of one frame more: what a program needs to start is in the clip's
 * beginning as well.
 */
export async function convertClip(clip, { engine, args, directory }) {
  const few = await (await planConversion(engine, { clip: clip.beginning, args, directory: join(directory, 'beginning') })).convert()
  const many = await (await planConversion(engine, { clip: clip.file, args, directory: join(directory, 'whole') })).convert()
  return { ...many, milliseconds: slope({ ...few, frames: clip.beginningCount }, { ...many, frames: clip.count }) }
}

/** ffmpeg's part of it: decoding and scaling. */
export async function decodeClip(clip, { engine, args, directory }) {
  const few = await (await planConversion(engine, { clip: clip.beginning, args, directory: join(directory, 'beginning') })).decode()
  const many = await (await planConversion(engine, { clip: clip.file, args, directory: join(directory, 'whole') })).decode()
  return slope({ ...few, frames: clip.beginningCount }, { ...many, frames: clip.count })
}

/** The least of some turns: of one frame more, read as ready pixels, made into cells and written. */
export async function convertReadyFrames(clip, { engine, args, directory }) {
  const few = await planConversion(engine, { clip: clip.beginning, args, directory: join(directory, 'beginning') })
  const many = await planConversion(engine, { clip: clip.file, args, directory: join(directory, 'whole') })
  const [fewFrames, manyFrames] = ['few.rgb', 'many.rgb'].map((name) => join(directory, name))
  await few.decode({ to: fewFrames })
  await many.decode({ to: manyFrames })
  let least = Infinity
  for (let turn = 0; turn < TURNS; turn++) {
    const turns = [await few.convertFrames(fewFrames), await many.convertFrames(manyFrames)]
    least = Math.min(least, slope({ ...turns[0], frames: clip.beginningCount }, { ...turns[1], frames: clip.count }))
  }
  return least
}

export async function convertByReference(clip, { reference, args, output }) {
  const few = await runReference(reference, { clip: clip.beginning, args, output })
  const many = await runReference(reference, { clip: clip.file, args, output })
  const frames = clip.count - LOST_FRAMES
  return { ...many, frames, milliseconds: slope({ ...few, frames: clip.beginningCount - LOST_FRAMES }, { ...many, frames }) }
}

function slope(few, many) {
  return ((many.cpuSeconds - few.cpuSeconds) / (many.frames - few.frames)) * 1000
}
