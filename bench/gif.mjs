import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { invocationOf } from '../dist/jobs/ffmpeg-engine.js'
import { currentEngine, runFfmpeg } from './engine.mjs'
import { printTable, short, whole } from './table.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

const [WIDTH, HEIGHT, RATE] = [320, 180, 10]
const MAIN = fileURLToPath(new URL('../dist/tools/gif/main.js', import.meta.url))
const QUIETLY = ['-v', 'error', '-y']
const PHOTO = "geq=r='128+90*sin(X/(37+N*3))*cos(Y/(29+N))':g='120+80*sin((X+Y+N*70)/(41+N*2))':b='110+90*cos((X-2*Y)/(53+N*5))',noise=alls=6"

/** Flat, smooth, noisy and still; the last two are photos, each a scene of its own. */
const SOURCES = {
  testsrc2: `testsrc2=s=${WIDTH}x${HEIGHT}:r=${RATE}`,
  mandelbrot: `mandelbrot=s=${WIDTH}x${HEIGHT}:r=${RATE}:end_scale=0.05:maxiter=500`,
  'moving box, grain': `nullsrc=s=${WIDTH}x${HEIGHT}:r=${RATE},trim=end_frame=1,${PHOTO},loop=loop=-1:size=1,setpts=N/${RATE}/TB,noise=alls=4:allf=t,drawbox=x='60*t':y=60:w=50:h=50:color=orange:t=fill`,
  '6 photos': `nullsrc=s=${WIDTH}x${HEIGHT}:r=1,${PHOTO}`,
}
const FRAMES = { '6 photos': 6 }

/**
 * The hub's GIFs against `palettegen` and `paletteuse` as they come, and without dithering: bytes, and how near the
 * pixels are to the source (PSNR of RGB, SSIM of luma). Both read the same frames, without loss.
 */
export async function gif({ isQuick }) {
  const engine = await currentEngine()
  const directory = await temporaryDirectory()
  const rows = []
  for (const [name, source] of Object.entries(SOURCES)) {
    const count = FRAMES[name] ?? (isQuick ? 10 : 30)
    const rate = FRAMES[name] ? 1 : RATE
    const clip = join(directory, 'clip.nut')
    runFfmpeg(engine, [...QUIETLY, '-f', 'lavfi', '-i', source, '-frames:v', String(count), '-c:v', 'ffv1', '-pix_fmt', 'gbrp', clip])
    const plainly = (file, use) => {
      runFfmpeg(engine, [...QUIETLY, '-i', clip, '-filter_complex', `split[a][b];[a]palettegen[p];[b][p]paletteuse${use}`, join(directory, file)])
      return measure(engine, { clip, file: join(directory, file), rate })
    }
    const [theirs, undithered] = [plainly('plain.gif', ''), plainly('undithered.gif', '=dither=none')]
    for (const [way, asked] of [['as it comes', {}], ['without dither', { dither: 'none' }], ['quality medium', { quality: 'medium' }]]) {
      const ours = measure(engine, { clip, file: await made(engine, { clip, rate, directory, asked }), rate })
      const rival = asked.dither === 'none' ? undithered : theirs
      rows.push([
        `${name}, ${way}`, whole(rival.bytes), whole(ours.bytes), short(ours.bytes / rival.bytes),
        `${short(ours.psnr - rival.psnr)} dB`, ((ours.ssim - rival.ssim) * 1000).toFixed(1),
      ])
    }
  }
  printTable(['clip', 'palettegen, paletteuse', 'hub', 'hub / theirs', 'PSNR, hub − theirs', 'SSIM, hub − theirs, thousandths'], rows)
  console.log('\nthe goal: at a PSNR and SSIM that are no lower, at most 1')
}

async function made(engine, { clip, rate, directory, asked }) {
  const { program, args } = engine.ffmpeg
  const output = join(directory, `ours-${Math.random().toString(36).slice(2)}.gif`)
  const task = {
    format: 'gif', output, plays: 0, isPingPong: false, colors: 256, dither: 'auto', quality: 'high', progressDescriptor: 3, ...asked,
    frame: { width: WIDTH, height: HEIGHT, fit: 'stretch', background: '000000', captionPosition: 'bottom', captionColor: 'ffffff', captionSize: 9 },
  }
  const film = { type: 'film', file: clip, label: 'clip', map: '0:V:0', isOpaque: true, caption: '', startSeconds: 0, framesPerSecond: rate, speed: 1, expectedFrames: null }
  const { status, stderr } = spawnSync(process.execPath, [MAIN, JSON.stringify({ program, args }), JSON.stringify(task), JSON.stringify(film)], {
    cwd: await temporaryDirectory(), stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  if (status !== 0) throw new Error(`the maker of GIFs ended with ${status}: ${stderr}`)
  return output
}

function measure(engine, { clip, file, rate }) {
  const compared = (format, filter) => {
    const graph = `[0:v]fps=${rate},format=${format}[a];[1:v]fps=${rate},format=${format}[b];[a][b]${filter}`
    const { program, args } = invocationOf(engine, { program: 'ffmpeg', args: ['-hide_banner', '-i', clip, '-i', file, '-filter_complex', graph, '-f', 'null', '-'] })
    return spawnSync(program, args, { encoding: 'utf8' }).stderr
  }
  return {
    bytes: statSync(file).size,
    psnr: Number(/average:([\d.]+)/.exec(compared('gbrp', 'psnr'))?.[1] ?? Number.POSITIVE_INFINITY),
    ssim: Number(/ Y:([\d.]+)/.exec(compared('yuv444p', 'ssim'))?.[1]),
  }
}
