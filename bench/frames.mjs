import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HubClient } from '../dist/client/index.js'
import { currentEngine, runFfmpeg } from './engine.mjs'
import { startHub } from './hub.mjs'
import { serveFile } from './served-file.mjs'
import { printTable, short, whole } from './table.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

const FRAMES_PER_SECOND = 20
/** A monitor in the game, and the source's own size. */
const SIZES = [{ width: 164, height: 81 }, { width: 640, height: 360 }]

/** The same frames through the hub, its fetch of the clip included, and by the bare command, in turns. */
export async function frames({ isQuick }) {
  const directory = await temporaryDirectory()
  const engine = await currentEngine()
  const clip = join(directory, 'clip.mp4')
  const clipSeconds = isQuick ? 10 : 60
  runFfmpeg(engine, [
    '-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=size=640x360:rate=${FRAMES_PER_SECOND}`, '-t', String(clipSeconds),
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', clip,
  ])
  const media = await serveFile(clip)
  const hub = await startHub({ dataDirectory: join(directory, 'data'), flags: ['--fetch-allow', media.address] })
  const rounds = []
  try {
    for (const size of SIZES) {
      for (let round = 1; round <= (isQuick ? 1 : 3); round++) {
        const name = `${size.width}-${round}`
        const bare = await runBare(engine, clip, { size, output: join(directory, `bare-${name}`) })
        const source = `http://${media.address}/clip-${name}.mp4`
        const job = await runJob(hub, { engine, source, size, output: join(directory, `hub-${name}`) })
        rounds.push({ size, round, bare, job })
      }
    }
  } finally {
    media.close()
  }
  print(rounds, clipSeconds)
}

async function runBare(engine, clip, { size: { width, height }, output }) {
  await mkdir(output)
  const filters = [
    `fps=${FRAMES_PER_SECOND}`, `scale=${width}:${height}:force_original_aspect_ratio=decrease`, `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`, 'setsar=1',
  ]
  const startedAt = performance.now()
  runFfmpeg(engine, ['-hide_banner', '-nostdin', '-y', '-i', clip, '-vf', filters.join(','), '-pix_fmt', 'rgb24', join(output, 'frame_%06d.png')])
  const seconds = (performance.now() - startedAt) / 1000
  return { seconds, count: (await readdir(output)).length, pixels: pixelsIn(engine, output) }
}

/** From the request to the `end` on the job's channel; its frames are read afterwards. */
async function runJob(hub, { engine, source, size, output }) {
  await mkdir(output)
  const client = new HubClient({ url: hub.url })
  const startedAt = performance.now()
  const handle = await client.submit('video_frame', { source, ...size, fps: FRAMES_PER_SECOND, fit: 'pad', sound: false })
  const { status, error } = await handle.done()
  const seconds = (performance.now() - startedAt) / 1000
  if (status !== 'completed') throw new Error(`the job ${status}: ${error?.message}`)
  let count = 0
  for await (const { bytes } of handle.frames()) await writeFile(frameFile(output, ++count), bytes)
  return { seconds, count, pixels: pixelsIn(engine, output) }
}

function frameFile(directory, number) {
  return join(directory, `frame_${String(number).padStart(6, '0')}.png`)
}

/** A hash of each frame's pixels: how well a PNG is packed is the encoder's choice. */
function pixelsIn(engine, directory) {
  return runFfmpeg(engine, ['-v', 'error', '-i', join(directory, 'frame_%06d.png'), '-f', 'framemd5', '-'])
}

function print(rounds, clipSeconds) {
  console.log(`${clipSeconds} s of 640×360, ${FRAMES_PER_SECOND} a second, fetched over HTTP, to PNG\n`)
  printTable(
    ['frames of', 'round', 'bare ffmpeg', 'through the hub', 'ratio', 'frames', 'same pixels'],
    rounds.map(({ size, round, bare, job }) => [
      `${size.width}×${size.height}`, round, `${short(bare.seconds)} s`, `${short(job.seconds)} s`, short(job.seconds / bare.seconds),
      bare.count === job.count ? whole(job.count) : `${whole(job.count)} for ${whole(bare.count)}`, bare.pixels === job.pixels ? 'yes' : 'no',
    ]),
  )
  const total = (name) => rounds.reduce((sum, round) => sum + round[name].seconds, 0)
  console.log(`\nall rounds: ratio ${short(total('job') / total('bare'))}; the goal is at most 1`)
}
