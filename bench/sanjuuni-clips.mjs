import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { invocationOf } from '../dist/jobs/ffmpeg-engine.js'
import { runFfmpeg } from './engine.mjs'

export const FRAMES_PER_SECOND = 20
/** Pixels of the largest monitor at its smallest text: 164 columns of 81 rows. */
export const SIZE = { width: 328, height: 243 }

const BEGINNING = 20
const ENCODING = ['-c:v', 'libx264', '-preset', 'medium', '-crf', '18', '-pix_fmt', 'yuv420p', '-an']
// Colours by name: the filter draws others on each run, whatever its seed.
const GRADIENT = ['d94f2b', '2b6cd9', 'f2d13c', '1f8f5f', '7a3fb0', 'f0e6d8'].map((color, index) => `c${index}=0x${color}`).join(':')
const LIFE = 'life=s=320x180:mold=10:r=20:ratio=0.1:seed=7:death_color=#C83232:life_color=#00ff00'

const SOURCES = {
  gradients: `gradients=s=1280x720:r=20:n=6:${GRADIENT}:x0=200:y0=100:x1=1100:y1=640:speed=0.02:seed=42`,
  testsrc2: 'testsrc2=s=1280x720:r=20',
  life: `${LIFE},scale=1280:720:flags=bilinear,noise=alls=8:allf=t`,
  mandelbrot: 'mandelbrot=s=1280x720:r=20:end_pts=200,noise=alls=12:allf=t',
}
/** One picture, and on it noise that changes: what its palettes do is all the converter's. */
const STATIC = 'testsrc2=s=1280x720:r=20,trim=end_frame=1,loop=loop=-1:size=1,setpts=N/20/TB,noise=alls=8:allf=t'

/** Clips of 1280×720, smooth, flat, noisy and both: each whole, its beginning, and a few of its frames one behind the other. */
export function makeClips(engine, { directory, seconds, samples }) {
  const count = seconds * FRAMES_PER_SECOND
  const step = Math.floor(count / samples)
  return Object.entries(SOURCES).map(([name, source]) => {
    const file = join(directory, `${name}.mp4`)
    const beginning = join(directory, `${name}-beginning.mp4`)
    const sample = join(directory, `${name}-sample.mkv`)
    runFfmpeg(engine, [...QUIETLY, '-f', 'lavfi', '-i', source, '-t', String(seconds), ...ENCODING, file])
    runFfmpeg(engine, [...QUIETLY, '-i', file, '-frames:v', String(BEGINNING), ...ENCODING, beginning])
    // Without loss and without frames that wait for later ones.
    runFfmpeg(engine, [...QUIETLY, '-i', file, '-vf', `select=not(mod(n\\,${step})),setpts=N/20/TB`, '-r', '20', '-c:v', 'ffv1', sample])
    return { name, seconds, file, count, beginning, beginningCount: BEGINNING, sample, step }
  })
}

/** The same clip so many times over, beside it. */
export function repeatClip(engine, { name, seconds, file }, times) {
  const repeated = file.replace(/\.mp4$/, `-${times}-times.mp4`)
  runFfmpeg(engine, [...QUIETLY, '-stream_loop', String(times - 1), '-i', file, '-c', 'copy', repeated])
  return { name, seconds: seconds * times, file: repeated }
}

/** As many seconds of one picture under noise. */
export function makeStaticClip(engine, { directory, seconds }) {
  const file = join(directory, 'static.mp4')
  runFfmpeg(engine, [...QUIETLY, '-f', 'lavfi', '-i', STATIC, '-t', String(seconds), ...ENCODING, file])
  return file
}

/** Every `step`th frame, scaled, with a colour of its own for every pixel: what an eye would compare with. */
export function scaledFrames(engine, { file, step }) {
  const scale = `scale=${SIZE.width}:${SIZE.height}:flags=bicubic+full_chroma_int+accurate_rnd`
  const { program, args } = invocationOf(engine, {
    program: 'ffmpeg', args: ['-v', 'error', '-i', file, '-vf', scale, '-pix_fmt', 'rgb24', '-f', 'rawvideo', 'pipe:1'],
  })
  const { status, stdout, stderr } = spawnSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 31 })
  if (status !== 0) throw new Error(`ffmpeg ended with ${status}: ${stderr.toString().slice(-500)}`)
  const bytes = SIZE.width * SIZE.height * 3
  const frames = Array.from({ length: stdout.length / bytes }, (_, index) => stdout.subarray(index * bytes, (index + 1) * bytes))
  return frames.filter((_, index) => index % step === 0)
}

const QUIETLY = ['-v', 'error', '-nostdin', '-y']
