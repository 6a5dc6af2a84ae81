import { execFileSync, spawn } from 'node:child_process'
import { buffer } from 'node:stream/consumers'

/** Mean difference of two pictures, 0 to 255 a colour. */
export function difference(one: Buffer, other: Buffer): number {
  return between(pixels(one), pixels(other))
}

/** Which of many PNGs is nearest to a picture. One program decodes them, and meanwhile connections are looked after. */
export async function nearestOf(picture: Buffer, pngs: readonly Buffer[]): Promise<number> {
  const decoder = spawn('ffmpeg', ['-v', 'error', '-f', 'png_pipe', '-i', '-', ...RAW], { stdio: ['pipe', 'pipe', 'inherit'] })
  decoder.stdin.end(Buffer.concat(pngs))
  const [wanted, all] = [pixels(picture), await buffer(decoder.stdout)]
  const differences = pngs.map((_, index) => between(wanted, all.subarray(index * wanted.length, (index + 1) * wanted.length)))
  return differences.indexOf(Math.min(...differences))
}

function between(a: Buffer, b: Buffer): number {
  return a.reduce((sum, value, index) => sum + Math.abs(value - b[index]!), 0) / a.length
}

const RAW = ['-s', '160x90', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-']

/** The pixels of a picture, as RGB of 160x90. */
function pixels(picture: Buffer): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', '-i', '-', ...RAW], { input: picture })
}

export function widthOf(jpeg: Buffer): number {
  const args = ['-v', 'error', '-show_entries', 'stream=width', '-of', 'csv=p=0', '-f', 'jpeg_pipe', '-i', '-']
  return Number(execFileSync('ffprobe', args, { input: jpeg }))
}
