import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
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

/** The same frames by the bare command and through the hub, of an upload and of what it has to fetch, in turns. */
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
  const client = new HubClient({ url: hub.url })
  await untilReady(hub)
  const upload = await client.upload('clip.mp4', await readFile(clip))
  const rounds = []
  try {
    for (const size of SIZES) {
      for (let round = 1; round <= (isQuick ? 1 : 3); round++) {
        const name = `${size.width}-${round}`
        const bare = await runBare(engine, clip, { size, output: join(directory, `bare-${name}`) })
        const job = await runJob(client, { engine, source: upload.source, size, output: join(directory, `hub-${name}`) })
        const fetched = await runJob(client, {
          engine, source: `http://${media.address}/clip-${name}.mp4`, size, output: join(directory, `fetched-${name}`),
        })
        rounds.push({ size, round, bare, job, fetched })
      }
    }
  } finally {
    media.close()
  }
  print(rounds, clipSeconds)
}

/** A hub looks for its ffmpeg once, when it starts. */
async function untilReady(hub) {
  await (await fetch(`${hub.url}/health`)).arrayBuffer()
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
async function runJob(client, { engine, source, size, output }) {
  await mkdir(output)
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
  console.log(`${clipSeconds} s of 640×360, ${FRAMES_PER_SECOND} a second, to PNG; uploaded before, or fetched over HTTP by the job\n`)
  printTable(
    ['frames of', 'round', 'bare ffmpeg', 'through the hub', 'ratio', 'fetched too', 'ratio', 'frames', 'same pixels'],
    rounds.map(({ size, round, bare, job, fetched }) => [
      `${size.width}×${size.height}`, round, `${short(bare.seconds)} s`, `${short(job.seconds)} s`, short(job.seconds / bare.seconds),
      `${short(fetched.seconds)} s`, short(fetched.seconds / bare.seconds), whole(job.count), areSame(bare, job) && areSame(bare, fetched) ? 'yes' : 'no',
    ]),
  )
  const total = (name) => rounds.reduce((sum, round) => sum + round[name].seconds, 0)
  console.log(`\nall rounds: ratio ${short(total('job') / total('bare'))}, ${short(total('fetched') / total('bare'))} with the fetch; the goal is at most 1`)
}

function areSame(bare, job) {
  return bare.count === job.count && bare.pixels === job.pixels
}
