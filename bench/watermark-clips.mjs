import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export const SIZE = { width: 640, height: 360 }
export const FRAMES_PER_SECOND = 25

const BACKGROUNDS = {
  pan: ({ noise }) => ['-loop', '1', '-i', noise, '-vf', "crop=640:360:x='40+n*2.6':y='200+n*0.7'"],
  zoom: ({ noise }) => ['-loop', '1', '-i', noise, '-vf', "zoompan=z='1.3+on*0.004':d=1:x='iw/2-(iw/zoom/2)+on*1.5':y='ih/2-(ih/zoom/2)':s=640x360:fps=25"],
  mandelbrot: () => ['-f', 'lavfi', '-i', 'mandelbrot=s=640x360:r=25:end_scale=0.01:end_pts=200'],
  life: () => ['-f', 'lavfi', '-i', 'life=s=320x180:r=25:mold=10:ratio=0.3:seed=3:life_color=#e0e0c0:death_color=#203060:mold_color=#604020', '-vf', 'scale=640:360:flags=neighbor'],
  gradients: () => ['-f', 'lavfi', '-i', 'gradients=s=640x360:r=25:n=6:speed=0.05:seed=9'],
  testsrc2: () => ['-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=25'],
}

/** What is planted: on which background, where, how much it covers, and in which size. */
const PLANTED = [
  ['pan', 'text', 450, 300, 0.6, 1], ['pan', 'badge', 20, 16, 1, 1], ['pan', 'badge', 440, 250, 0.5, 1.5],
  ['zoom', 'text', 440, 20, 0.9, 1], ['zoom', 'badge', 40, 280, 0.6, 0.8],
  ['mandelbrot', 'text', 30, 300, 0.5, 1], ['mandelbrot', 'badge', 250, 150, 0.8, 1],
  ['life', 'text', 430, 20, 0.8, 1], ['gradients', 'text', 440, 300, 0.35, 1], ['testsrc2', 'badge', 250, 100, 0.8, 1],
]

/** Ten clips with a logo planted, encoded as films are, each beside the one without it. */
export function makePlantedClips({ directory, seconds }) {
  const noise = makeNoise(directory)
  const logos = { text: makeText(directory), badge: makeBadge(directory) }
  const clean = new Map()
  return PLANTED.map(([background, logo, x, y, opacity, scale], index) => {
    if (!clean.has(background)) {
      const file = join(directory, `${background}.mkv`)
      ffmpeg(...BACKGROUNDS[background]({ noise }), '-t', String(seconds), '-r', String(FRAMES_PER_SECOND), '-pix_fmt', 'yuv420p', '-c:v', 'ffv1', file)
      clean.set(background, file)
    }
    const planted = join(directory, `planted-${index}.mp4`)
    const mark = `scale=iw*${scale}:-1,colorchannelmixer=aa=${opacity}`
    ffmpeg('-i', clean.get(background), '-i', logos[logo], '-filter_complex', `[1]format=rgba,${mark}[mark];[0][mark]overlay=${x}:${y}:format=auto,format=yuv420p`,
      '-c:v', 'libx264', '-crf', '20', '-preset', 'veryfast', planted)
    const seen = extentOf(logos[logo], `format=rgba,scale=iw*${scale}:-1,format=rgba`)
    return { name: `${background}, ${logo}, ${Math.round(opacity * 100)} %`, clean: clean.get(background), planted, mark: { ...seen, x: seen.x + x, y: seen.y + y } }
  })
}

export function ffmpeg(...args) {
  return execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { maxBuffer: 2 ** 31 - 1 })
}

/** Luma of a part of each frame, one behind the other. */
export function lumaOf(file, { x, y, width, height }, filter = 'null') {
  return ffmpeg('-i', file, '-vf', `${filter},extractplanes=y,crop=${width}:${height}:${x}:${y},format=gray`, '-f', 'rawvideo', '-')
}

function makeNoise(directory) {
  const file = join(directory, 'noise.png')
  const fine = "nullsrc=s=1600x900,geq=lum='random(1)*255':cb=128:cr=128,gblur=sigma=1.2,eq=contrast=2.2,format=gbrp"
  const coarse = "nullsrc=s=200x113,geq=r='random(1)*255':g='random(2)*255':b='random(3)*255',gblur=sigma=1,scale=1600:900:flags=bicubic,eq=contrast=2,format=gbrp"
  ffmpeg('-filter_complex', `${fine}[fine];${coarse}[coarse];[fine][coarse]blend=all_expr=A*0.4+B*0.6`, '-frames:v', '1', file)
  return file
}

function makeText(directory) {
  const file = join(directory, 'text.png')
  ffmpeg('-f', 'lavfi', '-i', 'color=black@0:s=180x44,format=rgba', '-vf', "drawtext=text='SAMPLE.tv':font=Sans:fontsize=34:fontcolor=white:x=4:y=6", '-frames:v', '1', file)
  return file
}

function makeBadge(directory) {
  const file = join(directory, 'badge.png')
  const disc = 'lt(hypot(X-30,Y-30),26)'
  const source = `color=black@0:s=120x60,format=rgba,geq=r='if(${disc},230,250)':g='if(${disc},40,250)':b='if(${disc},50,250)':a='255*max(${disc},between(X,62,116)*between(Y,12,48))'`
  ffmpeg('-f', 'lavfi', '-i', source, '-frames:v', '1', file)
  return file
}

function extentOf(file, filter) {
  const info = execFileSync('ffprobe', ['-v', 'error', '-f', 'lavfi', '-show_entries', 'stream=width,height', '-of', 'csv=p=0', `movie=${file},${filter}`], { encoding: 'utf8' })
  const [width, height] = info.trim().split(',').map(Number)
  const alpha = ffmpeg('-i', file, '-vf', `${filter},alphaextract,format=gray`, '-frames:v', '1', '-f', 'rawvideo', '-')
  let [left, top, right, bottom] = [width, height, -1, -1]
  for (let at = 0; at < width * height; at++) {
    if (alpha[at] < 40) continue
    const [x, y] = [at % width, Math.floor(at / width)]
    left = Math.min(left, x)
    right = Math.max(right, x)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
  }
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 }
}
