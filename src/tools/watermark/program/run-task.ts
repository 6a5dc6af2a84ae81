import { rm, writeFile } from 'node:fs/promises'
import { TEXT_FILE, type AddTask, type FindTask, type RemoveTask, type WatermarkTask } from '../task.ts'
import type { Region } from '../region.ts'
import { encode } from './encode.ts'
import type { FfmpegStarter } from './ffmpeg.ts'
import { beginning, filmInput, steadyFrames } from './film-arguments.ts'
import { findRegions, withMargin } from './find-regions.ts'
import { findLogo } from './find-logo.ts'
import { inpaint } from './inpaint.ts'
import { makePreview } from './preview.ts'
import { regionFilters } from './region-filters.ts'
import { Teller } from './teller.ts'

/** There is nothing that could be taken off. */
export class NothingFoundError extends Error {
  override name = 'NothingFoundError'
}

/** Does what the hub asks for. */
export async function runTask(task: WatermarkTask, ffmpeg: FfmpegStarter): Promise<void> {
  const isFound = task.mode !== 'add' && task.regions === undefined
  const learns = task.mode === 'remove' && task.method === 'inpaint'
  const teller = new Teller(task.progressDescriptor, {
    ...(isFound && { find: 15 }), ...(learns && { learn: 10 }), ...(task.mode !== 'find' && { make: 75 }),
  })
  if (task.mode === 'add') return add(task, { ffmpeg, teller })
  const regions = task.regions ?? await find(task, { ffmpeg, teller })
  await teller.result({ regions: regions.map(shown) })
  await makePreview(task, regions, ffmpeg)
  if (task.mode === 'find') return teller.progress('find', 1)
  if (regions.length === 0) throw new NothingFoundError(nothingFound(task))
  const taken = task.regions ? regions : regions.map((region) => withMargin(region, task.film))
  if (task.method === 'inpaint') await inpaint(task, taken, { ffmpeg, teller })
  else await filter(task, taken, { ffmpeg, teller })
}

interface Tools {
  readonly ffmpeg: FfmpegStarter
  readonly teller: Teller
}

function find(task: FindTask | RemoveTask, tools: Tools): Promise<readonly Region[]> {
  return task.logo === undefined ? findRegions(task, tools) : findLogo(task.logo, task, tools)
}

function nothingFound({ logo }: RemoveTask): string {
  return logo === undefined
    ? 'Nothing was found that stays while the film moves: send regions, or a picture of the logo as find'
    : 'The logo was not found in the film: send regions, or a picture cut closely around the logo as it is in the film'
}

/** As the API names it. */
function shown({ x, y, width, height, fromSeconds, toSeconds, keyframes, opacity }: Region & { readonly opacity?: number }) {
  return {
    x, y, width, height, ...(fromSeconds !== undefined && { from_seconds: rounded(fromSeconds) }), ...(toSeconds !== undefined && { to_seconds: rounded(toSeconds) }),
    ...(keyframes && { keyframes: keyframes.map(({ atSeconds, ...place }) => ({ at_seconds: atSeconds, ...place })) }), ...(opacity !== undefined && { opacity }),
  }
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}

async function filter({ file, film, method, cover, encoding }: RemoveTask, regions: readonly Region[], { ffmpeg, teller }: Tools): Promise<void> {
  const graph = `[0:V:0]${steadyFrames(film)}[film];${regionFilters(method as Exclude<typeof method, 'inpaint'>, regions, film)}`
  // One picture would end the film with it.
  const inputs = cover === undefined ? [] : filmInput(cover)
  await encode([...beginning('info'), ...filmInput(file), ...inputs, '-filter_complex', graph, '-map', '[out]'], { ffmpeg, teller, film, encoding })
}

async function add({ file, film, graph, image, text, encoding }: AddTask, { ffmpeg, teller }: Tools): Promise<void> {
  if (text !== undefined) await writeFile(TEXT_FILE, text)
  const whole = `[0:V:0]${steadyFrames(film)}[film];${image === undefined ? '' : '[1:v]null[mark];'}${graph}`
  const inputs = image === undefined ? [] : filmInput(image)
  await encode([...beginning('info'), ...filmInput(file), ...inputs, '-filter_complex', whole, '-map', '[out]'], { ffmpeg, teller, film, encoding })
  if (text !== undefined) await rm(TEXT_FILE)
}
