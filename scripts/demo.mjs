// The whole way once, on real input: a hub, a clip, a job submitted as a ComputerCraft client would, its progress and
// log live, the result fetched and proved. Leaves nothing behind.
import { spawnSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const { HubClient } = await import('../dist/client/index.js')
const { findEngine, invocationOf } = await import('../dist/jobs/ffmpeg-engine.js')
const { startHub } = await import('../dist/server.js')
const { createLogger } = await import('../dist/logger.js')

const CLIP_SECONDS = 20
const directory = await mkdtemp(join(tmpdir(), 'reeltime-demo-'))
const clip = join(directory, 'clip.mp4')
let hub
let media
let failure
try {
  const engine = await findEngine({ pathVariable: process.env.PATH ?? '', ffmpegPath: process.env.REELTIME_FFMPEG ?? process.env.FFMPEG_PATH })
  const size = engine.kind === 'native' ? '1280x720' : '320x180'
  say(`ffmpeg ${engine.version} (${engine.kind}, from ${engine.source})`)
  makeClip(engine, size)
  say(`made a clip: ${CLIP_SECONDS} s, ${size}, picture and sound, ${kilobytes((await stat(clip)).size)}`)

  media = await serveClip()
  hub = await startHub({
    PATH: process.env.PATH, PORT: '0', REELTIME_DATA_DIR: join(directory, 'data'), REELTIME_FETCH_ALLOW: `127.0.0.1:${media.address().port}`,
    REELTIME_FFMPEG: process.env.REELTIME_FFMPEG, FFMPEG_PATH: process.env.FFMPEG_PATH,
  }, { ...createLogger((line) => process.stderr.write(line)), info: () => undefined })
  say(`the hub is listening on ${hub.url}`)

  const task = await submit()
  const job = await follow(task)
  if (job.status !== 'completed') throw new Error(`the job ${job.status}: ${job.error?.message ?? ''}`)
  await fetchAndProve(engine, task)
  say('')
  say('It works. Next:')
  say('  npm start -- --port 5000                               runs a hub on http://127.0.0.1:5000')
  say('  npx reeltime run ffmpeg -i IN.mov -o OUT.mp4 -- -crf 23    converts a file through it, with a live bar')
  say('  npx reeltime doctor                                    tells what this machine can do')
} catch (error) {
  failure = error
} finally {
  await hub?.stop()
  media?.close()
  await rm(directory, { recursive: true, force: true })
}
if (failure) {
  process.stderr.write(`The demo failed: ${failure.message}\n${failure.hint ? `  ${failure.hint}\n` : ''}`)
  process.exit(1)
}
process.exit(0)

function makeClip(engine, size) {
  const { program, args } = invocationOf(engine, {
    program: 'ffmpeg',
    args: ['-v', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=30`, '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
      '-t', String(CLIP_SECONDS), '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', clip],
  })
  const made = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (made.status !== 0) throw new Error('ffmpeg could not make the clip')
}

async function serveClip() {
  const server = createServer((_, response) => createReadStream(clip).pipe(response))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

async function submit() {
  const body = { input_url: `http://127.0.0.1:${media.address().port}/clip.mp4`, args: ['-c:v', 'libx264', '-crf', '28', '-c:a', 'aac'], output_format: 'mp4' }
  say(`POST /api/ffmpeg/async ${JSON.stringify({ ...body, input_url: 'http://…/clip.mp4' })}`)
  const response = await fetch(`${hub.url}/api/ffmpeg/async`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const answer = await response.json()
  if (answer.status !== 'success') throw new Error(`the hub refused it: ${answer.message}`)
  say(`task ${answer.task_id}, followed over SSE:`)
  return answer
}

async function follow({ task_id: id }) {
  const handle = new HubClient({ url: hub.url }).job(id)
  let shown = -10
  for await (const event of handle.events()) {
    if (event.type === 'new_logs') for (const { level, text } of event.data.lines) say(`  ${level.padEnd(7)} ${text.slice(0, 110)}`)
    if (event.type !== 'progress') continue
    const { progress, phase, fps, speed, eta_s: left } = event.data
    if (progress === null || (progress < shown + 10 && progress < 99)) continue
    shown = progress
    const facts = [phase, fps && `${Math.round(fps)} fps`, speed && `${speed}x`, left && `${left} s left`].filter(Boolean)
    say(`  ${'█'.repeat(Math.round(progress / 5)).padEnd(20, '·')} ${progress.toFixed(1).padStart(5)} %  ${facts.join('  ')}`)
  }
  return handle.job
}

async function fetchAndProve(engine, { status_url: statusUrl }) {
  const task = await (await fetch(statusUrl)).json()
  const bytes = Buffer.from(await (await fetch(task.result.download_url)).arrayBuffer())
  const file = join(directory, 'result.mp4')
  await writeFile(file, bytes)
  say(`GET ${new URL(task.result.download_url).pathname}: ${kilobytes(bytes.length)}`)
  const { program, args } = invocationOf(engine, {
    program: 'ffprobe', args: ['-v', 'error', '-show_entries', 'format=duration:stream=codec_name,width,height', '-of', 'json', file],
  })
  const probe = spawnSync(program, args, { encoding: 'utf8' })
  const { streams, format } = JSON.parse(probe.stdout)
  const seconds = Number(format.duration)
  say(`ffprobe: ${streams.map(({ codec_name: codec, width, height }) => (width ? `${codec} ${width}x${height}` : codec)).join(', ')}, ${seconds.toFixed(2)} s`)
  if (Math.abs(seconds - CLIP_SECONDS) > 0.5 || streams.length !== 2) throw new Error('the result is not what was asked for')
}

function kilobytes(bytes) {
  return `${Math.round(bytes / 1024).toLocaleString('en')} KiB`
}

function say(text) {
  process.stdout.write(`${text}\n`)
}
