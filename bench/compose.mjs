import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HubClient } from '../dist/client/index.js'
import { currentEngine, runFfmpeg } from './engine.mjs'
import { startHub } from './hub.mjs'
import { printTable, short } from './table.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

const MOST_RATIO = 1.1
const SECONDS = 30
const SHOWN = 5.5
const FADE = 0.5
const TEXT = '春天的花开了，我们一起去公园里看看吧。小明说：今天的天气真好！他拿起了照相机，拍下了一朵又一朵美丽的花儿。'

/** Six clips and pictures of different sizes, a voice, music and subtitles as one film of 30 s: as a job, and by one command that a person would write, in turns. */
export async function compose({ isQuick }) {
  const directory = await temporaryDirectory()
  const engine = await currentEngine()
  const side = isQuick ? 360 : 1080
  const media = makeMedia(engine, directory)
  const hub = await startHub({ dataDirectory: join(directory, 'data') })
  const sources = await Promise.all(media.map((file) => upload(hub, file)))
  const rounds = []
  for (let round = 1; round <= (isQuick ? 1 : 3); round++) {
    const job = await runJob(hub, sources, { side, seed: round })
    const bare = runBare(engine, media, { side, directory, captions: job.captions })
    rounds.push({ round, bare, job })
  }
  console.log(`${SECONDS} s of ${side}×${(side * 16) / 9}, three films and three pictures that zoom, crossfades, ducked music, burnt-in subtitles\n`)
  printTable(['round', 'one ffmpeg command', 'through the hub', 'ratio', `≤ ${MOST_RATIO}`, 'length'], rounds.map(({ round, bare, job }) => [
    round, `${short(bare)} s`, `${short(job.seconds)} s`, short(job.seconds / bare), job.seconds <= MOST_RATIO * bare ? 'yes' : 'no', `${job.length} s`,
  ]))
  const total = (of) => rounds.reduce((sum, round) => sum + of(round), 0)
  console.log(`\nall rounds: ratio ${short(total(({ job }) => job.seconds) / total(({ bare }) => bare))}`)
}

function makeMedia(engine, directory) {
  const make = (name, ...args) => {
    const file = join(directory, name)
    runFfmpeg(engine, ['-v', 'error', '-y', ...args, file])
    return file
  }
  const film = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']
  return [
    make('a.mp4', '-f', 'lavfi', '-i', 'testsrc2=s=1920x1080:r=30:d=8', ...film),
    make('b.png', '-f', 'lavfi', '-i', 'mandelbrot=s=1600x1200:r=1', '-frames:v', '1'),
    make('c.mp4', '-f', 'lavfi', '-i', 'testsrc=s=720x1280:r=25:d=8', ...film),
    make('d.jpg', '-f', 'lavfi', '-i', 'mandelbrot=s=1200x1600:r=1:start_scale=1', '-frames:v', '1'),
    make('e.mkv', '-f', 'lavfi', '-i', 'mandelbrot=s=640x480:r=24', '-t', '8', ...film),
    make('f.png', '-f', 'lavfi', '-i', 'testsrc2=s=1000x1000', '-frames:v', '1'),
    make('voice.wav', '-f', 'lavfi', '-i', `aevalsrc='0.4*sin(2*PI*250*t)*gt(mod(t,5),1)':s=24000:d=${SECONDS}`),
    make('music.mp3', '-f', 'lavfi', '-i', 'sine=880:d=12'),
  ]
}

async function upload(hub, file) {
  const response = await fetch(`${hub.url}/api/uploads/${file.slice(file.lastIndexOf('/') + 1)}`, { method: 'PUT', body: await readFile(file) })
  return (await response.json()).source
}

/** From the request to the `end` on its channel. */
async function runJob(hub, sources, { side, seed }) {
  const [voice, music] = sources.slice(6)
  const startedAt = performance.now()
  const client = new HubClient({ url: hub.url })
  const response = await fetch(`${hub.url}/api/jobs`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      tool: 'compose',
      input: {
        clips: sources.slice(0, 6).map((source) => ({ source })), voice, music, aspect: '9:16', short_side: side, seed, clip_seconds: SHOWN, transition: 'fade', transition_seconds: FADE,
        subtitles: { text: TEXT },
      },
    }),
  })
  const { id } = await response.json()
  const handle = client.job(id)
  for await (const _ of handle.events());
  const seconds = (performance.now() - startedAt) / 1000
  if (handle.job.status !== 'completed') throw new Error(`the job ${handle.job.status}: ${handle.job.error?.message}`)
  const captions = await (await fetch(`${hub.url}/api/jobs/${id}/artifacts/subtitles.srt`)).text()
  return { seconds, captions, length: handle.job.result.duration_seconds }
}

/** What is written by hand for it. A picture is enlarged twice before it is zoomed, so that it trembles less. */
function runBare(engine, media, { side, directory, captions }) {
  const [width, height] = [side, (side * 16) / 9]
  const srt = join(directory, 'captions.srt')
  writeFileSync(srt, captions)
  const fill = (scale) => `scale=${width * scale}:${height * scale}:force_original_aspect_ratio=increase,crop=${width * scale}:${height * scale},setsar=1,format=yuv420p`
  const frames = SHOWN * 30
  const zoom = `zoompan=z='1+0.12*on/${frames}':x='(iw-iw/zoom)/2':y='(ih-ih/zoom)/2':d=${frames}:s=${width}x${height}:fps=30`
  const isStill = (file) => /png|jpg/.test(file)
  const clips = media.slice(0, 6).map((file, index) => `[${index}:v]${isStill(file) ? `${fill(2)},${zoom}` : `fps=30,${fill(1)},trim=duration=${SHOWN}`},settb=1/30[v${index}]`)
  const fades = [1, 2, 3, 4, 5].map((index) => `[${index === 1 ? 'v0' : `x${index - 1}`}][v${index}]xfade=transition=fade:duration=${FADE}:offset=${index * (SHOWN - FADE)}[x${index}]`)
  const graph = [
    ...clips, ...fades, `[x5]trim=duration=${SECONDS},subtitles=${srt}[picture]`, '[6:a]aresample=48000,asplit[voice][key]',
    `[7:a]aresample=48000,volume=0.2,afade=t=out:st=${SECONDS - 3}:d=3[loud]`, '[loud][key]sidechaincompress=threshold=0.02:ratio=6:attack=30:release=700[music]',
    '[voice][music]amix=inputs=2:duration=first:normalize=0[sound]',
  ].join(';')
  const startedAt = performance.now()
  runFfmpeg(engine, [
    '-hide_banner', '-nostdin', '-y', ...media.slice(0, 7).flatMap((file) => ['-i', file]), '-stream_loop', '-1', '-i', media[7], '-filter_complex', graph,
    '-map', '[picture]', '-map', '[sound]', '-c:v', 'libx264', '-preset', 'medium', '-crf', '23', '-c:a', 'aac', '-b:a', '192k', '-movflags', '+faststart', join(directory, 'bare.mp4'),
  ])
  return (performance.now() - startedAt) / 1000
}
