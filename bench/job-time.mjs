import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { HubClient } from '../dist/client/index.js'
import { currentEngine, runFfmpeg } from './engine.mjs'
import { startHub, submit } from './hub.mjs'
import { serveFile } from './served-file.mjs'
import { printTable, short } from './table.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

const ARGS = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23', '-c:a', 'aac', '-b:a', '128k']
const MOST_RATIO = 1.05
const MOST_EXTRA_SECONDS = 0.3

/** The same conversion through the hub, its fetch of the clip included, and by the bare command, in turns. */
export async function jobTime({ isQuick }) {
  const directory = await temporaryDirectory()
  const engine = await currentEngine()
  const clip = join(directory, 'clip.mp4')
  const clipSeconds = isQuick ? 10 : 60
  makeClip(engine, clip, clipSeconds)
  const media = await serveFile(clip)
  const { address } = media
  const hub = await startHub({ dataDirectory: join(directory, 'data'), flags: ['--fetch-allow', address] })
  const rounds = []
  try {
    for (let round = 1; round <= (isQuick ? 1 : 3); round++) {
      const bare = await runBare(engine, clip, join(directory, `bare-${round}.mp4`))
      // Asked again for the same file, the hub would answer with the result it has.
      const job = await runJob(hub, `http://${address}/clip-${round}.mp4`)
      rounds.push({ round, bare, job })
    }
  } finally {
    media.close()
  }
  print(rounds, { clipSeconds, clipBytes: (await stat(clip)).size })
}

function makeClip(engine, file, seconds) {
  runFfmpeg(engine, [
    '-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
    '-t', String(seconds), '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', file,
  ])
}

async function runBare(engine, clip, output) {
  const startedAt = performance.now()
  runFfmpeg(engine, ['-hide_banner', '-nostdin', '-y', '-i', clip, ...ARGS, output])
  const seconds = (performance.now() - startedAt) / 1000
  return { seconds, sha256: sha256(await readFile(output)) }
}

/** From the request to the `end` on the job's channel. */
async function runJob(hub, inputUrl) {
  const startedAt = performance.now()
  const handle = new HubClient({ url: hub.url }).job(await submit(hub, { input_url: inputUrl, args: ARGS, output_format: 'mp4' }))
  const progress = []
  for await (const event of handle.events()) if (event.type === 'progress') progress.push(event.data.progress)
  const seconds = (performance.now() - startedAt) / 1000
  if (handle.job.status !== 'completed') throw new Error(`the job ${handle.job.status}: ${handle.job.error?.message}`)
  const [artifact] = handle.job.artifacts
  const bytes = Buffer.from(await (await fetch(`${hub.url}${artifact.url}`)).arrayBuffer())
  const isRising = progress.every((value, index) => index === 0 || value >= progress[index - 1])
  return { seconds, progressCount: progress.length, isRising, sha256: sha256(bytes) }
}

function print(rounds, { clipSeconds, clipBytes }) {
  const isWithin = ({ bare, job }) => job.seconds <= MOST_RATIO * bare.seconds + MOST_EXTRA_SECONDS
  console.log(`${clipSeconds} s of 1280×720 (${short(clipBytes / 2 ** 20)} MiB, fetched over HTTP) to H.264: ${ARGS.join(' ')}\n`)
  printTable(
    [
      'round', 'bare ffmpeg', 'through the hub', 'ratio', 'more', `≤ ${MOST_RATIO} × + ${MOST_EXTRA_SECONDS} s`,
      'progress events', 'same bytes',
    ],
    rounds.map(({ round, bare, job }) => [
      round,
      `${short(bare.seconds)} s`,
      `${short(job.seconds)} s`,
      short(job.seconds / bare.seconds),
      `${short(job.seconds - bare.seconds)} s`,
      isWithin({ bare, job }) ? 'yes' : 'no',
      `${job.progressCount}${job.isRising ? '' : ', falling'}`,
      job.sha256 === bare.sha256 ? 'yes' : 'no',
    ]),
  )
  const total = (name) => rounds.reduce((sum, round) => sum + round[name].seconds, 0)
  console.log(`\nall rounds: ratio ${short(total('job') / total('bare'))}`)
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}
