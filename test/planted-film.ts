import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Place {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export const FILM = { width: 320, height: 180, framesPerSecond: 20, seconds: 3 }

/** Makes a file by ffmpeg. */
export function make(file: string, ...args: readonly string[]): string {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args, file])
  return file
}

/** A film whose picture moves over a large one of noise at several scales, without loss, with sound. */
export function movingFilm(directory: string, { x = '20+n*2.6', y = '60+n*0.7', seconds = FILM.seconds }: { readonly x?: string; readonly y?: string; readonly seconds?: number } = {}): string {
  const picture = noisePicture(join(directory, 'noise.ppm'), { width: 560, height: 320 })
  const { width, height, framesPerSecond } = FILM
  return make(join(directory, 'clean.mkv'), '-loop', '1', '-r', String(framesPerSecond), '-i', picture, '-f', 'lavfi', '-i', `sine=d=${seconds}`,
    '-vf', `crop=${width}:${height}:x='${x}':y='${y}'`, '-t', String(seconds), '-r', String(framesPerSecond), '-pix_fmt', 'yuv420p', '-c:v', 'ffv1', '-c:a', 'aac')
}

/** The same picture each time. */
function noisePicture(file: string, { width, height }: { readonly width: number; readonly height: number }): string {
  let state = 7
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
  const octaves = [48, 16, 6, 3].map((cell) => {
    const columns = Math.ceil(width / cell) + 2
    const values = Array.from({ length: columns * (Math.ceil(height / cell) + 2) * 3 }, random)
    return (x: number, y: number, channel: number) => {
      const [column, row] = [Math.floor(x / cell), Math.floor(y / cell)]
      const [u, v] = [x / cell - column, y / cell - row]
      const at = (dx: number, dy: number) => values[((row + dy) * columns + column + dx) * 3 + channel]!
      return (at(0, 0) * (1 - u) + at(1, 0) * u) * (1 - v) + (at(0, 1) * (1 - u) + at(1, 1) * u) * v
    }
  })
  const pixels = Buffer.alloc(width * height * 3)
  for (let at = 0; at < pixels.length; at++) {
    const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)]
    const value = octaves.reduce((sum, octave, index) => sum + (octave(x, y, at % 3) - 0.5) / (1 + index * 0.35), 0)
    pixels[at] = Math.max(0, Math.min(255, 128 + value * 170))
  }
  writeFileSync(file, Buffer.concat([Buffer.from(`P6 ${width} ${height} 255\n`), pixels]))
  return file
}

/** A logo of a bright ring and a dark bar in it, on nothing; its edges are those of the picture. */
export function logoPicture(file: string): Place {
  const [width, height] = [64, 30]
  const ring = `lt(abs(hypot((X-15)/1.07,Y-14.5)-10.5),4)`
  make(file, '-f', 'lavfi', '-i', `color=black@0:s=${width}x${height},format=rgba,geq=r='if(${ring},250,20)':g='if(${ring},250,30)':b='if(${ring},240,90)':a='255*max(${ring},between(X,34,63)*between(Y,6,24))'`, '-frames:v', '1')
  return { x: 0, y: 0, width, height }
}

export interface Planting {
  readonly clean: string
  readonly logo: string
  readonly at: { readonly x: number | string; readonly y: number | string }
  readonly opacity: number
}

/** The film with the logo on it, encoded as films are. */
export function plant(file: string, { clean, logo, at: { x, y }, opacity }: Planting, ...more: readonly string[]): string {
  return make(file, '-i', clean, '-i', logo, '-filter_complex', `[1]format=rgba,colorchannelmixer=aa=${opacity}[l];[0][l]overlay=x='${x}':y='${y}':format=auto,format=yuv420p`,
    '-map', '0:a?', '-c:a', 'copy', '-c:v', 'libx264', '-crf', '18', '-preset', 'veryfast', ...more)
}

/** Luma of each frame's part, one behind the other. */
export function lumaOf(file: string, { x, y, width, height }: Place, filter?: string): Buffer {
  const filters = [...(filter === undefined ? [] : [filter]), 'extractplanes=y', `crop=${width}:${height}:${x}:${y}`, 'format=gray']
  return execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-vf', filters.join(','), '-f', 'rawvideo', '-'], { maxBuffer: 2 ** 30 })
}

/** How near one is to the other, in decibels: above 30 few see a difference. */
export function psnr(one: Buffer, other: Buffer): number {
  if (one.length !== other.length) throw new Error(`${one.length} bytes are compared with ${other.length}`)
  const sum = one.reduce((total, value, at) => total + (value - other[at]!) ** 2, 0)
  return 10 * Math.log10((255 ** 2 * one.length) / Math.max(1, sum))
}

/** The largest distance of an edge of one from that of the other. */
export function edgesApart(one: Place, other: Place): number {
  return Math.max(
    Math.abs(one.x - other.x), Math.abs(one.y - other.y),
    Math.abs(one.x + one.width - other.x - other.width), Math.abs(one.y + one.height - other.y - other.height),
  )
}
