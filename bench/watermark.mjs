import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HubClient } from '../dist/client/index.js'
import { startHub } from './hub.mjs'
import { endProcess } from './processes.mjs'
import { printTable, short } from './table.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'
import { FRAMES_PER_SECOND, lumaOf, makePlantedClips } from './watermark-clips.mjs'

/** The goals, of the task that the tool was built for. */
const NEAR_PIXELS = 4
const GOOD_DECIBELS = 30
const BETTER_DECIBELS = 5

/** Planted logos: found by themselves or not, and how near what is put in their place is to the clip without them, beside ffmpeg's delogo. */
export async function watermark({ isQuick }) {
  const directory = await temporaryDirectory()
  const seconds = isQuick ? 3 : 6
  const all = makePlantedClips({ directory, seconds })
  const clips = isQuick ? all.slice(0, 4) : all
  const hub = await startHub({ dataDirectory: join(directory, 'data'), flags: [] })
  const client = new HubClient({ url: hub.url })
  console.log(`${clips.length} clips of ${seconds} s, 640×360, ${FRAMES_PER_SECOND} a second\n`)
  const rows = []
  for (const clip of clips) rows.push(await measure(clip, { client, directory }))
  await endProcess(hub.child)
  printTable(
    ['clip', 'found off by', 'planted', 'delogo', 'inpaint', 'better by', 'frames a second'],
    rows.map(({ name, off, planted, delogo, inpaint, rate }) => [
      name, Number.isFinite(off) ? `${off} px` : 'not found', ...[planted, delogo, inpaint, inpaint - delogo].map((decibels) => `${short(decibels)} dB`), short(rate),
    ]),
  )
  const count = (is) => `${rows.filter(is).length} of ${rows.length}`
  console.log(`\nfound within ${NEAR_PIXELS} px: ${count(({ off }) => off <= NEAR_PIXELS)}; at least ${GOOD_DECIBELS} dB: ${count(({ inpaint }) => inpaint >= GOOD_DECIBELS)}; `
    + `${BETTER_DECIBELS} dB better than delogo: ${count(({ inpaint, delogo }) => inpaint >= delogo + BETTER_DECIBELS)}`)
}

async function measure({ name, clean, planted, mark }, { client, directory }) {
  const { source } = await client.upload('clip.mp4', new Blob([await readFile(planted)]).stream())
  const found = await run(client, { source, mode: 'find' })
  const [region] = found.job.result.regions
  const off = region ? edgesApart(region, mark) : Infinity
  // Where it was not found it is told where it is, so that what it puts there is measured all the same.
  const told = off <= 2 * NEAR_PIXELS ? {} : { regions: [mark] }
  const made = await run(client, { source, mode: 'remove', ...told })
  const file = join(directory, 'made.mp4')
  await writeFile(file, Buffer.from(await (await made.handle.download('video.mp4')).arrayBuffer()))
  const box = { x: Math.max(1, mark.x - 2), y: Math.max(1, mark.y - 2), width: mark.width + 4, height: mark.height + 4 }
  const truth = lumaOf(clean, mark)
  return {
    name, off, planted: psnr(lumaOf(planted, mark), truth),
    delogo: psnr(lumaOf(planted, mark, `delogo=x=${box.x}:y=${box.y}:w=${box.width}:h=${box.height}`), truth),
    inpaint: psnr(lumaOf(file, mark), truth), rate: truth.length / (mark.width * mark.height) / made.seconds,
  }
}

async function run(client, input) {
  const startedAt = performance.now()
  const handle = await client.submit('watermark', input)
  const job = await handle.done()
  if (job.status !== 'completed') throw new Error(`the job ${job.status}: ${job.error?.message}`)
  return { handle, job, seconds: (performance.now() - startedAt) / 1000 }
}

function edgesApart(one, other) {
  return Math.max(
    Math.abs(one.x - other.x), Math.abs(one.y - other.y),
    Math.abs(one.x + one.width - other.x - other.width), Math.abs(one.y + one.height - other.y - other.height),
  )
}

function psnr(one, other) {
  let sum = 0
  for (let at = 0; at < other.length; at++) sum += (one[at] - other[at]) ** 2
  return 10 * Math.log10((255 ** 2 * other.length) / Math.max(1, sum))
}
