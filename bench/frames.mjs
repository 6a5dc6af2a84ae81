import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
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
        const bare = await runBare(engine, clip, { size, output: join(directory, `bare-${size.width}-${round}`) })
        const job = await runJob(hub, `http://${media.address}/clip-${size.width}-${round}.mp4`, size)
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
  const names = (await readdir(output)).toSorted()
  const hash = createHash('sha256')
  for (const name of names) hash.update(await readFile(join(output, name)))
  return { seconds, count: names.length, sha256: hash.digest('hex') }
}

/** From the request to the `end` on the job's channel; its frames are read afterwards. */
async function runJob(hub, source, size) {
  const client = new HubClient({ url: hub.url })
  const startedAt = performance.now()
  const handle = await client.submit('video_frame', { source, ...size, fps: FRAMES_PER_SECOND, fit: 'pad', sound: false })
  const { status, error } = await handle.done()
  const seconds = (performance.now() - startedAt) / 1000
  if (status !== 'completed') throw new Error(`the job ${status}: ${error?.message}`)
  const hash = createHash('sha256')
  let count = 0
  for await (const { bytes } of handle.frames()) {
    hash.update(bytes)
    count++
  }
  return { seconds, count, sha256: hash.digest('hex') }
}

function print(rounds, clipSeconds) {
  console.log(`${clipSeconds} s of 640×360, ${FRAMES_PER_SECOND} a second, fetched over HTTP, to PNG\n`)
  printTable(
    ['frames of', 'round', 'bare ffmpeg', 'through the hub', 'ratio', 'frames', 'same bytes'],
    rounds.map(({ size, round, bare, job }) => [
      `${size.width}×${size.height}`, round, `${short(bare.seconds)} s`, `${short(job.seconds)} s`, short(job.seconds / bare.seconds),
      bare.count === job.count ? whole(job.count) : `${whole(job.count)} for ${whole(bare.count)}`, bare.sha256 === job.sha256 ? 'yes' : 'no',
    ]),
  )
  const total = (name) => rounds.reduce((sum, round) => sum + round[name].seconds, 0)
  console.log(`\nall rounds: ratio ${short(total('job') / total('bare'))}; the goal is at most 1`)
}
