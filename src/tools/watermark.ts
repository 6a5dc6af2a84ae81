import { mediaCheck } from './media-check.ts'
import { VIDEO_ENCODERS } from './media-encoders.ts'
import { findFormat } from './media-formats.ts'
import { filmOf, refuseField } from './source-field.ts'
import type { ArtifactSpec, Command, Plan, Requirements, Tool, Workspace } from './tool.ts'
import { addGraph } from './watermark/add-graph.ts'
import { containerFor, encodingFor, workingFormat } from './watermark/encoding.ts'
import { resolveRegions } from './watermark/resolve-regions.ts'
import type { FilmFacts, WatermarkTask } from './watermark/task.ts'
import { checkWatermark, watermarkInput, type WatermarkInput } from './watermark/watermark-input.ts'
import { WatermarkOutputParser } from './watermark/watermark-output.ts'

/** Takes a watermark off a video that its user owns, tells where one is, or puts one on. */
export const watermarkTool: Tool<WatermarkInput> = {
  name: 'watermark',
  title: 'Take a watermark off your own video, or put one on',
  input: watermarkInput,
  check: checkWatermark,
  sources: ({ source, find, cover, image }) => [source, find, cover, image].filter((each) => each !== undefined),
  requires,
  presets: [
    { name: 'remove', title: 'Find what stays, and take it off', input: { mode: 'remove' } },
    { name: 'where', title: 'Only tell where it is', input: { mode: 'find' } },
    { name: 'quick', title: 'Take it off quickly', input: { mode: 'remove', method: 'delogo', quality: 'medium' } },
    { name: 'add-text', title: 'Put a text on', input: { mode: 'add', text: '© me' } },
  ],
  plan,
}

function requires({ mode, method, codec, container, text }: WatermarkInput): Requirements {
  const filters = {
    find: [], remove: { inpaint: ['overlay'], delogo: ['delogo'], blur: ['gblur', 'overlay'], cover: ['delogo', 'overlay'] }[method],
    add: [text === undefined ? 'overlay' : 'drawtext'],
  }[mode]
  return {
    filters: ['fps', 'scale', 'crop', 'format', 'drawbox', ...filters],
    encoders: ['rawvideo', 'mjpeg', ...(mode === 'find' ? [] : [VIDEO_ENCODERS[codec].name])],
    muxers: ['rawvideo', 'image2', ...(mode === 'find' ? [] : [findFormat(container ?? 'mp4', 'container').muxer])],
    ...(mode === 'add' && text !== undefined && { fonts: true }),
  }
}

const PREVIEW: ArtifactSpec = { file: 'preview.jpg', contentType: 'image/jpeg', media: { isTimed: false, demuxer: 'jpeg_pipe' } }
const MOST_SIDE = 8192

async function plan(wanted: WatermarkInput, workspace: Workspace): Promise<Plan> {
  const [file, ...others] = workspace.inputs as readonly [string, ...string[]]
  const info = await workspace.probe(file)
  const picture = filmOf(info)
  if (picture.width > MOST_SIDE || picture.height > MOST_SIDE) refuseField('source', `is ${picture.width}×${picture.height} pixels, and ${MOST_SIDE} is the most`)
  for (const other of others) filmOf(await workspace.probe(other), wanted.find !== undefined ? 'find' : wanted.cover !== undefined ? 'cover' : 'image')
  const film: FilmFacts = {
    // Both sides even, as 4:2:0 wants them.
    width: picture.width & ~1, height: picture.height & ~1, framesPerSecond: picture.stream.framesPerSecond ?? 25, seconds: picture.seconds ?? null,
    pixelFormat: workingFormat(picture.stream.pixelFormat),
  }
  const format = containerFor(wanted, info)
  const output = `${workspace.outputDirectory}/video.${format.name}`
  const base = { file, film, preview: `${workspace.outputDirectory}/${PREVIEW.file}`, progressDescriptor: 3 }
  const result = { width: film.width, height: film.height, mode: wanted.mode }
  if (wanted.mode === 'find') {
    return { commands: [command({ ...base, mode: 'find', ...whereOf(wanted, { film, others }) }, workspace)], artifacts: [PREVIEW], result }
  }
  const encoding = encodingFor(wanted, { info, format, output })
  const task: WatermarkTask = wanted.mode === 'add'
    ? { ...base, mode: 'add', graph: addGraph(wanted, film), encoding, ...(wanted.text !== undefined && { text: wanted.text }), ...(wanted.image !== undefined && { image: others[0]! }) }
    : { ...base, mode: 'remove', method: wanted.method, encoding, ...whereOf(wanted, { film, others }), ...(wanted.cover !== undefined && { cover: others.at(-1)! }) }
  const media = mediaCheck([{ source: wanted.source, info }], { args: [], options: [], filters: [], changesDuration: false }, format)
  const video = { file: `video.${format.name}`, contentType: format.contentType, ...(media && { media }) }
  return {
    commands: [command(task, workspace)],
    artifacts: wanted.mode === 'add' ? [video] : [PREVIEW, video],
    result: { ...result, ...(wanted.mode === 'remove' && { method: wanted.method }) },
  }
}

function whereOf(wanted: WatermarkInput, { film, others }: { readonly film: FilmFacts; readonly others: readonly string[] }) {
  const regions = resolveRegions(wanted, film)
  return { ...(regions && { regions }), ...(wanted.find !== undefined && { logo: others[0]! }) }
}

function command(task: WatermarkTask, { inputs, outputDirectory }: Workspace): Command {
  const hiddenPaths = new Map([...inputs.map((file, index): [string, string] => [file, index === 0 ? 'input' : 'picture']), [`${outputDirectory}/`, '']])
  return {
    program: 'watermark',
    args: [JSON.stringify(task)],
    ...(task.film.seconds !== null && { expectedSeconds: task.film.seconds }),
    createParser: () => new WatermarkOutputParser({ hiddenPaths }),
  }
}
